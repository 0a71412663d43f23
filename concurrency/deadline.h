// How long a call may block: an absolute point of the monotonic clock, passed down unchanged, so
// that no retry and no spurious wake-up ever restarts a limit.
//
//   const Deadline limit = after(200ms);
//   if (auto page = pages.get_until(limit)) parse(*page, limit);
//
// One rule for all of weir: a negative duration throws, a deadline in the past asks once.
// Immutable.
#pragma once

#include <chrono>
#include <stdexcept>

namespace weir::concurrency {

using Clock = std::chrono::steady_clock;
using Deadline = Clock::time_point;

inline constexpr Deadline kNever = Deadline::max();
inline constexpr Deadline kNow = Deadline::min();  // has passed already: ask once, never block

// The deadline `limit` from now; kNever if the clock cannot hold it.
// Throws std::invalid_argument if `limit` is negative or not a number.
template <typename Rep, typename Period>
Deadline after(std::chrono::duration<Rep, Period> limit) {
  using Seconds = std::chrono::duration<long double>;
  const Seconds seconds = limit;
  if (!(seconds >= Seconds::zero())) throw std::invalid_argument("negative time limit");
  const Deadline now = Clock::now();
  if (seconds >= Seconds(kNever - now)) return kNever;
  return now + std::chrono::duration_cast<Clock::duration>(limit);
}

}  // namespace weir::concurrency
