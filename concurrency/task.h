// A lazy coroutine: it starts when it is awaited or spawned on an EventLoop, and its frame is owned
// by the Task, then by whoever awaits it.
//
//   Task<int> twice(int n) { co_return 2 * n; }
//   Task<> chain() { int n = co_await twice(21); ... }
//   loop.run(chain());
//
// Parameters are taken by value; a lambda with captures is never a coroutine; nothing in one may
// block its thread. Name an aggregate before passing it to a co_await'ed call: g++ 12.2 destroys a
// temporary one twice.
//
// Thread-bound to the loop that runs it.
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace weir::concurrency {

class TaskState;

// Thrown at the await of a cancelled coroutine. Not a std::exception, so that it passes through
// handlers of failures; a coroutine that catches it to clean up rethrows it, or goes on and ends
// as if it had not been cancelled.
struct TaskCancelled {};

// What each frame of a spawned chain of tasks knows. Symmetric transfer overflows the stack in
// g++ builds without optimisation, so a frame names its successor and returns to the loop.
struct TaskPromiseBase {
  TaskState* task = nullptr;             // the spawned task that this frame is part of
  std::coroutine_handle<> continuation;  // who awaits this frame; none for the outermost

  std::suspend_always initial_suspend() noexcept { return {}; }
  struct FinalSuspend {
    bool await_ready() noexcept { return false; }
    template <typename Promise>
    void await_suspend(std::coroutine_handle<Promise> frame) noexcept {
      run_next(frame.promise().task, frame.promise().continuation);
    }
    void await_resume() noexcept {}
  };
  FinalSuspend final_suspend() noexcept { return {}; }
  void unhandled_exception() noexcept { error = std::current_exception(); }

  std::exception_ptr error;
  static void run_next(TaskState* task, std::coroutine_handle<> frame) noexcept;
};

template <typename T>
struct TaskPromise : TaskPromiseBase {
  std::optional<T> value;
  template <typename U>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
  auto get_return_object() { return std::coroutine_handle<TaskPromise>::from_promise(*this); }
  T take() {
    if (error) std::rethrow_exception(error);
    return std::move(*value);
  }
};

template <>
struct TaskPromise<void> : TaskPromiseBase {
  void return_void() noexcept {}
  auto get_return_object() { return std::coroutine_handle<TaskPromise>::from_promise(*this); }
  void take() {
    if (error) std::rethrow_exception(error);
  }
};

template <typename T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = TaskPromise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  Task(Handle frame) noexcept : frame_(frame) {}
  Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, {})) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  // Destroys the frame, and with it the locals of a suspended coroutine.
  ~Task() {
    if (frame_) frame_.destroy();
  }

  // Runs the task within the awaiting one; gives its value or rethrows what it threw. A task is
  // awaited once; a moved-from one throws std::logic_error.
  auto operator co_await() && {
    if (!frame_ || frame_.done()) throw std::logic_error("Task awaited twice or moved from");
    return Awaiter(frame_);
  }

  Handle frame() const noexcept { return frame_; }

 private:
  class Awaiter {
   public:
    explicit Awaiter(Handle child) noexcept : child_(child) {}
    bool await_ready() noexcept { return false; }
    template <typename Promise>
    void await_suspend(std::coroutine_handle<Promise> parent) noexcept {
      child_.promise().task = parent.promise().task;
      child_.promise().continuation = parent;
      TaskPromiseBase::run_next(parent.promise().task, child_);
    }
    T await_resume() { return child_.promise().take(); }

   private:
    Handle child_;
  };

  Handle frame_;
};

}  // namespace weir::concurrency
