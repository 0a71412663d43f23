#include "concurrency/wait_list.h"

#include <utility>

#include "concurrency/event_loop.h"

namespace weir::concurrency {

WaitList::~WaitList() {
  for (Park* park = first_; park != nullptr;) {
    park->list_ = nullptr;
    park = std::exchange(park->after_, nullptr);
  }
}

bool WaitList::wake_one() noexcept {
  if (first_ == nullptr) return false;
  first_->wake();
  return true;
}

void WaitList::wake_all() noexcept {
  for (std::size_t left = size_; left > 0; --left) wake_one();
}

Park::~Park() {
  if (task_ != nullptr) {
    task_->waiting = nullptr;
    leave();
  } else if (giver_ != nullptr) {
    giver_->take_back();
  }
}

bool Park::suspend(TaskState& task, std::coroutine_handle<> frame) {
  if (task.cancel_pending) {
    task.cancel_pending = false;
    outcome_ = Outcome::kCancelled;
    return false;
  }
  task_ = &task;
  task.waiting = this;
  frame_ = frame;
  outcome_ = Outcome::kWaiting;
  if (list_ != nullptr) {
    before_ = list_->last_;
    (before_ != nullptr ? before_->after_ : list_->first_) = this;
    list_->last_ = this;
    ++list_->size_;
  }
  try {
    if (list_ != nullptr) list_->joined();
    if (deadline_ != kNever && deadline_ > task.loop->now())
      task.loop->timers_.insert(*this, deadline_);
    else if (deadline_ != kNever)
      finish(Outcome::kTimedOut);  // after whoever is ready now
  } catch (...) {
    task.waiting = nullptr;
    leave();
    throw;
  }
  return true;
}

bool Park::await_resume() {
  giver_ = nullptr;
  if (outcome_ == Outcome::kCancelled) throw TaskCancelled();
  return outcome_ == Outcome::kWoken;
}

void Park::finish(Outcome outcome) noexcept {
  if (task_ == nullptr) return;
  TaskState& task = *task_;
  if (outcome == Outcome::kWoken && list_ != nullptr && list_->hands_over()) giver_ = list_;
  outcome_ = outcome;
  leave();
  task.waiting = nullptr;
  task.next = frame_;
  task.loop->schedule(task);
}

void Park::leave() noexcept {
  TaskState& task = *std::exchange(task_, nullptr);
  task.loop->timers_.remove(*this);
  if (list_ == nullptr) return;
  (before_ != nullptr ? before_->after_ : list_->first_) = after_;
  (after_ != nullptr ? after_->before_ : list_->last_) = before_;
  before_ = after_ = nullptr;
  --list_->size_;
  list_->left();
}

}  // namespace weir::concurrency
