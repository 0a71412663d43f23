#include "concurrency/thread_registry.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "concurrency/report.h"

namespace weir::concurrency {

namespace {

Usage own_usage() {
  rusage spent{};
  ::getrusage(RUSAGE_THREAD, &spent);
  const auto duration = [](const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  };
  return {.cpu = duration(spent.ru_utime) + duration(spent.ru_stime),
          .voluntary_switches = static_cast<std::uint64_t>(spent.ru_nvcsw),
          .involuntary_switches = static_cast<std::uint64_t>(spent.ru_nivcsw)};
}

}  // namespace

void add_usage(std::map<std::string, ThreadTotals>& totals, const std::string& name,
               const Usage& usage) {
  const std::size_t end = name.find_last_not_of("-_0123456789");
  ThreadTotals& sum = totals[end == std::string::npos ? name : name.substr(0, end + 1)];
  ++sum.threads;
  sum.usage.cpu += usage.cpu;
  sum.usage.voluntary_switches += usage.voluntary_switches;
  sum.usage.involuntary_switches += usage.involuntary_switches;
}

ThreadRegistry& ThreadRegistry::instance() {
  static ThreadRegistry& it = *new ThreadRegistry;
  return it;
}

ThreadRegistry::ThreadRegistry() {
  entries_.push_back(
      {{.name = "MainThread", .id = getpid(), .daemon = false}, Kind::kMain, std::stop_source()});
}

void ThreadRegistry::enter(ThreadInfo info, Kind kind, std::stop_source stop) {
  const MutexLock lock(mutex_);
  entries_.push_back({std::move(info), kind, std::move(stop)});
}

void ThreadRegistry::leave(pid_t id) {
  const Usage usage = own_usage();
  const MutexLock lock(mutex_);
  std::erase_if(entries_, [&](const Entry& each) REQUIRES(mutex_) {
    if (each.info.id != id) return false;
    add_usage(ended_, each.info.name, usage);
    return true;
  });
  left_.notify_all();
}

std::map<std::string, ThreadTotals> ThreadRegistry::ended() const {
  const MutexLock lock(mutex_);
  return ended_;
}

std::vector<ThreadInfo> ThreadRegistry::alive() const {
  const MutexLock lock(mutex_);
  std::vector<ThreadInfo> all;
  for (const Entry& each : entries_) all.push_back(each.info);
  return all;
}

std::string ThreadRegistry::next_name() {
  const MutexLock lock(mutex_);
  return "Thread-" + std::to_string(++named_);
}

void ThreadRegistry::keep(std::unique_ptr<Thread> launched) {
  const MutexLock lock(mutex_);
  launched_.push_back(std::move(launched));
}

void ThreadRegistry::reap() {
  std::vector<std::unique_ptr<Thread>> ended;  // destroyed, which joins, without the lock
  const MutexLock lock(mutex_);
  const auto first = std::stable_partition(launched_.begin(), launched_.end(),
                                           [](const auto& each) { return each->is_alive(); });
  ended.assign(std::move_iterator(first), std::move_iterator(launched_.end()));
  launched_.erase(first, launched_.end());
}

void ThreadRegistry::join_launched() {
  std::vector<std::unique_ptr<Thread>> all;  // destroyed, which joins, without the lock
  const MutexLock lock(mutex_);
  all.swap(launched_);
}

bool ThreadRegistry::any_alive(bool daemons) const {
  return std::any_of(entries_.begin(), entries_.end(), [daemons](const Entry& each) {
    return each.kind == Kind::kOurs && each.info.daemon == daemons;
  });
}

void ThreadRegistry::wait_for_foreground() {
  const MutexLock lock(mutex_);
  while (any_alive(false)) left_.wait(mutex_);
}

bool ThreadRegistry::stop_daemons(Deadline deadline) {
  std::vector<std::stop_source> stops;  // stop callbacks run without the lock
  {
    const MutexLock lock(mutex_);
    for (const Entry& each : entries_)
      if (each.kind == Kind::kOurs && each.info.daemon) stops.push_back(each.stop);
  }
  for (std::stop_source& each : stops) each.request_stop();

  const MutexLock lock(mutex_);
  Wake why = Wake::kNotified;
  while (any_alive(true) && why == Wake::kNotified) why = left_.wait(mutex_, deadline);
  return !any_alive(true);
}

ThreadExceptionHook ThreadRegistry::set_hook(ThreadExceptionHook hook) {
  const MutexLock lock(mutex_);
  return std::exchange(hook_, std::move(hook));
}

void ThreadRegistry::uncaught(std::exception_ptr error, const ThreadInfo& thread) noexcept {
  try {
    ThreadExceptionHook hook;
    {
      const MutexLock lock(mutex_);
      hook = hook_;
    }
    if (hook) return hook(error, thread);
    report("Exception in thread " + thread.name + ": " + describe(error));
  } catch (...) {
    report("the exception hook threw, called for thread " + thread.name + ": " + describe(error));
  }
}

}  // namespace weir::concurrency
