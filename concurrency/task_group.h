// Structured concurrency: tasks that cannot outlive the scope that started them.
//
//   TaskGroup group(loop, 64);                         // at most 64 at a time
//   while (auto url = next()) co_await group.spawn_when_free(visit(*url));
//   co_await group.join();                             // the earliest failure cancels the others
//
// Thread-bound to the loop.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "concurrency/async_semaphore.h"
#include "concurrency/event_loop.h"

namespace weir::concurrency {

class TaskGroup {
 public:
  static constexpr std::int64_t kUnlimited = std::numeric_limits<std::int64_t>::max();

  // Throws std::invalid_argument for a negative limit; 0 is a group that is always full.
  explicit TaskGroup(EventLoop& loop, std::int64_t limit = kUnlimited);
  // Destroys the tasks that have not ended (their destructors run, no await of theirs does), so
  // that an exception which leaves the scope before join() takes them along.
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  // Throws std::length_error if the group is full.
  template <typename T>
  TaskHandle<T> spawn(Task<T> task, std::string name = {}) {
    take_place();
    return enlist(std::move(task), std::move(name));
  }

  // `co_await`: waits for a place, first come, first served, then spawns.
  template <typename T>
  Task<TaskHandle<T>> spawn_when_free(Task<T> task, std::string name = {}) {
    co_await places_.acquire();
    co_return enlist(std::move(task), std::move(name));
  }

  // Waits until every task has ended, then rethrows the earliest failure, which has cancelled the
  // others. Cancelling the joining task cancels the group, waits for it and ends as cancelled.
  Task<> join();
  void cancel() noexcept;  // all that run now

  std::size_t size() const noexcept { return running_.size(); }
  std::size_t free_count() const noexcept { return places_.available(); }

 private:
  template <typename T>
  TaskHandle<T> enlist(Task<T> task, std::string name) {
    auto handle = loop_.spawn(std::move(task), std::move(name));
    enter(handle.state());
    return handle;
  }
  void take_place();
  void enter(std::shared_ptr<TaskState> task);
  void ended(TaskState& task) noexcept;

  EventLoop& loop_;
  AsyncSemaphore places_;
  WaitList joiners_;
  std::exception_ptr error_;
  std::vector<std::shared_ptr<TaskState>> running_;
};

}  // namespace weir::concurrency
