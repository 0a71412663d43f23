#include "concurrency/loop_clock.h"

#include <stdexcept>

namespace weir::concurrency {

TimePoint after(TimePoint from, Nanoseconds duration) {
  if (duration < Nanoseconds::zero()) throw std::invalid_argument("negative time limit");
  return duration >= kNever - from ? kNever : from + duration;
}

namespace {

class RealClock final : public LoopClock {
 public:
  TimePoint now() const override { return std::chrono::steady_clock::now(); }
  bool skip_to(TimePoint) override { return false; }
  bool is_virtual() const noexcept override { return false; }
};

}  // namespace

LoopClock& real_clock() {
  static RealClock clock;
  return clock;
}

bool VirtualClock::skip_to(TimePoint due) {
  const auto ticks = due.time_since_epoch().count();
  if (ticks > ticks_.load()) ticks_ = ticks;
  return true;
}

}  // namespace weir::concurrency
