#include "concurrency/in_flight.h"

namespace weir::concurrency {

void TaskToken::done() noexcept {
  if (InFlight* count = std::exchange(count_, nullptr)) count->task_done();
}

TaskToken InFlight::add() {
  add_tasks(1);
  return TaskToken(this);
}

std::size_t InFlight::count() const {
  const MutexLock lock(mutex_);
  return count_;
}

Joined InFlight::join_until(Deadline deadline, std::stop_token stop) {
  const MutexLock lock(mutex_);
  Wake why = Wake::kNotified;
  while (count_ > 0 && why == Wake::kNotified) why = none_left_.wait(mutex_, deadline, stop);
  if (count_ == 0) return Joined::kDone;
  return why == Wake::kStopped ? Joined::kStopped : Joined::kTimeout;
}

void InFlight::add_tasks(std::size_t tasks) {
  const MutexLock lock(mutex_);
  count_ += tasks;
}

void InFlight::task_done(std::size_t tasks) {
  const MutexLock lock(mutex_);
  if (tasks > count_) throw LockMisuse("task_done() called more often than tasks were added");
  count_ -= tasks;
  if (count_ == 0) none_left_.notify_all();
}

}  // namespace weir::concurrency
