// Waiting for many futures: until all, the first, or the first failure; or one by one as they
// complete.
//
//   auto [done, pending] = wait(pages, WaitFor::kFirst);
//   for (Future<Page>& page : as_completed(pages, limit)) show(page.get());
//
// Thread-safe; an AsCompleted is Thread-bound.
#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "concurrency/future.h"
#include "concurrency/queue.h"

namespace weir::concurrency {

// kFirstException: a failed or cancelled future, or else all.
enum class WaitFor { kAll, kFirst, kFirstException };

template <typename T>
struct Waited {
  std::vector<Future<T>> done;
  std::vector<Future<T>> pending;
};

namespace internal {

// Counts completions until what is waited for is reached.
class Tally {
 public:
  Tally(std::size_t futures, WaitFor what) : what_(what), left_(futures) {}
  void count(FutureState outcome);
  bool reached() const;
  void wait_until(Deadline deadline, const std::stop_token& stop);

 private:
  bool enough() const REQUIRES(mutex_);

  const WaitFor what_;
  mutable Mutex mutex_{"wait"};
  CondVar changed_;
  std::size_t left_ GUARDED_BY(mutex_);
  bool any_ GUARDED_BY(mutex_) = false;
  bool failed_ GUARDED_BY(mutex_) = false;
};

template <typename T>
void drop_duplicates(std::vector<Future<T>>& futures) {
  std::unordered_set<const void*> seen;
  std::erase_if(futures, [&](const Future<T>& each) { return !seen.insert(each.id()).second; });
}

}  // namespace internal

// Blocks until it is reached, the deadline passes or the stop is requested; tells which are done by
// then. Duplicates count once, an empty list returns at once, nothing is cancelled.
template <typename T>
Waited<T> wait(std::vector<Future<T>> futures, WaitFor what = WaitFor::kAll,
               Deadline deadline = kNever, std::stop_token stop = {}) {
  internal::drop_duplicates(futures);
  const auto tally = std::make_shared<internal::Tally>(futures.size(), what);
  std::vector<CallbackId> watchers;
  for (const Future<T>& each : futures)
    watchers.push_back(each.on_done([tally](const Future<T>& f) { tally->count(f.state()); }));
  for (const Future<T>& each : futures)
    if (!tally->reached()) each.help();
  tally->wait_until(deadline, stop);

  Waited<T> waited;
  for (std::size_t i = 0; i < futures.size(); ++i) {
    futures[i].remove(watchers[i]);
    auto& side = futures[i].done() ? waited.done : waited.pending;
    side.push_back(std::move(futures[i]));
  }
  return waited;
}

// The futures in the order in which they complete; those done already come first.
template <typename T>
class AsCompleted {
 public:
  AsCompleted(std::vector<Future<T>> futures, Deadline deadline);
  ~AsCompleted();  // takes its watchers off the futures that are left
  AsCompleted(const AsCompleted&) = delete;
  AsCompleted& operator=(const AsCompleted&) = delete;

  // Blocks for the next one; empty after the last. Throws TimedOut, naming how many are unfinished.
  std::optional<Future<T>> next();

  class Iterator {
   public:
    Future<T>& operator*() noexcept { return *current_; }
    Iterator& operator++() {
      current_.reset();  // not retained while waiting for the next
      current_ = from_->next();
      return *this;
    }
    bool operator==(std::default_sentinel_t) const noexcept { return !current_; }

   private:
    friend class AsCompleted;
    explicit Iterator(AsCompleted* from) : from_(from), current_(from->next()) {}
    AsCompleted* from_;
    std::optional<Future<T>> current_;
  };
  Iterator begin() { return Iterator(this); }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  struct Watched {
    Future<T> future;
    CallbackId watcher;
  };
  std::vector<Watched> left_;
  const std::size_t all_;
  const Deadline deadline_;
  std::shared_ptr<Queue<Future<T>>> completed_ = std::make_shared<Queue<Future<T>>>();
};

template <typename T>
AsCompleted<T> as_completed(std::vector<Future<T>> futures, Deadline deadline = kNever) {
  return AsCompleted<T>(std::move(futures), deadline);
}

template <typename T>
AsCompleted<T>::AsCompleted(std::vector<Future<T>> futures, Deadline deadline)
    : all_((internal::drop_duplicates(futures), futures.size())), deadline_(deadline) {
  for (Future<T>& each : futures) {
    const CallbackId watcher =
        each.on_done([to = completed_](Future<T> done) { to->put(std::move(done)); });
    left_.push_back({std::move(each), watcher});
  }
}

template <typename T>
AsCompleted<T>::~AsCompleted() {
  for (Watched& each : left_) each.future.remove(each.watcher);
}

template <typename T>
std::optional<Future<T>> AsCompleted<T>::next() {
  if (left_.empty()) return std::nullopt;
  for (Watched& each : left_)
    if (completed_->empty()) each.future.help();
  Got<Future<T>> got = completed_->get_until(deadline_);
  if (!got)
    throw TimedOut(std::to_string(left_.size()) + " of " + std::to_string(all_) + " unfinished");
  std::erase_if(left_, [&](const Watched& each) { return each.future == *got; });
  return std::move(got.item);
}

}  // namespace weir::concurrency
