#include "concurrency/event.h"

namespace weir::concurrency {

void Event::set() {
  const MutexLock lock(mutex_);
  if (set_) return;
  set_ = true;
  ++times_set_;
  changed_.notify_all();
}

void Event::clear() {
  const MutexLock lock(mutex_);
  set_ = false;
}

bool Event::is_set() const {
  const MutexLock lock(mutex_);
  return set_;
}

bool Event::wait_until(Deadline deadline, std::stop_token stop) {
  const MutexLock lock(mutex_);
  const std::uint64_t before = times_set_;
  const auto happened = [&]() REQUIRES(mutex_) { return set_ || times_set_ != before; };
  Wake why = Wake::kNotified;
  while (!happened() && why == Wake::kNotified) why = changed_.wait(mutex_, deadline, stop);
  return happened();
}

}  // namespace weir::concurrency
