// A pool of threads that grows with its work: a thread is made when a task arrives, none is idle
// and the limit is not reached; then kept. What is queued behind them is unbounded: bound it
// before.
//
//   ThreadPool pool({.threads = 8, .name = "fetch"});     // fetch_0 ... fetch_7
//   auto size = pool.submit(download, url);
//   pool.shutdown();                                      // or the destructor
//
// A task may submit to its own pool and wait: the waiting worker runs the awaited task itself if it
// is still queued, so that this cannot deadlock. Thread-safe.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "concurrency/cpus.h"
#include "concurrency/executor.h"
#include "concurrency/thread.h"

namespace weir::concurrency {

// min(32, available_cpus() + 4): for work that waits more than it computes.
int default_pool_size();

struct ThreadPoolOptions {
  int threads = default_pool_size();  // the limit; below 1 is refused
  std::string name;                   // prefix of the thread names; empty: ThreadPool-N
  // Runs first on each new worker. If it throws, the pool is broken: what is queued fails with
  // BrokenExecutor, as does every later submit.
  std::function<void()> initializer = nullptr;
};

class ThreadPool final : public Executor, private internal::WaitHelper {
 public:
  // Starts nothing. Throws std::invalid_argument for less than 1 thread.
  explicit ThreadPool(ThreadPoolOptions options = {});
  ~ThreadPool() override;

  // kWait and kCancelPending must not be called by a task of this pool.
  void shutdown(Shutdown how = Shutdown::kWait) override;

  // Blocks until nothing is queued or running; false if the deadline passed first.
  bool wait_idle(Deadline deadline = kNever, std::stop_token stop = {});

  int threads() const;  // made so far
  int waiting() const;  // of those, without a job
  int free_count()
      const;  // workers it could still put to work: the limit, less those that are busy
  std::size_t queued() const;

 private:
  void execute(std::unique_ptr<Job> job) override;
  internal::WaitHelper* helper() noexcept override { return this; }
  void run_queued(internal::FutureCore& awaited) override;
  void work();
  bool initialize() noexcept;
  void break_pool(const std::string& why) noexcept;
  void add_worker() REQUIRES(mutex_);

  const ThreadPoolOptions options_;
  mutable Mutex mutex_{"thread pool"};
  CondVar work_or_end_;
  CondVar idle_;
  std::deque<std::unique_ptr<Job>> jobs_ GUARDED_BY(mutex_);
  int waiting_ GUARDED_BY(mutex_) = 0;  // workers without a job
  int busy_ GUARDED_BY(mutex_) = 0;     // workers running a job
  bool ending_ GUARDED_BY(mutex_) = false;
  std::string broken_ GUARDED_BY(mutex_);  // why; empty: it is not
  std::vector<Thread> workers_ GUARDED_BY(mutex_);
};

}  // namespace weir::concurrency
