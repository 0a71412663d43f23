#include "concurrency/thread_per_task.h"

#include <utility>
#include <vector>

namespace weir::concurrency {

ThreadPerTask::~ThreadPerTask() { shutdown(Shutdown::kWait); }

void ThreadPerTask::execute(std::unique_ptr<Job> job) {
  std::list<Thread> ended;  // destroyed, which joins, without the lock
  const MutexLock lock(mutex_);
  if (shut_down_) throw ExecutorShutDown();
  for (auto it = threads_.begin(); it != threads_.end();) {
    const auto each = it++;
    if (!each->is_alive()) ended.splice(ended.end(), threads_, each);
  }
  Thread thread({.name = name_ + "_" + std::to_string(started_), .daemon = false},
                [job = std::move(job)] { job->run(); });
  thread.start();
  threads_.push_back(std::move(thread));
  ++started_;
}

void ThreadPerTask::shutdown(Shutdown how) {
  std::vector<Thread*> threads;  // no thread is added or reaped any more
  {
    const MutexLock lock(mutex_);
    shut_down_ = true;
    for (Thread& each : threads_) threads.push_back(&each);
  }
  if (how == Shutdown::kNoWait) return;
  for (Thread* each : threads) each->join();
}

}  // namespace weir::concurrency
