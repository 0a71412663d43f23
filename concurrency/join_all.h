// Waiting for several tasks, and for one with a limit.
//
//   auto done = co_await join_all(handles, loop.now() + 5s);
//   auto page = co_await with_deadline(loop, limit, fetch(url));   // none: too late, cancelled
//
// Thread-bound to the loop.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

#include "concurrency/event_loop.h"

namespace weir::concurrency {

// Until `count` of the handles (duplicates count once) are done, or until `deadline`; gives those
// done, in the order of the argument. Failures stay with their handles; nothing is cancelled.
template <typename T>
Task<std::vector<TaskHandle<T>>> join_all(std::vector<TaskHandle<T>> handles,
                                          TimePoint deadline = kNever,
                                          std::size_t count = SIZE_MAX) {
  struct Watches {
    WaitList waiters;
    std::size_t done = 0;
    std::vector<std::pair<TaskHandle<T>, std::uint64_t>> tasks;
    ~Watches() {
      for (auto& [task, id] : tasks) task.remove_listener(id);
    }
  } watches;
  std::unordered_set<const TaskState*> seen;
  std::erase_if(handles, [&](const auto& task) { return !seen.insert(task.state().get()).second; });
  for (const auto& task : handles) {
    const std::uint64_t id = task.on_done([&watches](TaskStatus) {
      ++watches.done;
      watches.waiters.wake_all();
    });
    watches.tasks.emplace_back(task, id);
  }
  count = std::min(count, handles.size());
  while (watches.done < count) {
    if (!co_await Park(watches.waiters, false, deadline)) break;
  }
  std::erase_if(handles, [](const auto& task) { return !task.done(); });
  co_return handles;
}

// The task's value, or none if `deadline` came first: then it has been cancelled and has ended.
// What it throws is rethrown. An outer limit arrives as the cancellation of the awaiting task, so
// nested limits are told apart.
template <typename T>
Task<std::optional<T>> with_deadline(EventLoop& loop, TimePoint deadline, Task<T> task) {
  struct Owned {
    TaskHandle<T> handle;
    ~Owned() { handle.state()->destroy(); }
  } owned{loop.spawn(std::move(task))};
  if (!co_await owned.handle.join(deadline)) {
    owned.handle.cancel();
    co_await owned.handle.join();
    if (owned.handle.status() == TaskStatus::kCancelled) co_return std::nullopt;
  }
  co_return owned.handle.get();
}

}  // namespace weir::concurrency
