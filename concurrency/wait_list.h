// Where coroutines wait: the one way in which a task is suspended. Every leaf that can be awaited
// (a sleep, a descriptor, an event, a permit, another task) is a Park on a WaitList, with a limit,
// and can be cancelled; a Park that is destroyed leaves its list, so that a frame may die at any
// time.
//
//   Park wait(TimePoint deadline = kNever) { return Park(waiters_, ready_, deadline); }
//   ...
//   waiters_.wake_all();
//
// Thread-bound to the loop of the tasks that wait.
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>

#include "concurrency/loop_clock.h"
#include "concurrency/task.h"

namespace weir::concurrency {

class Park;

// First in, first out. Woken tasks run in the loop's next turn, in the order of waking.
class WaitList {
 public:
  WaitList() = default;
  WaitList(const WaitList&) = delete;
  WaitList& operator=(const WaitList&) = delete;
  // Whoever still waits then waits for its deadline, its cancellation or the end of the loop.
  virtual ~WaitList();

  bool empty() const noexcept { return first_ == nullptr; }
  std::size_t size() const noexcept { return size_; }
  // False if nobody waited.
  bool wake_one() noexcept;
  void wake_all() noexcept;

 protected:
  // For lists whose wake hands something over (a permit): called where a woken task was destroyed
  // before it could take it. Such a list outlives its waiters.
  virtual bool hands_over() const noexcept { return false; }
  virtual void take_back() noexcept {}
  // Called after a task has joined (what it throws leaves that task's co_await) or left.
  virtual void joined() {}
  virtual void left() noexcept {}

 private:
  friend class Park;
  Park* first_ = nullptr;
  Park* last_ = nullptr;
  std::size_t size_ = 0;
};

// An entry of a loop's heap of timers.
class TimerNode {
 public:
  TimerNode() = default;
  TimerNode(const TimerNode&) = delete;
  TimerNode& operator=(const TimerNode&) = delete;

 protected:
  ~TimerNode() = default;
  virtual void due() = 0;

 private:
  friend class TimerHeap;
  static constexpr std::size_t kIdle = SIZE_MAX;
  TimePoint deadline_ = kNever;
  std::uint64_t order_ = 0;  // timers of one deadline fire in the order in which they were set
  std::size_t place_ = kIdle;
};

// The awaiter. `co_await` gives false if the deadline came first, and throws TaskCancelled if the
// task was cancelled meanwhile. A wake that came before the cancellation wins: what was handed
// over is not lost, and the next wait throws.
class Park : private TimerNode {
 public:
  // Waits on `list` until woken, unless `ready`.
  Park(WaitList& list, bool ready, TimePoint deadline) noexcept
      : list_(&list), deadline_(deadline), ready_(ready) {}
  // Waits until `deadline`.
  explicit Park(TimePoint deadline) noexcept : deadline_(deadline) {}
  ~Park();

  bool await_ready() const noexcept { return ready_; }
  template <typename Promise>
  bool await_suspend(std::coroutine_handle<Promise> frame) {
    return suspend(*frame.promise().task, frame);
  }
  bool await_resume();

  void wake() noexcept { finish(Outcome::kWoken); }
  void cancel() noexcept { finish(Outcome::kCancelled); }

 private:
  friend class WaitList;
  enum class Outcome { kWaiting, kWoken, kTimedOut, kCancelled };
  bool suspend(TaskState& task, std::coroutine_handle<> frame);
  void finish(Outcome outcome) noexcept;
  void leave() noexcept;  // the list, the timers and the task
  void due() noexcept override { finish(Outcome::kTimedOut); }

  WaitList* list_ = nullptr;
  WaitList* giver_ = nullptr;  // handed something over that has not been taken yet
  Park* before_ = nullptr;
  Park* after_ = nullptr;
  TaskState* task_ = nullptr;  // while suspended
  std::coroutine_handle<> frame_;
  TimePoint deadline_;
  Outcome outcome_ = Outcome::kWoken;
  bool ready_ = false;
};

}  // namespace weir::concurrency
