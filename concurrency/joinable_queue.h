// A queue that can be joined: until task_done() was called for each item that was put (Python's
// JoinableQueue). New code carries a TaskToken instead (concurrency/in_flight.h), which cannot be
// forgotten.
//
//   JoinableQueue<Url> todo;
//   while (auto url = todo.get()) { visit(*url); todo.task_done(); }    // workers
//   todo.join();                                                        // returns when all is
//   visited
//
// Thread-safe.
#pragma once

#include <cstddef>
#include <stop_token>
#include <utility>

#include "concurrency/in_flight.h"
#include "concurrency/queue.h"

namespace weir::concurrency {

template <typename T, typename Base = Queue<T>>
class JoinableQueue {
 public:
  explicit JoinableQueue(std::ptrdiff_t items = 0) : queue_(items) {}

  QueueStatus put(T&& item, std::stop_token stop = {}) {
    return put_until(std::move(item), kNever, std::move(stop));
  }
  QueueStatus put_until(T&& item, Deadline deadline, std::stop_token stop = {}) {
    TaskToken token = unfinished_.add();  // before a worker can take it, else join() could be early
    const QueueStatus status = queue_.put_until(std::move(item), deadline, std::move(stop));
    if (status == QueueStatus::kOk) token.release();
    return status;
  }
  Got<T> get(std::stop_token stop = {}) { return queue_.get(std::move(stop)); }
  Got<T> get_until(Deadline deadline, std::stop_token stop = {}) {
    return queue_.get_until(deadline, std::move(stop));
  }

  // Throws LockMisuse when called more often than items were put.
  void task_done() { unfinished_.task_done(); }
  void join() { unfinished_.join(); }
  Joined join_until(Deadline deadline, std::stop_token stop = {}) {
    return unfinished_.join_until(deadline, std::move(stop));
  }

  // join() goes on waiting for the items that are left.
  void close() noexcept { queue_.close(); }
  // The items dropped count as done.
  std::size_t cancel() noexcept {
    const std::size_t dropped = queue_.cancel();
    unfinished_.task_done(dropped);
    return dropped;
  }
  bool is_closed() const { return queue_.is_closed(); }
  std::size_t size() const { return queue_.size(); }
  bool empty() const { return queue_.empty(); }

 private:
  Base queue_;
  InFlight unfinished_;
};

}  // namespace weir::concurrency
