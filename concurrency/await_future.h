// `co_await` of a Future within a Task: the task goes on in its own loop's ready queue, never on
// the thread that completed the future.
//
//   Page page = co_await pool.submit(work);            // offloads blocking work to a pool
//
// Gives the value (a copy of a named future's, moved out of a temporary one's) or rethrows the
// outcome as Future::get does. Awaiting a temporary future owns it: cancelling the task cancels the
// future too. Awaiting a named one leaves it as it is.
#pragma once

#include <coroutine>
#include <memory>
#include <optional>
#include <utility>

#include "concurrency/event_loop.h"
#include "concurrency/future.h"

namespace weir::concurrency {

template <typename T, bool kOwns>
class FutureAwaiter {
 public:
  explicit FutureAwaiter(Future<T> future) : future_(std::move(future)) {}
  FutureAwaiter(const FutureAwaiter&) = delete;
  FutureAwaiter& operator=(const FutureAwaiter&) = delete;
  ~FutureAwaiter() {
    if (bell_) {
      bell_->park = nullptr;
      future_.remove(callback_);
    }
    if (kOwns && !future_.done()) future_.cancel();  // the task was cancelled or destroyed
  }

  bool await_ready() const { return future_.done(); }

  template <typename Promise>
  bool await_suspend(std::coroutine_handle<Promise> frame) {
    EventLoop& loop = *frame.promise().task->loop;
    if (!park_.await_suspend(frame)) return false;
    bell_ = std::make_shared<Bell>(&park_);
    expectation_.emplace(loop);
    callback_ = future_.on_done([bell = bell_, box = loop.post_box()](const Future<T>&) {
      box->post([bell] {
        if (bell->park != nullptr) bell->park->wake();
      });
    });
    return true;
  }

  T await_resume() {
    park_.await_resume();
    if constexpr (kOwns) {
      return std::move(future_).get();
    } else {
      return future_.get();
    }
  }

 private:
  // What the callback may ring after this awaiter has gone; read and written on the loop's thread.
  struct Bell {
    explicit Bell(Park* waiting) : park(waiting) {}
    Park* park;
  };

  Future<T> future_;
  Park park_{kNever};
  std::shared_ptr<Bell> bell_;
  std::optional<EventLoop::Expectation> expectation_;
  CallbackId callback_{};
};

template <typename T>
FutureAwaiter<T, true> operator co_await(Future<T>&& future) {
  return FutureAwaiter<T, true>(std::move(future));
}
template <typename T>
FutureAwaiter<T, false> operator co_await(const Future<T>& future) {
  return FutureAwaiter<T, false>(future);
}

}  // namespace weir::concurrency
