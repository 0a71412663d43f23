// A task spawned on an EventLoop, seen from outside: its state, its end, its result.
//
//   TaskHandle<int> answer = loop.spawn(compute());
//   if (co_await answer.join(deadline)) use(answer.get());
//   answer.cancel();
//
// A dropped handle leaves the task to its loop, which never outlives it; what a task threw that
// nobody can ask for any more is rethrown by EventLoop::run.
//
// Thread-bound to the loop.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "concurrency/task.h"
#include "concurrency/wait_list.h"

namespace weir::concurrency {

class EventLoop;

enum class TaskStatus { kNotStarted, kStarted, kSucceeded, kFailed, kCancelled };

// The loop's side of a task; users hold a TaskHandle.
class TaskState : public std::enable_shared_from_this<TaskState> {
 public:
  using Listener = std::function<void(TaskStatus)>;

  TaskState(EventLoop& loop, std::string name);
  virtual ~TaskState() = default;

  void cancel() noexcept;
  // Destroys the frames now, without resuming them: their destructors run, no await does.
  void destroy() noexcept;

  bool done() const noexcept { return status > TaskStatus::kStarted; }
  std::uint64_t add_listener(Listener listener);  // 0 if it has run already
  void remove_listener(std::uint64_t id) noexcept;
  void drop_handle() noexcept;

  EventLoop* loop;  // Requires: !done()
  std::string name;
  std::coroutine_handle<> next;  // the frame to resume; set by whoever suspends
  Park* waiting = nullptr;       // where the innermost frame is suspended
  TaskStatus status = TaskStatus::kNotStarted;
  bool cancel_pending = false;
  bool queued = false;  // in the loop's ready queue
  WaitList joiners;
  std::vector<std::pair<std::uint64_t, Listener>> listeners;  // by id, in the order of adding
  std::uint64_t last_listener = 0;
  std::exception_ptr error;
  int handles = 0;                                 // TaskHandles that could still ask for the error
  bool observed = false;                           // somebody has been told of the error
  std::shared_ptr<std::exception_ptr> unobserved;  // the loop's place for errors nobody can ask for
  std::list<std::shared_ptr<TaskState>>::iterator place;  // in the loop's list

 protected:
  friend class EventLoop;
  virtual bool frames_done() const noexcept = 0;
  virtual void collect() = 0;  // takes the result, may throw the task's exception
  virtual void drop_frames() noexcept = 0;
};

template <typename T>
class SpawnedTask final : public TaskState {
 public:
  SpawnedTask(EventLoop& owner, Task<T> task, std::string task_name)
      : TaskState(owner, std::move(task_name)), root_(std::move(task)) {
    root_->frame().promise().task = this;
    next = root_->frame();
  }
  ~SpawnedTask() override { drop_frames(); }
  using Value = std::conditional_t<std::is_void_v<T>, std::monostate, T>;
  std::optional<Value> value;

 private:
  bool frames_done() const noexcept override { return root_->frame().done(); }
  void collect() override {
    if constexpr (std::is_void_v<T>) {
      root_->frame().promise().take();
      value.emplace();
    } else {
      value.emplace(root_->frame().promise().take());
    }
  }
  void drop_frames() noexcept override { root_.reset(); }

  std::optional<Task<T>> root_;
};

template <typename T = void>
class TaskHandle {
 public:
  TaskHandle() = default;  // of no task; only assignment and destruction are allowed
  explicit TaskHandle(std::shared_ptr<SpawnedTask<T>> state) : state_(std::move(state)) {
    if (state_) ++state_->handles;
  }
  TaskHandle(const TaskHandle& other) : TaskHandle(other.state_) {}
  TaskHandle(TaskHandle&& other) noexcept = default;
  TaskHandle& operator=(TaskHandle other) noexcept {
    state_.swap(other.state_);
    return *this;
  }
  ~TaskHandle() {
    if (state_) state_->drop_handle();
  }

  TaskStatus status() const noexcept { return state_->status; }
  bool done() const noexcept { return state_->done(); }
  const std::string& name() const noexcept { return state_->name; }

  // Asks the task to end: its wait throws TaskCancelled in the loop's next turn; one that has not
  // started never starts. Idempotent; does not wait. Use `co_await join()` for that.
  void cancel() noexcept { state_->cancel(); }

  // `co_await`: waits for the end of the task; false if `deadline` came first. Never throws what
  // the task threw; TaskCancelled means that the waiting task was cancelled, not this one.
  Park join(TimePoint deadline = kNever) const { return Park(state_->joiners, done(), deadline); }

  // The result, moved out; rethrows what the task threw. Throws TaskCancelled if it was cancelled,
  // std::logic_error if it is not done. Requires: called once.
  T get() const {
    if (auto failure = error()) std::rethrow_exception(failure);
    if (status() == TaskStatus::kCancelled) throw TaskCancelled();
    if (!done()) throw std::logic_error("the task has not ended");
    if constexpr (!std::is_void_v<T>) return std::move(*state_->value);
  }
  // What it threw, if it failed.
  std::exception_ptr error() const noexcept {
    if (done()) state_->observed = true;
    return state_->error;
  }

  // Runs when the task has ended, in the order of adding, on the loop's thread; at once if it has
  // ended already. One that throws does not stop the others: EventLoop::run rethrows it at its end.
  // The id removes it; removing one that has run or is unknown is harmless.
  std::uint64_t on_done(TaskState::Listener listener) const {
    return state_->add_listener(std::move(listener));
  }
  void remove_listener(std::uint64_t id) const noexcept { state_->remove_listener(id); }

  const std::shared_ptr<SpawnedTask<T>>& state() const noexcept { return state_; }

 private:
  std::shared_ptr<SpawnedTask<T>> state_;
};

}  // namespace weir::concurrency
