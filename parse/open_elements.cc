#include "parse/open_elements.h"

#include <algorithm>
#include <iterator>

namespace weir::parse {
namespace {

// How far down a tag is searched for. Legitimate pages find theirs within a few elements.
constexpr std::size_t kReach = 256;

std::size_t floor_of(std::size_t size) { return size > kReach ? size - kReach : 0; }

}  // namespace

void OpenElements::clear() {
  stack_.clear();
  std::fill(std::begin(counts_), std::end(counts_), 0);
  work_ = 0;
}

void OpenElements::pop_to(std::size_t size) {
  while (stack_.size() > size) {
    --count(stack_.back().name);
    stack_.pop_back();
  }
}

void OpenElements::erase(std::size_t at) {
  --count(stack_[at].name);
  stack_.erase(stack_.begin() + static_cast<std::ptrdiff_t>(at));
}

// Closes the innermost open element of a kind in `which`, unless one of `stop` lies above it.
void OpenElements::close(std::uint32_t which, std::uint32_t stop) {
  const std::size_t floor = floor_of(stack_.size());
  for (std::size_t i = stack_.size(); i > floor; --i) {
    const std::uint32_t flags = stack_[i - 1].flags;
    if (flags & which) return pop_to(i - 1);
    if (flags & stop) return;
  }
}

// As close(), for li, dt and dd, which reach past address, div and p only.
void OpenElements::close_item(std::uint32_t which) {
  const std::size_t floor = floor_of(stack_.size());
  for (std::size_t i = stack_.size(); i > floor; --i) {
    const std::uint32_t flags = stack_[i - 1].flags;
    if (flags & which) return pop_to(i - 1);
    if ((flags & kSpecial) && !(flags & kLoose)) return;
  }
}

void OpenElements::start(Tag tag) {
  work_ += stack_.size();
  const std::uint32_t flags = tag.flags;
  if (flags & kVoid) return;
  if (flags & (kListItem | kDefinition)) close_item(flags & (kListItem | kDefinition));
  if ((flags & kClosesP) && count(hash_of("p")) != 0) close(kParagraph, kScope | kButton);
  if (flags & kRow) close(kRow, kSection | kTableScope);
  if (flags & kCell) close(kCell, kRow | kTableScope);
  if (flags & kSection) close(kSection, kTableScope);
  if (flags & kButton) close(kButton, kScope);
  if (!stack_.empty() && (stack_.back().flags & flags & (kHeading | kOption))) {
    pop_to(stack_.size() - 1);
  }
  if (flags & kMerged && count(tag.name) != 0) {
    const std::size_t floor = floor_of(stack_.size());
    for (std::size_t i = stack_.size(); i > floor && !(stack_[i - 1].flags & kScope); --i) {
      if (stack_[i - 1].name == tag.name) {
        erase(i - 1);
        break;
      }
    }
  }
  if (flags & kForm && count(tag.name) != 0) return;
  stack_.push_back(tag);
  ++count(tag.name);
}

void OpenElements::end(Tag tag) {
  work_ += stack_.size();
  const std::uint32_t flags = tag.flags;
  if (flags & kHeading) return close(kHeading, kScope);
  if ((flags & kVoid) || count(tag.name) == 0) return;
  std::uint32_t stop = kSpecial;
  if (flags & (kRow | kCell | kSection | kTableScope)) {
    stop = kTableScope;
  } else if (flags & kFormatting) {
    stop = kScope;
  } else if (flags & kSpecial) {
    stop = kScope | (flags & kListItem ? kListScope : 0u) | (flags & kParagraph ? kButton : 0u);
  }
  const std::size_t floor = floor_of(stack_.size());
  for (std::size_t i = stack_.size(); i > floor; --i) {
    if (stack_[i - 1].name == tag.name) {
      return flags & (kFormatting | kForm) ? erase(i - 1) : pop_to(i - 1);
    }
    if (stack_[i - 1].flags & stop) return;
  }
}

}  // namespace weir::parse
