// A flag that coroutines of one loop wait for (gevent's Event; from another thread, post the set).
//
//   AsyncEvent drained;
//   co_await drained.wait();
//   drained.set();                       // wakes all; stays set
//
// Thread-bound to the loop of its waiters.
#pragma once

#include "concurrency/wait_list.h"

namespace weir::concurrency {

class AsyncEvent {
 public:
  bool is_set() const noexcept { return set_; }
  void set() noexcept {
    set_ = true;
    waiters_.wake_all();
  }
  // Whoever a set() has woken goes on, even if this comes before it runs.
  void clear() noexcept { set_ = false; }

  // `co_await`: at once if set; false if `deadline` came first.
  Park wait(TimePoint deadline = kNever) { return Park(waiters_, set_, deadline); }
  std::size_t waiting() const noexcept { return waiters_.size(); }

 private:
  bool set_ = false;
  WaitList waiters_;
};

}  // namespace weir::concurrency
