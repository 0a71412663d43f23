// Gathers the links of a page as the tree is walked, and resolves them once its base is known.
//
//   links.add(element, "img", place, value);         // while walking
//   links.resolve(base, encoder, facts);             // then
//
// Values handed over are views into the tree or the page, which must outlive resolve().
// Thread-bound.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "parse/page.h"
#include "parse/query_encoder.h"
#include "parse/tree.h"
#include "parse/url.h"

namespace weir::parse {

class LinkCollector {
 public:
  explicit LinkCollector(std::size_t max_links) : max_links_(max_links) {}

  // All links that the element's own attributes hold. Returns the index of its first navigation
  // link, whose text may be set later, or kNone.
  static constexpr std::size_t kNone = SIZE_MAX;
  std::size_t add_element(const Element& element);

  // The text of a link lies in the page's text at [begin, end).
  void set_text(std::size_t index, std::size_t begin, std::size_t end);

  void add_refresh(std::string url);
  void add_css(std::string_view element, std::string_view attr, std::string_view css);

  // The links of `facts`, its canonical URL and its feeds.
  void resolve(const Url& base, QueryEncoder* encoder, std::string_view page_text,
               PageFacts& facts);

 private:
  struct Pending {
    std::string_view el, attr;
    LinkKind kind;
    std::string_view value;
    const char* rel = nullptr;
    const char* label = nullptr;  // alt of area
    std::size_t text_begin = 0, text_end = 0;
  };
  struct PendingFeed {
    std::size_t link;
    const char* type;
    const char* title;
  };

  bool add(Pending link);
  std::string_view keep(std::string text);
  void note_link_element(const Element& element, std::size_t index);

  std::size_t max_links_;
  std::uint32_t dropped_ = 0;
  std::vector<Pending> pending_;
  std::vector<PendingFeed> feeds_;
  std::size_t canonical_ = kNone;
  std::deque<std::string> kept_;
};

// The tokens of a rel attribute: lower case, in order, each once.
std::vector<std::string> rel_tokens(std::string_view rel);

}  // namespace weir::parse
