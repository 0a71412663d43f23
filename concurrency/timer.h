// A callback at a time, on a loop's thread; set, moved and cancelled at will.
//
//   Timer timer(loop, [&] { retry(); });
//   timer.set(loop.now() + 250ms);
//
// Thread-bound to the loop, which outlives it.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "concurrency/wait_list.h"

namespace weir::concurrency {

class EventLoop;

class Timer final : private TimerNode {
 public:
  Timer(EventLoop& loop, std::function<void()> callback)
      : loop_(loop),
        callback_(std::make_shared<const std::function<void()>>(std::move(callback))) {}
  ~Timer() { cancel(); }

  // Fires once at `deadline`, in the next turn if that is past; replaces an earlier setting. The
  // callback may set, cancel or destroy this timer; what it throws leaves EventLoop::run.
  void set(TimePoint deadline);
  void cancel() noexcept;
  bool pending() const noexcept;

 private:
  void due() override;

  EventLoop& loop_;
  std::shared_ptr<const std::function<void()>> callback_;
};

}  // namespace weir::concurrency
