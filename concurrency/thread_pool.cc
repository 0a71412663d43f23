#include "concurrency/thread_pool.h"

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "concurrency/report.h"

namespace weir::concurrency {

namespace {

ThreadPoolOptions checked(ThreadPoolOptions options) {
  static std::atomic<int> pools{0};
  if (options.threads < 1) throw std::invalid_argument("a pool needs at least one thread");
  if (options.name.empty()) options.name = "ThreadPool-" + std::to_string(pools++);
  return options;
}

}  // namespace

int default_pool_size() { return std::min(32, available_cpus() + 4); }

ThreadPool::ThreadPool(ThreadPoolOptions options) : options_(checked(std::move(options))) {}

ThreadPool::~ThreadPool() { shutdown(Shutdown::kWait); }

void ThreadPool::execute(std::unique_ptr<Job> job) {
  const MutexLock lock(mutex_);
  if (!broken_.empty()) throw BrokenExecutor(broken_);
  if (ending_) throw ExecutorShutDown();
  jobs_.push_back(std::move(job));
  // Each waiting worker will take one job; a new worker is for those that are left over.
  const bool enough = jobs_.size() <= static_cast<std::size_t>(waiting_);
  if (!enough && workers_.size() < static_cast<std::size_t>(options_.threads)) add_worker();
  work_or_end_.notify_one();
}

void ThreadPool::add_worker() {
  Thread worker({.name = options_.name + "_" + std::to_string(workers_.size()), .daemon = false},
                [this] { work(); });
  try {
    worker.start();
    workers_.push_back(std::move(worker));
  } catch (const std::system_error&) {
    if (!workers_.empty()) return;  // those that exist will do
    jobs_.pop_back();
    throw;
  }
}

void ThreadPool::work() {
  WaitHelper::of_this_thread = this;
  if (!initialize()) return;
  MutexLock lock(mutex_);
  for (;;) {
    ++waiting_;
    while (jobs_.empty() && !ending_) work_or_end_.wait(mutex_);
    --waiting_;
    if (jobs_.empty()) return;
    std::unique_ptr<Job> job = std::move(jobs_.front());
    jobs_.pop_front();
    ++busy_;
    lock.unlock();
    job->run();
    job.reset();
    lock.lock();
    --busy_;
    if (busy_ == 0 && jobs_.empty()) idle_.notify_all();
  }
}

bool ThreadPool::initialize() noexcept {
  if (!options_.initializer) return true;
  try {
    options_.initializer();
    return true;
  } catch (...) {
    break_pool(options_.name + ": the initializer threw: " + describe(std::current_exception()));
    return false;
  }
}

void ThreadPool::break_pool(const std::string& why) noexcept {
  report(why);
  std::deque<std::unique_ptr<Job>> failed;
  {
    const MutexLock lock(mutex_);
    broken_ = why;
    ending_ = true;
    failed.swap(jobs_);
    work_or_end_.notify_all();
    idle_.notify_all();
  }
  for (auto& job : failed) job->fail(std::make_exception_ptr(BrokenExecutor(why)));
}

void ThreadPool::run_queued(internal::FutureCore& awaited) {
  std::unique_ptr<Job> job;
  {
    const MutexLock lock(mutex_);
    const auto it = std::find_if(jobs_.begin(), jobs_.end(),
                                 [&](const auto& each) { return each->future() == &awaited; });
    if (it == jobs_.end()) return;
    job = std::move(*it);
    jobs_.erase(it);
  }
  job->run();
}

void ThreadPool::shutdown(Shutdown how) {
  std::deque<std::unique_ptr<Job>> cancelled;
  std::vector<Thread*> workers;  // no worker is added any more, so these stay where they are
  {
    const MutexLock lock(mutex_);
    ending_ = true;
    if (how == Shutdown::kCancelPending) cancelled.swap(jobs_);
    for (Thread& each : workers_) workers.push_back(&each);
    work_or_end_.notify_all();
    if (busy_ == 0 && jobs_.empty()) idle_.notify_all();
  }
  for (auto& job : cancelled) job->cancel();
  if (how == Shutdown::kNoWait) return;
  for (Thread* each : workers) each->join();
}

bool ThreadPool::wait_idle(Deadline deadline, std::stop_token stop) {
  const MutexLock lock(mutex_);
  const auto idle = [this]() REQUIRES(mutex_) { return busy_ == 0 && jobs_.empty(); };
  Wake why = Wake::kNotified;
  while (!idle() && why == Wake::kNotified) why = idle_.wait(mutex_, deadline, stop);
  return idle();
}

int ThreadPool::threads() const {
  const MutexLock lock(mutex_);
  return static_cast<int>(workers_.size());
}

int ThreadPool::waiting() const {
  const MutexLock lock(mutex_);
  return waiting_;
}

int ThreadPool::free_count() const {
  const MutexLock lock(mutex_);
  return options_.threads - busy_;
}

std::size_t ThreadPool::queued() const {
  const MutexLock lock(mutex_);
  return jobs_.size();
}

}  // namespace weir::concurrency
