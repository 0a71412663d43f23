// Mutual exclusion that knows its owner, and waiting for a condition under it.
//
//   MutexLock lock(mutex_);
//   while (items_.empty())
//     if (not_empty_.wait(mutex_, deadline, stop) != Wake::kNotified) return;
//
// The owner is checked always, not in debug builds only: relocking throws instead of hanging.
// Mutex and CondVar are Thread-safe; MutexLock is Thread-bound.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <stdexcept>
#include <stop_token>

#include "concurrency/chaos.h"
#include "concurrency/deadline.h"
#include "concurrency/thread_annotations.h"

namespace weir::concurrency {

// A lock was used against its contract: a defect of the caller, not a condition to handle.
struct LockMisuse : std::logic_error {
  using std::logic_error::logic_error;
};

// An address that no other living thread has.
inline const void* this_thread_key() noexcept {
  static thread_local constinit char key = 0;
  return &key;
}

class CAPABILITY("mutex") Mutex {
 public:
  // `name` appears in reports of misuse; it must outlive the mutex.
  explicit Mutex(const char* name = "mutex") noexcept : name_(name) {}
  ~Mutex();  // reports (and does not hang) if it is held
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  // Throws LockMisuse if this thread holds it already.
  void lock() ACQUIRE() {
    chaos_point();
    if (held_by_me()) throw_relock();
    if (!mutex_.try_lock()) lock_contended();
    own(this_thread_key());
  }
  // False if anybody holds it, this thread included.
  [[nodiscard]] bool try_lock() noexcept TRY_ACQUIRE(true) {
    if (held_by_me() || !mutex_.try_lock()) return false;
    own(this_thread_key());
    return true;
  }
  // False once the deadline has passed. Throws LockMisuse if this thread holds it already.
  [[nodiscard]] bool try_lock_until(Deadline deadline) TRY_ACQUIRE(true);
  // Throws LockMisuse, and changes nothing, if this thread does not hold it.
  void unlock() RELEASE() {
    if (!held_by_me()) throw_not_held();
    own(nullptr);
    mutex_.unlock();
    chaos_point();
  }

  // Whether anybody holds it, at some moment during the call.
  bool locked() const noexcept { return owner() != nullptr; }
  bool held_by_me() const noexcept { return owner() == this_thread_key(); }
  const char* name() const noexcept { return name_; }

 private:
  friend class CondVar;
  // Relaxed: a thread finds its own key here only if it wrote it itself; every other answer of
  // these is a snapshot anyway. Sequential consistency would add a fence to every lock (6 to 13
  // ns).
  const void* owner() const noexcept { return owner_.load(std::memory_order_relaxed); }
  void own(const void* key) noexcept { owner_.store(key, std::memory_order_relaxed); }
  void lock_contended();
  [[noreturn]] void throw_relock() const;
  [[noreturn]] void throw_not_held() const;

  std::mutex mutex_;
  std::atomic<const void*> owner_{nullptr};
  const char* name_;
};

// Holds a Mutex for a scope. unlock() lets go early, to call out without the lock.
class SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() RELEASE() {
    if (held_) mutex_.unlock();
  }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  void unlock() RELEASE() {
    held_ = false;
    mutex_.unlock();
  }
  void lock() ACQUIRE() {
    mutex_.lock();
    held_ = true;
  }

 private:
  Mutex& mutex_;
  bool held_ = true;
};

enum class Wake { kNotified, kTimeout, kStopped };

class RecursiveMutex;

// Wait in a loop that checks the condition: a wake-up may be spurious. Notify while holding the
// mutex, or keep the CondVar alive past the call by other means.
class CondVar {
 public:
  CondVar() = default;
  CondVar(const CondVar&) = delete;
  CondVar& operator=(const CondVar&) = delete;

  // Lets go of the mutex while waiting for a notification, the deadline or the stop request; holds
  // it again on return. A stop already requested returns at once. request_stop() may be called with
  // the mutex held. Throws LockMisuse if this thread does not hold the mutex.
  Wake wait(Mutex& mutex, Deadline deadline = kNever, std::stop_token stop = {}) REQUIRES(mutex);
  // Lets go of all levels, and takes as many again.
  Wake wait(RecursiveMutex& mutex, Deadline deadline = kNever, std::stop_token stop = {});

  void notify_one() noexcept;
  void notify_all() noexcept;

 private:
  template <typename Release, typename Retake>
  Wake wait_between(Release release, Retake retake, Deadline deadline, const std::stop_token& stop);
  void notify(int threads) noexcept;

  std::atomic<std::uint32_t> sequence_{0};  // a waiter sleeps while it is what it was
  std::atomic<std::uint32_t> waiters_{0};
};

}  // namespace weir::concurrency
