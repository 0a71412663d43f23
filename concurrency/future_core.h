// What every Future shares whatever its type: the states, the waiters, the callbacks. Use
// concurrency/future.h; this is the part of it that needs no template.
//
//   pending --start--> running --> ready | failed | cancelled
//      \--cancel--> cancelled         (or straight from pending, by a promise that never starts)
//
// Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <vector>

#include "concurrency/mutex.h"
#include "concurrency/unique_function.h"

namespace weir::concurrency {

class Executor;

enum class FutureState { kPending, kRunning, kReady, kFailed, kCancelled };

struct InvalidState : std::logic_error {  // a second outcome, a second start: misuse
  using std::logic_error::logic_error;
};
struct Cancelled : std::runtime_error {  // thrown by get(); thrown by a task, it ends as cancelled
  Cancelled() : std::runtime_error("cancelled") {}
};
struct BrokenPromise : std::runtime_error {
  BrokenPromise() : std::runtime_error("the promise was dropped without an outcome") {}
};
struct TimedOut : std::runtime_error {
  using std::runtime_error::runtime_error;
};

using CallbackId = std::uint64_t;

namespace internal {

class FutureCore;

// A worker that is about to wait for a future of its own pool runs the task itself instead, if it
// is still queued: else a pool whose workers all wait would never wake.
class WaitHelper {
 public:
  virtual void run_queued(FutureCore& awaited) = 0;
  static thread_local constinit WaitHelper* of_this_thread;

 protected:
  ~WaitHelper() = default;
};

class FutureCore : public std::enable_shared_from_this<FutureCore> {
 public:
  using Callback = UniqueFunction<void(const std::shared_ptr<FutureCore>&)>;

  virtual ~FutureCore() = default;

  FutureState state() const;
  bool done() const { return state() >= FutureState::kReady; }
  // Requires: done() was seen.
  std::exception_ptr error() const;

  bool start();   // false if cancelled; throws InvalidState if started or done
  bool cancel();  // true if it is cancelled now; asks a running task to stop
  void fail(std::exception_ptr error);
  void finish_cancelled();
  void abandon();  // fails with BrokenPromise if there is no outcome
  // Makes `store` put the value in place, under the lock, unless there is an outcome already.
  template <typename Store>
  void succeed(Store store) {
    MutexLock lock(mutex_);
    check_open();
    store();
    settle(FutureState::kReady, lock);
  }

  // True once done.
  bool wait_until(Deadline deadline, std::stop_token stop = {});
  // Throws TimedOut unless done in time, Cancelled, or the task's exception.
  void wait_ready(Deadline deadline);

  CallbackId on_done(Callback callback);
  bool remove(CallbackId id);
  std::size_t callbacks() const;

  std::stop_token stop_token() const { return stop_.get_token(); }
  void set_helper(WaitHelper* helper) noexcept { helper_ = helper; }  // before it is shared
  void help();  // runs the task here if this thread's own pool has it queued

 private:
  struct Registered {
    CallbackId id;
    Callback run;
  };

  void check_open() const REQUIRES(mutex_);
  // Wakes the waiters, then lets go of the lock and calls the callbacks in their order.
  void settle(FutureState outcome, MutexLock& lock) NO_THREAD_SAFETY_ANALYSIS;
  void call(Callback& callback) noexcept;

  mutable Mutex mutex_{"future"};
  CondVar settled_;
  FutureState state_ GUARDED_BY(mutex_) = FutureState::kPending;
  std::exception_ptr error_ GUARDED_BY(mutex_);
  std::vector<Registered> callbacks_ GUARDED_BY(mutex_);
  CallbackId next_id_ GUARDED_BY(mutex_) = 1;
  std::stop_source stop_;
  WaitHelper* helper_ = nullptr;
};

// Has `executor` run `call`; here, so that future.h need not know what an Executor is.
void run_on(Executor& executor, UniqueFunction<void()> call);

}  // namespace internal

}  // namespace weir::concurrency
