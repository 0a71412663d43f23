// What a user wants to have out of pages: names, and for each a CSS selector that says where.
//
//   const ExtractRules rules({{"price", "span.price::text"}, {"image", "img.hero::attr(src)"}});
//   extract(tree, prescan, rules, facts);          // facts.extracted[0] are the prices
//
// Values are UTF-8, their white space collapsed (but in attributes and scripts), and bounded in
// number and size; what is left out is counted. Thread-compatible.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "config/settings.h"
#include "parse/page.h"
#include "parse/prescan.h"
#include "parse/selector.h"
#include "parse/tree.h"

namespace weir::parse {

inline constexpr std::size_t kMaxExtractRules = 100;
inline constexpr std::size_t kMaxExtractName = 100;           // bytes
inline constexpr std::size_t kMaxExtractCompounds = 4096;     // of all selectors together
inline constexpr std::size_t kMaxExtracted = 100;             // values of one name
inline constexpr std::size_t kMaxExtractedBytes = 16 * 1024;  // of one value; a longer one is cut
inline constexpr std::size_t kMaxExtractedOfPage = 256 * 1024;

// What is wrong with them, or nothing.
struct BadExtract {
  std::size_t rule = 0;  // its position
  std::string message;   // "column 6: expected ..."
};
std::optional<BadExtract> find_bad_extract(const config::Headers& rules);

class ExtractRules {
 public:
  // Throws std::invalid_argument for what find_bad_extract() finds.
  explicit ExtractRules(const config::Headers& rules);

  std::size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }

  struct Pick {
    std::size_t rule;
    Selector selector;
  };
  const std::vector<Pick>& picks() const { return picks_; }

 private:
  std::size_t count_;
  std::vector<Pick> picks_;
};

// Fills `extracted` and `extracted_dropped`. Requires: the tree was built from prescan.text(), with
// its attributes left in.
void extract(const Tree& tree, const Prescan& prescan, const ExtractRules& rules, PageFacts& facts);

}  // namespace weir::parse
