// A mutex that its owner may lock again, and must unlock as often (Python's RLock). Reach for it
// only where a callback has to come back under the same lock; everywhere else a Mutex says more.
//
//   RecursiveLock lock(registry_mutex_);
//   for (auto& collector : collectors_) collector.collect(*this);   // may register more
//
// Thread-safe.
#pragma once

#include "concurrency/mutex.h"

namespace weir::concurrency {

class CAPABILITY("mutex") RecursiveMutex {
 public:
  RecursiveMutex() = default;
  ~RecursiveMutex();  // reports if it is held
  RecursiveMutex(const RecursiveMutex&) = delete;
  RecursiveMutex& operator=(const RecursiveMutex&) = delete;

  void lock() ACQUIRE();
  [[nodiscard]] bool try_lock() TRY_ACQUIRE(true);
  [[nodiscard]] bool try_lock_until(Deadline deadline) TRY_ACQUIRE(true);
  // Takes back one lock(). Throws LockMisuse if this thread does not hold it.
  void unlock() RELEASE();

  bool locked() const;      // by any thread
  bool held_by_me() const;  // at any depth
  int depth() const;        // of this thread; 0 for every thread but the owner

 private:
  friend class CondVar;
  bool take(int levels, Deadline deadline = kNever);
  void release(int levels);

  mutable Mutex mutex_{"inside a RecursiveMutex"};
  CondVar free_;
  const void* owner_ GUARDED_BY(mutex_) = nullptr;
  int depth_ GUARDED_BY(mutex_) = 0;
};

class SCOPED_CAPABILITY RecursiveLock {
 public:
  explicit RecursiveLock(RecursiveMutex& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~RecursiveLock() RELEASE() { mutex_.unlock(); }
  RecursiveLock(const RecursiveLock&) = delete;
  RecursiveLock& operator=(const RecursiveLock&) = delete;

 private:
  RecursiveMutex& mutex_;
};

}  // namespace weir::concurrency
