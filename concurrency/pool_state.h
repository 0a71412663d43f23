// What the two sides of a ProcessPool share: its methods (process_pool.cc), called by anyone, and
// its thread (pool_supervisor.cc). Private to these two files.
//
// The lock guards the links, but only the pool's thread adds, removes or drains them, so it may
// look at their list without it. The source is asked, and replies are given, when the lock is not
// held. Thread-safe as annotated.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "concurrency/mutex.h"
#include "concurrency/pool_link.h"
#include "concurrency/process_pool.h"
#include "concurrency/thread.h"
#include "concurrency/unique_fd.h"

namespace weir::concurrency {

inline constexpr char kTooLong[] = "the header of a task is too long";

struct ProcessPool::State {
  using Kind = PoolReply::Kind;
  using Phase = PoolLink::Phase;
  using Links = std::vector<std::unique_ptr<PoolLink>>;

  explicit State(ProcessPoolOptions given);

  // Anybody.
  void check(const PoolTask& task) const;      // throws what submit() does
  bool admit(PoolTask& task) REQUIRES(mutex);  // or answered; false if all places are taken
  PoolLink* best_place() REQUIRES(mutex);
  void push(PoolLink& link, std::unique_ptr<PoolJob> job) REQUIRES(mutex);
  void want_another() REQUIRES(mutex);
  void end_input(bool drop);
  void wake() noexcept;

  // The pool's thread.
  void run() noexcept;
  void watch(int fd, std::uint32_t about) const;
  bool sleep();  // true: a worker died
  Deadline next_due();
  void take_results();
  void take_results_of(PoolLink& link);
  void check_times();
  void escalate(PoolLink& link) REQUIRES(mutex);
  void check_deaths();
  void buried(PoolLink& link) REQUIRES(mutex);
  void count_death(PoolJob* job, const std::string& how) REQUIRES(mutex);
  void answer(std::unique_ptr<PoolJob> job, PoolReply reply);
  void give_answers();
  void feed();
  bool hand_out();
  void balance();
  void start_worker();
  bool ending();  // true: nothing is left
  void drop_all(Kind kind, const std::string& message);

  const ProcessPoolOptions options;
  UniqueFd poller, waker;
  std::atomic<bool> news{false};    // since the pool's thread looked last
  std::atomic<bool> asleep{false};  // or about to look for news once more before it sleeps

  mutable Mutex mutex{"process pool"};
  CondVar place;
  Links links GUARDED_BY(mutex);
  std::deque<std::unique_ptr<PoolJob>> waiting
      GUARDED_BY(mutex);  // for a place, before anything new
  ProcessPoolFigures figures GUARDED_BY(mutex);
  std::deque<PoolWorkerFigures> ended GUARDED_BY(mutex);
  std::size_t target GUARDED_BY(mutex);      // the most workers
  std::size_t wanted GUARDED_BY(mutex) = 0;  // as many as demand has called for so far
  std::uint64_t row GUARDED_BY(mutex) = 1;   // of deaths, numbered
  int row_length GUARDED_BY(mutex) = 0;
  std::optional<std::string> broken GUARDED_BY(mutex);
  bool closed GUARDED_BY(mutex) = false;
  bool cancelled GUARDED_BY(mutex) = false;
  Deadline sleeping_until GUARDED_BY(mutex) = Deadline::min();
  std::chrono::nanoseconds shortest GUARDED_BY(mutex) = std::chrono::hours(24);  // limit of a task

  // Of the pool's thread.
  std::uint64_t ids = 0, sleeps = 0;
  std::vector<std::pair<std::unique_ptr<PoolJob>, PoolReply>> answers;
  std::optional<Thread> thread;  // the last member: it uses all the others
};

}  // namespace weir::concurrency
