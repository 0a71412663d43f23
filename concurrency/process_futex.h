// Waiting for a word of shared memory to change, between processes. Unlike a process-shared pthread
// condition variable, a waiter that is killed leaves nothing behind.
//
//   const std::uint32_t seen = word;
//   if (!condition()) sleep_while(word, seen, deadline);
//   ...  ++word, wake_sleepers(word);
//
// Thread-safe. Process-shared.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <climits>
#include <cstdint>

#include "concurrency/deadline.h"

namespace weir::concurrency {

// How often those who wait for what another process holds look whether it lives.
inline constexpr std::chrono::milliseconds kReclaimInterval{100};

// Sleeps while the word is `value`, until the deadline at the latest; may return early.
void sleep_while(std::atomic<std::uint32_t>& word, std::uint32_t value, Deadline deadline) noexcept;
void wake_sleepers(std::atomic<std::uint32_t>& word, std::uint32_t count = INT_MAX) noexcept;
// Whether there is no such process: its parent has reaped it.
bool process_gone(pid_t pid) noexcept;

}  // namespace weir::concurrency
