#include "concurrency/event_loop.h"
#include "concurrency/task_handle.h"

namespace weir::concurrency {

void TaskPromiseBase::run_next(TaskState* task, std::coroutine_handle<> frame) noexcept {
  task->next = frame;
}

TaskState::TaskState(EventLoop& owner, std::string task_name)
    : loop(&owner), name(std::move(task_name)) {}

void TaskState::cancel() noexcept {
  if (done()) return;
  if (status == TaskStatus::kNotStarted)
    loop->end(*this, TaskStatus::kCancelled);
  else if (waiting != nullptr)
    waiting->cancel();
  else
    cancel_pending = true;
}

void TaskState::destroy() noexcept {
  if (done()) return;
  if (loop->current() == this) std::terminate();  // it would free the frame it is running in
  loop->end(*this, TaskStatus::kCancelled);
}

std::uint64_t TaskState::add_listener(Listener listener) {
  if (done()) {
    listener(status);
    return 0;
  }
  listeners.emplace_back(++last_listener, std::move(listener));
  return last_listener;
}

void TaskState::remove_listener(std::uint64_t id) noexcept {
  std::erase_if(listeners, [id](const auto& one) { return one.first == id; });
}

void TaskState::drop_handle() noexcept {
  if (--handles > 0 || !error || observed) return;
  observed = true;
  if (!*unobserved) *unobserved = error;
}

}  // namespace weir::concurrency
