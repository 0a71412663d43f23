// Pages for the tests of the HTML side of parse/: real ones where they are installed, edited ones,
// hostile ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "parse/page.h"
#include "parse/prescan.h"
#include "parse/tree.h"

namespace weir::parse {

struct HostilePage {
  std::string name;
  std::string html;
};

// Each kind of page that is known to cost Gumbo time or memory out of proportion, `scale` times.
std::vector<HostilePage> hostile_pages(std::size_t scale);

// The HTML files of the documentation that happens to be installed, at most `most`, spread evenly;
// empty if there is none.
std::vector<std::string> documentation_pages(std::size_t most);

// `edits` random edits: pieces of the page, and of what tokenizers trip over, moved about.
std::string edited(std::string page, std::size_t edits, std::mt19937& random);

// Element names, href and src of all elements, text outside script and style, white space
// collapsed: what must be the same with and without the pre-pass. With one, of what it left.
std::vector<std::string> outline(std::string_view html, Tree& tree);
std::vector<std::string> outline(const Prescan& prescan, Tree& tree);

PageFacts parse_text(std::string_view html, PageMemory& memory,
                     std::string url = "http://h.example/dir/page");

}  // namespace weir::parse
