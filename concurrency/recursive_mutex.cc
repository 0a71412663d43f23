#include "concurrency/recursive_mutex.h"

#include "concurrency/report.h"

namespace weir::concurrency {

RecursiveMutex::~RecursiveMutex() {
  if (locked()) report("destroyed while held: a RecursiveMutex");
}

void RecursiveMutex::lock() NO_THREAD_SAFETY_ANALYSIS { take(1); }

bool RecursiveMutex::try_lock() NO_THREAD_SAFETY_ANALYSIS { return take(1, kNow); }

bool RecursiveMutex::try_lock_until(Deadline deadline) NO_THREAD_SAFETY_ANALYSIS {
  return take(1, deadline);
}

void RecursiveMutex::unlock() NO_THREAD_SAFETY_ANALYSIS { release(1); }

bool RecursiveMutex::take(int levels, Deadline deadline) {
  const MutexLock lock(mutex_);
  if (owner_ != this_thread_key()) {
    Wake why = Wake::kNotified;
    while (owner_ != nullptr && why == Wake::kNotified) why = free_.wait(mutex_, deadline);
    if (owner_ != nullptr) return false;
    owner_ = this_thread_key();
  }
  depth_ += levels;
  return true;
}

void RecursiveMutex::release(int levels) {
  const MutexLock lock(mutex_);
  if (owner_ != this_thread_key())
    throw LockMisuse("recursive mutex: unlocked by a thread that does not hold it");
  depth_ -= levels;
  if (depth_ > 0) return;
  owner_ = nullptr;
  free_.notify_one();
}

bool RecursiveMutex::locked() const {
  const MutexLock lock(mutex_);
  return owner_ != nullptr;
}

bool RecursiveMutex::held_by_me() const { return depth() > 0; }

int RecursiveMutex::depth() const {
  const MutexLock lock(mutex_);
  return owner_ == this_thread_key() ? depth_ : 0;
}

}  // namespace weir::concurrency
