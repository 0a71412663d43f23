// Who is alive: the list behind enumerate_threads(), and what run_app() needs to end them in order.
// Use concurrency/thread.h, concurrency/app.h and concurrency/usage.h; only these see this.
//
//   ThreadRegistry::instance().enter(info, stop);    // by the new thread, before its function
//   ThreadRegistry::instance().leave(id);            // by the same thread, after it
//
// Thread-safe.
#pragma once

#include <exception>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "concurrency/mutex.h"
#include "concurrency/thread.h"
#include "concurrency/usage.h"

namespace weir::concurrency {

class ThreadRegistry {
 public:
  static ThreadRegistry& instance();  // never destroyed

  enum class Kind { kMain, kOurs, kForeign };

  void enter(ThreadInfo info, Kind kind, std::stop_source stop);
  void leave(pid_t id);

  std::vector<ThreadInfo> alive() const;
  // What threads of ours used that have ended.
  std::map<std::string, ThreadTotals> ended() const;
  std::string next_name();  // Thread-1, Thread-2, ...

  void keep(std::unique_ptr<Thread> launched);
  // Joins the launched threads that have ended.
  void reap();
  // Joins them all.
  void join_launched();

  // Blocks until no foreground thread of ours is alive.
  void wait_for_foreground();
  // Asks all daemons to stop; true if all have ended by the deadline.
  bool stop_daemons(Deadline deadline);

  ThreadExceptionHook set_hook(ThreadExceptionHook hook);
  // Hands an exception to the hook; reports what the hook throws.
  void uncaught(std::exception_ptr error, const ThreadInfo& thread) noexcept;

 private:
  ThreadRegistry();

  struct Entry {
    ThreadInfo info;
    Kind kind;
    std::stop_source stop;
  };
  bool any_alive(bool daemons) const REQUIRES(mutex_);

  mutable Mutex mutex_{"thread registry"};
  CondVar left_;
  std::vector<Entry> entries_ GUARDED_BY(mutex_);
  std::map<std::string, ThreadTotals> ended_ GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<Thread>> launched_ GUARDED_BY(mutex_);
  int named_ GUARDED_BY(mutex_) = 0;
  ThreadExceptionHook hook_ GUARDED_BY(mutex_);
};

// Adds it to that of the threads of that name, without the number at its end.
void add_usage(std::map<std::string, ThreadTotals>& totals, const std::string& name,
               const Usage& usage);

}  // namespace weir::concurrency
