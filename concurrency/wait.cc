#include "concurrency/wait.h"

namespace weir::concurrency::internal {

void Tally::count(FutureState outcome) {
  const MutexLock lock(mutex_);
  --left_;
  any_ = true;
  if (outcome != FutureState::kReady) failed_ = true;
  if (enough()) changed_.notify_all();
}

bool Tally::reached() const {
  const MutexLock lock(mutex_);
  return enough();
}

void Tally::wait_until(Deadline deadline, const std::stop_token& stop) {
  const MutexLock lock(mutex_);
  Wake why = Wake::kNotified;
  while (!enough() && why == Wake::kNotified) why = changed_.wait(mutex_, deadline, stop);
}

bool Tally::enough() const {
  if (left_ == 0) return true;
  return (what_ == WaitFor::kFirst && any_) || (what_ == WaitFor::kFirstException && failed_);
}

}  // namespace weir::concurrency::internal
