#include "concurrency/binary_lock.h"

#include <utility>

#include "concurrency/report.h"

namespace weir::concurrency {

BinaryLock::~BinaryLock() {
  if (locked()) report("destroyed while held: a BinaryLock");
}

void BinaryLock::lock() { (void)try_lock_until(kNever); }

bool BinaryLock::try_lock() { return try_lock_until(kNow); }

bool BinaryLock::try_lock_until(Deadline deadline, std::stop_token stop) {
  const MutexLock lock(mutex_);
  Wake why = Wake::kNotified;
  while (locked_ && why == Wake::kNotified) why = free_.wait(mutex_, deadline, stop);
  return !std::exchange(locked_, true);
}

void BinaryLock::unlock() {
  const MutexLock lock(mutex_);
  if (!std::exchange(locked_, false)) throw LockMisuse("binary lock: unlocked while not locked");
  free_.notify_one();
}

bool BinaryLock::locked() const {
  const MutexLock lock(mutex_);
  return locked_;
}

}  // namespace weir::concurrency
