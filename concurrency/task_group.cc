#include "concurrency/task_group.h"

#include <algorithm>
#include <stdexcept>

namespace weir::concurrency {
namespace {

std::size_t checked(std::int64_t limit) {
  if (limit < 0) throw std::invalid_argument("negative limit of a task group");
  return static_cast<std::size_t>(limit);
}

}  // namespace

TaskGroup::TaskGroup(EventLoop& loop, std::int64_t limit) : loop_(loop), places_(checked(limit)) {}

TaskGroup::~TaskGroup() {
  while (!running_.empty()) running_.back()->destroy();
}

void TaskGroup::take_place() {
  if (!places_.try_acquire()) throw std::length_error("the task group is full");
}

void TaskGroup::enter(std::shared_ptr<TaskState> task) {
  task->observed = true;  // join() tells
  task->add_listener([this, state = task.get()](TaskStatus) { ended(*state); });
  running_.push_back(std::move(task));
}

void TaskGroup::ended(TaskState& task) noexcept {
  std::erase_if(running_, [&](const auto& one) { return one.get() == &task; });
  places_.release();
  if (task.status == TaskStatus::kFailed && !error_) {
    error_ = task.error;
    cancel();
  }
  if (running_.empty()) joiners_.wake_all();
}

void TaskGroup::cancel() noexcept {
  const auto running = running_;  // those that have not started end at once, and leave the list
  for (const auto& task : running) task->cancel();
}

Task<> TaskGroup::join() {
  bool cancelled = false;
  while (!running_.empty()) {
    try {
      co_await Park(joiners_, false, kNever);
    } catch (const TaskCancelled&) {
      cancelled = true;
      cancel();
    }
  }
  if (auto error = std::exchange(error_, nullptr)) std::rethrow_exception(error);
  if (cancelled) throw TaskCancelled();
}

}  // namespace weir::concurrency
