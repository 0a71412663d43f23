#include "concurrency/semaphore.h"

#include <stdexcept>

namespace weir::concurrency {

Semaphore::Semaphore(std::ptrdiff_t value, std::ptrdiff_t bound) : bound_(bound), value_(value) {
  if (value < 0) throw std::invalid_argument("a semaphore cannot start below 0");
}

bool Semaphore::acquire_until(Deadline deadline, std::stop_token stop) {
  const MutexLock lock(mutex_);
  Wake why = Wake::kNotified;
  while (value_ == 0 && why == Wake::kNotified) why = released_.wait(mutex_, deadline, stop);
  if (value_ == 0) return false;
  --value_;
  return true;
}

void Semaphore::release(std::ptrdiff_t permits) {
  if (permits < 1) throw std::invalid_argument("a semaphore releases at least one permit");
  const MutexLock lock(mutex_);
  if (permits > bound_ - value_) throw LockMisuse("semaphore: released more than was acquired");
  value_ += permits;
  if (permits == 1) {
    released_.notify_one();
  } else {
    released_.notify_all();
  }
}

std::ptrdiff_t Semaphore::value() const {
  const MutexLock lock(mutex_);
  return value_;
}

}  // namespace weir::concurrency
