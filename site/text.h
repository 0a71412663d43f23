// Prose and script to fill pages with, quoted from pools that are made once.
//
//   Text text(seed);
//   text.prose(random, 600, html);   // about 600 bytes of sentences, HTML-escaped
//
// Immutable.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "site/random.h"

namespace weir::site {

class Text {
 public:
  explicit Text(std::uint64_t seed);

  void prose(Random& random, std::size_t bytes, std::string& out) const;  // whole sentences
  void script(Random& random, std::size_t bytes,
              std::string& out) const;  // whole lines, `bytes` or a bit more
  std::string word(Random& random) const;

 private:
  std::string prose_;
  std::string script_;
};

void append_escaped(std::string_view text, std::string& html);  // & < > "

}  // namespace weir::site
