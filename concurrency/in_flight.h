// Counts work that is not finished, and waits for none to be left (Python's JoinableQueue without
// the queue). The number need not be known beforehand: who holds a token may add more, so the count
// of a crawl reaches zero only when no page can lead to another.
//
//   TaskToken token = unfinished.add();             // travels with the URL
//   for (auto& link : links) put(link, unfinished.add());   // children first ...
//   token.done();                                   // ... then the parent, or at end of scope
//
// Thread-safe; a TaskToken is Thread-compatible.
#pragma once

#include <cstddef>
#include <utility>

#include "concurrency/mutex.h"

namespace weir::concurrency {

class InFlight;

// One piece of unfinished work. Done exactly once: by done(), or when it is destroyed by whatever
// return or exception; a moved-from token counts for nothing. The InFlight must outlive it.
class [[nodiscard]] TaskToken {
 public:
  TaskToken() noexcept = default;
  TaskToken(TaskToken&& other) noexcept : count_(std::exchange(other.count_, nullptr)) {}
  TaskToken& operator=(TaskToken other) noexcept {
    std::swap(count_, other.count_);
    return *this;
  }
  ~TaskToken() { done(); }

  void done() noexcept;
  // Lets go without counting: somebody will call task_done() instead.
  void release() noexcept { count_ = nullptr; }
  explicit operator bool() const noexcept { return count_ != nullptr; }

 private:
  friend class InFlight;
  explicit TaskToken(InFlight* count) noexcept : count_(count) {}
  InFlight* count_ = nullptr;
};

enum class Joined { kDone, kTimeout, kStopped };

class InFlight {
 public:
  TaskToken add();
  std::size_t count() const;

  // Blocks until nothing is unfinished; returns at once if nothing is. May be called by many,
  // again.
  void join() { (void)join_until(kNever); }
  Joined join_until(Deadline deadline, std::stop_token stop = {});

  // The count by hand, for JoinableQueue. task_done() throws LockMisuse, changing nothing, when
  // more is done than was added.
  void add_tasks(std::size_t tasks);
  void task_done(std::size_t tasks = 1);

 private:
  mutable Mutex mutex_{"in-flight count"};
  CondVar none_left_;
  std::size_t count_ GUARDED_BY(mutex_) = 0;
};

}  // namespace weir::concurrency
