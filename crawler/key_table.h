// Which URL has which key: the frontier's memory of all that it ever let in.
//
//   const auto [id, is_new] = table.insert(key, next);   // `next`, or the id that came with it
//   before
//
// Most links of a crawl lead to URLs that are known, so this is looked up more often than anything.
// Open addressing finds a key in a line or two of the cache, where std::unordered_map reads four.
// The keys are the pages' to choose: the multiplier is random, so nobody can make them collide.
//
// Thread-compatible.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include "parse/canonical.h"

namespace weir {

class KeyTable {
 public:
  // `id` is none that was given already, and not UINT32_MAX.
  std::pair<std::uint32_t, bool> insert(const parse::Key& key, std::uint32_t id) {
    if ((size_ + 1) * 4 > slots_.size() * 3) grow();
    Slot& slot = find(key);
    const bool is_new = slot.id == kFree;
    if (is_new) {
      slot = {key, id};
      ++size_;
    }
    return {slot.id, is_new};
  }

 private:
  static constexpr std::uint32_t kFree = UINT32_MAX;
  struct Slot {
    parse::Key key;
    std::uint32_t id = kFree;
  };

  // Where the key is, or would be.
  Slot& find(const parse::Key& key) {
    std::size_t at = (key.low * multiplier_) >> (64 - std::countr_zero(slots_.size()));
    while (slots_[at].id != kFree && slots_[at].key != key) at = (at + 1) & (slots_.size() - 1);
    return slots_[at];
  }

  void grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.id != kFree) find(slot.key) = slot;
    }
  }

  const std::uint64_t multiplier_ =
      std::uint64_t{std::random_device{}()} << 32 | std::random_device{}() | 1;
  std::vector<Slot> slots_ = std::vector<Slot>(1024);  // a power of two
  std::size_t size_ = 0;
};

}  // namespace weir
