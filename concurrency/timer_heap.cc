#include "concurrency/timer_heap.h"

#include <utility>

namespace weir::concurrency {

bool TimerHeap::earlier(const TimerNode& a, const TimerNode& b) noexcept {
  return a.deadline_ != b.deadline_ ? a.deadline_ < b.deadline_ : a.order_ < b.order_;
}

void TimerHeap::put(std::size_t place, TimerNode& node) noexcept {
  heap_[place] = &node;
  node.place_ = place;
}

void TimerHeap::sift_up(std::size_t place) noexcept {
  TimerNode& node = *heap_[place];
  while (place > 0) {
    const std::size_t parent = (place - 1) / 2;
    if (!earlier(node, *heap_[parent])) break;
    put(place, *heap_[parent]);
    place = parent;
  }
  put(place, node);
}

void TimerHeap::sift_down(std::size_t place) noexcept {
  TimerNode& node = *heap_[place];
  for (;;) {
    std::size_t child = 2 * place + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && earlier(*heap_[child + 1], *heap_[child])) ++child;
    if (!earlier(*heap_[child], node)) break;
    put(place, *heap_[child]);
    place = child;
  }
  put(place, node);
}

void TimerHeap::insert(TimerNode& node, TimePoint deadline) {
  heap_.push_back(&node);
  node.place_ = heap_.size() - 1;
  node.deadline_ = deadline;
  node.order_ = ++order_;
  sift_up(node.place_);
}

void TimerHeap::remove(TimerNode& node) noexcept {
  const std::size_t place = std::exchange(node.place_, TimerNode::kIdle);
  if (place == TimerNode::kIdle) return;
  TimerNode* last = heap_.back();
  heap_.pop_back();
  if (last == &node) return;
  put(place, *last);
  sift_up(place);
  sift_down(last->place_);
}

void TimerHeap::fire(TimePoint now) {
  const std::uint64_t newest = order_;
  while (!heap_.empty() && heap_.front()->deadline_ <= now && heap_.front()->order_ <= newest) {
    TimerNode& node = *heap_.front();
    remove(node);
    node.due();
  }
}

}  // namespace weir::concurrency
