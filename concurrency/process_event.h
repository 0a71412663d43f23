// An event and a counter of permits between processes, each one word of shared memory.
//
//   auto* ready = new (memory.data()) ProcessEvent;   // once, by the creator
//   ready->set();                                     // one process
//   ready->wait(after(1s));                           // others
//
// Thread-safe. Process-shared: they lie in shared memory. A process that dies while waiting leaves
// nothing behind, unlike a waiter of a process-shared pthread condition variable. A permit held by
// a process that dies is gone: where that may happen, use LeasedSemaphore.
#pragma once

#include <atomic>
#include <cstdint>

#include "concurrency/deadline.h"

namespace weir::concurrency {

class ProcessEvent {
 public:
  void set() noexcept;
  void clear() noexcept { word_ = 0; }
  bool is_set() const noexcept { return word_ != 0; }
  // Blocks until set (true) or the deadline has passed (false, unless it is set).
  bool wait(Deadline deadline = kNever) noexcept;

 private:
  std::atomic<std::uint32_t> word_{0};
};

class ProcessSemaphore {
 public:
  explicit ProcessSemaphore(std::uint32_t permits) noexcept : permits_(permits) {}
  [[nodiscard]] bool try_acquire() noexcept;
  // False once the deadline has passed.
  [[nodiscard]] bool acquire(Deadline deadline = kNever) noexcept;
  void release(std::uint32_t permits = 1) noexcept;
  std::uint32_t permits() const noexcept { return permits_; }

 private:
  std::atomic<std::uint32_t> permits_;
};

// A semaphore whose permits are leases of processes: reclaim() gives back those of the dead, once
// their parents have reaped them. Each permit is one word that holds its holder's pid.
class LeasedSemaphore {
 public:
  static constexpr std::uint32_t kMost = 64;
  // Throws std::invalid_argument for more than kMost.
  explicit LeasedSemaphore(std::uint32_t permits);
  [[nodiscard]] bool try_acquire() noexcept;
  [[nodiscard]] bool acquire(Deadline deadline = kNever) noexcept;
  // Throws LockMisuse if this process holds none.
  void release();
  // Permits that came back. A waiter also calls it by itself, every 100 ms.
  std::uint32_t reclaim() noexcept;
  std::uint32_t held() const noexcept;

 private:
  std::uint32_t permits_;
  std::atomic<std::uint32_t> changes_{0};
  std::atomic<std::int32_t> holders_[kMost] = {};
};

}  // namespace weir::concurrency
