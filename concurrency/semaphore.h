// Counted permits: at most N threads at a time (Python's Semaphore and BoundedSemaphore).
//
//   BoundedSemaphore connections(8);
//   Permit permit(connections);         // blocks until one is free, gives it back at the end
//
// std::counting_semaphore has undefined behaviour when too much is released, may fail spuriously,
// and knows no stop_token. Thread-safe; a Permit is Thread-compatible.
#pragma once

#include <cstddef>
#include <limits>
#include <mutex>
#include <optional>
#include <utility>

#include "concurrency/mutex.h"

namespace weir::concurrency {

class Semaphore {
 public:
  // Throws std::invalid_argument if negative.
  explicit Semaphore(std::ptrdiff_t value = 1) : Semaphore(value, kUnbounded) {}

  // Blocks until a permit was taken. False if the deadline passed or the stop was requested first.
  bool acquire(std::stop_token stop = {}) { return acquire_until(kNever, std::move(stop)); }
  [[nodiscard]] bool acquire_until(Deadline deadline, std::stop_token stop = {});
  // Exact: fails only if there is no permit.
  [[nodiscard]] bool try_acquire() { return acquire_until(kNow); }

  // Gives permits back, or adds new ones to an unbounded semaphore. Throws std::invalid_argument if
  // permits < 1, and LockMisuse, changing nothing, where the bound would be exceeded.
  void release(std::ptrdiff_t permits = 1);
  std::ptrdiff_t value() const;

 protected:
  static constexpr std::ptrdiff_t kUnbounded = std::numeric_limits<std::ptrdiff_t>::max();
  Semaphore(std::ptrdiff_t value, std::ptrdiff_t bound);

 private:
  mutable Mutex mutex_{"semaphore"};
  CondVar released_;
  const std::ptrdiff_t bound_;
  std::ptrdiff_t value_ GUARDED_BY(mutex_);
};

// Releasing more than was acquired throws, so a bound cannot drift upwards unseen.
class BoundedSemaphore : public Semaphore {
 public:
  explicit BoundedSemaphore(std::ptrdiff_t value = 1) : Semaphore(value, value) {}
};

// One permit of a semaphore, given back on destruction. The semaphore must outlive it.
class [[nodiscard]] Permit {
 public:
  explicit Permit(Semaphore& from) : from_(&from) { from.acquire(); }
  Permit(Semaphore& from, std::adopt_lock_t) noexcept : from_(&from) {}
  Permit(Permit&& other) noexcept : from_(std::exchange(other.from_, nullptr)) {}
  Permit& operator=(Permit other) noexcept {
    std::swap(from_, other.from_);
    return *this;
  }
  ~Permit() {
    if (from_ != nullptr) from_->release();
  }

  static std::optional<Permit> try_take(Semaphore& from) {
    if (!from.try_acquire()) return std::nullopt;
    return Permit(from, std::adopt_lock);
  }

 private:
  Semaphore* from_;
};

}  // namespace weir::concurrency
