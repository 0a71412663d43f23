// The one seam where a test replaces the clock that an EventLoop's timers read.
//
//   VirtualClock clock;
//   EventLoop loop(PollerKind::kEpoll, {.clock = &clock});   // hours of sleeping pass at once
//
// Thread-safe.
#pragma once

#include <atomic>
#include <chrono>

#include "concurrency/deadline.h"

namespace weir::concurrency {

using TimePoint = std::chrono::steady_clock::time_point;
using Nanoseconds = std::chrono::steady_clock::duration;

// `duration` after `from`, or kNever where that would pass the end of the clock. Throws
// std::invalid_argument for a negative duration.
TimePoint after(TimePoint from, Nanoseconds duration);

class LoopClock {
 public:
  virtual ~LoopClock() = default;
  virtual TimePoint now() const = 0;

  // Nothing is left to do before `due`: a virtual clock jumps there and returns true; a real one
  // returns false and has to be waited for.
  virtual bool skip_to(TimePoint due) = 0;
  // Whether waiting is done by skip_to, so that the poller is only asked.
  virtual bool is_virtual() const noexcept = 0;
};

// std::chrono::steady_clock.
LoopClock& real_clock();

// Stands still until it is told to move or until a loop that reads it has nothing else to do.
class VirtualClock final : public LoopClock {
 public:
  TimePoint now() const override { return TimePoint(Nanoseconds(ticks_.load())); }
  bool skip_to(TimePoint due) override;
  bool is_virtual() const noexcept override { return true; }
  void advance(Nanoseconds by) { ticks_ += by.count(); }

 private:
  std::atomic<Nanoseconds::rep> ticks_{1'000'000'000};
};

}  // namespace weir::concurrency
