// A binary heap of timers that can be removed at any time: the next is found at once, setting and
// removing cost O(log n). Timers of one deadline fire in the order in which they were set.
//
// Thread-bound.
#pragma once

#include <cstdint>
#include <vector>

#include "concurrency/wait_list.h"

namespace weir::concurrency {

class TimerHeap {
 public:
  bool empty() const noexcept { return heap_.empty(); }
  std::size_t size() const noexcept { return heap_.size(); }
  // kNever when empty.
  TimePoint next() const noexcept { return heap_.empty() ? kNever : heap_.front()->deadline_; }

  void insert(TimerNode& node, TimePoint deadline);  // Requires: not pending
  void remove(TimerNode& node) noexcept;             // harmless if not pending
  static bool pending(const TimerNode& node) noexcept { return node.place_ != TimerNode::kIdle; }

  // Takes out and fires those due at `now`, not those which they set meanwhile for a time past.
  void fire(TimePoint now);

 private:
  static bool earlier(const TimerNode& a, const TimerNode& b) noexcept;
  void put(std::size_t place, TimerNode& node) noexcept;
  void sift_up(std::size_t place) noexcept;
  void sift_down(std::size_t place) noexcept;

  std::vector<TimerNode*> heap_;
  std::uint64_t order_ = 0;
};

}  // namespace weir::concurrency
