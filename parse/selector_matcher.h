// Which selectors an element matches, told as a tree is walked in document order. An element costs
// one look at each compound, however deep it lies: what its ancestors and elder siblings matched is
// carried along as bits.
//
//   SelectorMatcher matcher(selectors, tree.quirks(), prescan);
//   for (std::size_t matched : matcher.enter(element)) ...
//   matcher.leave();
//
// Thread-bound.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "parse/prescan.h"
#include "parse/selector.h"
#include "parse/tree.h"

namespace weir::parse {

class SelectorMatcher {
 public:
  // Requires: the selectors and the prescan that the tree was built from outlive the matcher.
  // `quirks`: the document is in quirks mode, where classes and ids match without case.
  SelectorMatcher(std::span<const Selector* const> selectors, bool quirks, const Prescan& prescan);

  // The selectors that match, by their index, in ascending order; valid until the next call.
  const std::vector<std::size_t>& enter(const Element& element);
  void leave();

 private:
  static constexpr std::size_t kNone = SIZE_MAX;

  struct Step {
    const Compound* compound;
    std::uint16_t tag;         // of its type
    std::string type;          // in lower case
    std::size_t selector_end;  // the selector that ends here, or kNone
  };
  // Bits of steps for an open element: what it matches, it or an ancestor, its children so far, the
  // last of these.
  enum Set : std::size_t { kOwn, kAbove, kChildren, kLastChild, kSets };

  std::uint64_t* bits(std::size_t level, Set set) {
    return bits_.data() + (level * kSets + set) * words_;
  }
  bool reachable(std::size_t step, std::size_t parent);
  bool has_type(const Compound& compound, std::uint16_t tag, std::string_view lower_type,
                const Element& element) const;
  bool matches(const Condition& condition, const Element& element) const;
  bool is_excluded(const std::vector<Compound>& list, const Element& element) const;
  bool is_empty(const Element& element) const;

  const bool quirks_;
  const Prescan& prescan_;
  std::vector<Step> steps_;
  std::size_t words_;
  std::vector<std::uint64_t> bits_;
  std::vector<std::uint32_t> children_;  // of each open element, so far; the document is the first
  std::vector<std::size_t> matched_;
};

}  // namespace weir::parse
