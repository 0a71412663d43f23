#include "concurrency/process_futex.h"

#include <linux/futex.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace weir::concurrency {

void sleep_while(std::atomic<std::uint32_t>& word, std::uint32_t value,
                 Deadline deadline) noexcept {
  const auto since = std::max(deadline.time_since_epoch(), Clock::duration::zero());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  const timespec until{.tv_sec = seconds.count(),
                       .tv_nsec = std::chrono::nanoseconds(since - seconds).count()};
  // FUTEX_WAIT_BITSET takes an absolute CLOCK_MONOTONIC time, which is steady_clock's.
  ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, value, deadline == kNever ? nullptr : &until,
            nullptr, FUTEX_BITSET_MATCH_ANY);
}

void wake_sleepers(std::atomic<std::uint32_t>& word, std::uint32_t count) noexcept {
  ::syscall(SYS_futex, &word, FUTEX_WAKE, std::min<std::uint32_t>(count, INT_MAX), nullptr, nullptr,
            0);
}

bool process_gone(pid_t pid) noexcept { return ::kill(pid, 0) != 0 && errno == ESRCH; }

}  // namespace weir::concurrency
