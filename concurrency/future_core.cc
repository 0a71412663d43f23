#include "concurrency/future_core.h"

#include <algorithm>
#include <utility>

#include "concurrency/report.h"

namespace weir::concurrency::internal {

thread_local constinit WaitHelper* WaitHelper::of_this_thread = nullptr;

FutureState FutureCore::state() const {
  const MutexLock lock(mutex_);
  return state_;
}

std::exception_ptr FutureCore::error() const {
  const MutexLock lock(mutex_);
  return error_;
}

bool FutureCore::start() {
  const MutexLock lock(mutex_);
  if (state_ == FutureState::kCancelled) return false;
  if (state_ != FutureState::kPending) throw InvalidState("the future was started already");
  state_ = FutureState::kRunning;
  return true;
}

bool FutureCore::cancel() {
  MutexLock lock(mutex_);
  const FutureState before = state_;
  if (before == FutureState::kPending) {
    settle(FutureState::kCancelled, lock);
  } else {
    lock.unlock();
  }
  if (before <= FutureState::kRunning) stop_.request_stop();
  return before == FutureState::kPending || before == FutureState::kCancelled;
}

void FutureCore::fail(std::exception_ptr error) {
  MutexLock lock(mutex_);
  check_open();
  error_ = std::move(error);
  settle(FutureState::kFailed, lock);
}

void FutureCore::finish_cancelled() {
  MutexLock lock(mutex_);
  check_open();
  settle(FutureState::kCancelled, lock);
}

void FutureCore::abandon() {
  MutexLock lock(mutex_);
  if (state_ >= FutureState::kReady) return;
  error_ = std::make_exception_ptr(BrokenPromise());
  settle(FutureState::kFailed, lock);
}

bool FutureCore::wait_until(Deadline deadline, std::stop_token stop) {
  if (deadline != kNow) help();
  const MutexLock lock(mutex_);
  Wake why = Wake::kNotified;
  while (state_ < FutureState::kReady && why == Wake::kNotified)
    why = settled_.wait(mutex_, deadline, stop);
  return state_ >= FutureState::kReady;
}

void FutureCore::wait_ready(Deadline deadline) {
  if (!wait_until(deadline)) throw TimedOut("the future is not done in time");
  std::exception_ptr error;
  {
    const MutexLock lock(mutex_);
    if (state_ == FutureState::kCancelled) throw Cancelled();
    error = error_;
  }
  if (error) std::rethrow_exception(std::move(error));
}

CallbackId FutureCore::on_done(Callback callback) {
  {
    const MutexLock lock(mutex_);
    if (state_ < FutureState::kReady) {
      callbacks_.push_back({next_id_, std::move(callback)});
      return next_id_++;
    }
  }
  call(callback);
  return 0;
}

bool FutureCore::remove(CallbackId id) {
  Callback removed;  // destroyed without the lock
  const MutexLock lock(mutex_);
  const auto it = std::find_if(callbacks_.begin(), callbacks_.end(),
                               [id](const Registered& each) { return each.id == id; });
  if (it == callbacks_.end()) return false;
  removed = std::move(it->run);
  callbacks_.erase(it);
  return true;
}

std::size_t FutureCore::callbacks() const {
  const MutexLock lock(mutex_);
  return callbacks_.size();
}

void FutureCore::help() {
  if (helper_ != nullptr && helper_ == WaitHelper::of_this_thread && !done())
    helper_->run_queued(*this);
}

void FutureCore::check_open() const {
  if (state_ >= FutureState::kReady) throw InvalidState("the future has its outcome already");
}

void FutureCore::settle(FutureState outcome, MutexLock& lock) {
  chaos_point();
  state_ = outcome;
  settled_.notify_all();
  std::vector<Registered> due = std::exchange(callbacks_, {});
  lock.unlock();
  for (Registered& each : due) {
    call(each.run);
    each.run = nullptr;  // what it owned goes before the next one runs
  }
}

void FutureCore::call(Callback& callback) noexcept {
  try {
    callback(shared_from_this());
  } catch (...) {
    report("exception calling callback for a future: " + describe(std::current_exception()));
  }
}

}  // namespace weir::concurrency::internal
