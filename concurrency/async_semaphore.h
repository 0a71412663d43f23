// Permits for coroutines of one loop, handed out first come, first served.
//
//   AsyncSemaphore slots(8);
//   co_await slots.acquire();
//   ...
//   slots.release();
//
// Thread-bound to the loop of its waiters.
#pragma once

#include <cstddef>

#include "concurrency/wait_list.h"

namespace weir::concurrency {

class AsyncSemaphore {
 public:
  explicit AsyncSemaphore(std::size_t permits) : permits_(permits) {}

  // `co_await`: false, without a permit, if `deadline` came first. Take no shortcut past it: the
  // permit is taken when acquire() is called or handed over by release(), and is given back if the
  // waiting task is destroyed before it could take it.
  Park acquire(TimePoint deadline = kNever) { return Park(waiters_, try_acquire(), deadline); }
  bool try_acquire() noexcept;

  // Hands the permit to the longest waiter, if any. Any task may release.
  void release() noexcept {
    if (!waiters_.wake_one()) ++permits_;
  }

  std::size_t available() const noexcept { return permits_; }
  std::size_t waiting() const noexcept { return waiters_.size(); }

 private:
  class Waiters final : public WaitList {
   public:
    explicit Waiters(AsyncSemaphore& owner) : owner_(owner) {}

   private:
    bool hands_over() const noexcept override { return true; }
    void take_back() noexcept override { owner_.release(); }
    AsyncSemaphore& owner_;
  };

  std::size_t permits_;
  Waiters waiters_{*this};
};

inline bool AsyncSemaphore::try_acquire() noexcept {
  if (permits_ == 0 || !waiters_.empty()) return false;
  --permits_;
  return true;
}

}  // namespace weir::concurrency
