// The outcome of work that is done elsewhere, now or later: one side has the Promise, the other the
// Future, which can be waited for, asked to cancel, or given callbacks.
//
//   Promise<Page> promise;
//   Future<Page> page = promise.future();
//   page.on_done([&](Future<Page> done) { inbox.put(std::move(done).get()); });
//   promise.set_value(Page{...});                     // runs the callback
//
// wait() and as_completed() for many futures are in concurrency/wait.h. Thread-safe; copies of a
// Future share one outcome.
#pragma once

#include <concepts>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "concurrency/future_core.h"

namespace weir::concurrency {

template <typename T>
class Future;

namespace internal {

template <typename T>
struct FutureValue final : FutureCore {
  static_assert(!std::is_reference_v<T>, "a future holds a value; use a pointer");
  std::optional<std::conditional_t<std::is_void_v<T>, std::monostate, T>> value;
};

}  // namespace internal

// What one look saw. `value` lives as long as a Future of it does; null unless kReady, or for void.
template <typename T>
struct FutureSnapshot {
  FutureState state;
  const T* value;
  std::exception_ptr error;  // kFailed only
};

template <typename T>
class Promise {
 public:
  Promise() : core_(std::make_shared<internal::FutureValue<T>>()) {}
  Promise(Promise&&) noexcept = default;
  Promise& operator=(Promise&& other) noexcept {
    Promise old(std::move(*this));
    core_ = std::move(other.core_);
    return *this;
  }
  // Completes a future that has no outcome with BrokenPromise.
  ~Promise() {
    if (core_) core_->abandon();
  }

  Future<T> future() const { return Future<T>(core_); }

  // Call it before the work: from then on cancel() no longer completes the future, it only requests
  // the stop, and the outcome is for this side to give. False: cancelled already, do nothing.
  bool start() { return core_->start(); }
  // Requested by cancel().
  std::stop_token stop_token() const { return core_->stop_token(); }

  // Each gives the outcome, wakes the waiters and runs the callbacks before it returns. Throws
  // InvalidState if there is an outcome, which stays.
  template <typename... Args>
  requires(std::is_void_v<T> ? sizeof...(Args) == 0
                             : sizeof...(Args) == 1) void set_value(Args&&... value) {
    core_->succeed([&] { core_->value.emplace(std::forward<Args>(value)...); });
  }
  void set_exception(std::exception_ptr error) { core_->fail(std::move(error)); }
  void set_cancelled() { core_->finish_cancelled(); }

 private:
  template <typename>
  friend class PromiseTask;
  std::shared_ptr<internal::FutureValue<T>> core_;
};

template <typename T>
class Future {
 public:
  Future() noexcept = default;  // valid() is false, and nothing else may be called
  bool valid() const noexcept { return core_ != nullptr; }

  FutureState state() const { return core_->state(); }
  bool done() const { return core_->done(); }
  bool running() const { return state() == FutureState::kRunning; }
  bool cancelled() const { return state() == FutureState::kCancelled; }
  FutureSnapshot<T> snapshot() const;

  // Pending: completes it as cancelled, returns true. Running: requests its stop_token and returns
  // false; the task decides. Done: true if it was cancelled.
  bool cancel() const { return core_->cancel(); }

  // Blocks until done; false if the deadline passed or the stop was requested first.
  bool wait(std::stop_token stop = {}) const { return core_->wait_until(kNever, std::move(stop)); }
  bool wait_until(Deadline deadline, std::stop_token stop = {}) const {
    return core_->wait_until(deadline, std::move(stop));
  }

  // Blocks for the value. Throws TimedOut, Cancelled, or what the task threw. On an lvalue it is a
  // reference that lives as long as a Future of it does; `std::move(future).get()` moves the value
  // out, which one reader may do, once.
  decltype(auto) get(Deadline deadline = kNever) const& {
    core_->wait_ready(deadline);
    if constexpr (!std::is_void_v<T>) return std::as_const(*core_->value);
  }
  T get(Deadline deadline = kNever) && {
    core_->wait_ready(deadline);
    if constexpr (!std::is_void_v<T>) return std::move(*core_->value);
  }
  // Blocks; null for a value. Throws TimedOut or Cancelled.
  std::exception_ptr error(Deadline deadline = kNever) const {
    if (!core_->wait_until(deadline)) throw TimedOut("the future is not done in time");
    if (cancelled()) throw Cancelled();
    return core_->error();
  }

  // Runs `callback(Future<T>)` once, when done, whatever the outcome: on the completing thread (so
  // let it be cheap), in the order of adding, without locks held; at once, here, if done already.
  // What it throws is reported and dropped. With an executor it always runs there.
  template <typename F>
  CallbackId on_done(F callback) const {
    check_arity<F>();
    return core_->on_done([call = std::move(callback)](const auto& core) mutable {
      call(Future(std::static_pointer_cast<internal::FutureValue<T>>(core)));
    });
  }
  template <typename F>
  CallbackId on_done(Executor& executor, F callback) const {
    check_arity<F>();
    return on_done([&executor, call = std::move(callback)](Future done) mutable {
      internal::run_on(executor, [call = std::move(call), done]() mutable { call(done); });
    });
  }
  // False if there is no such callback, or it is running or ran.
  bool remove(CallbackId id) const { return core_->remove(id); }
  std::size_t callbacks() const { return core_->callbacks(); }

  // Runs the task on this thread if it is queued in this thread's own pool. Every wait does it
  // first.
  void help() const { core_->help(); }

  // Equal futures share one outcome; id() is the same for them, and for no other that lives.
  const void* id() const noexcept { return core_.get(); }
  friend bool operator==(const Future&, const Future&) = default;

 private:
  template <typename>
  friend class Promise;
  explicit Future(std::shared_ptr<internal::FutureValue<T>> core) noexcept
      : core_(std::move(core)) {}

  template <typename F>
  static constexpr void check_arity() {
    static_assert(std::invocable<F&, Future>,
                  "a done-callback takes exactly one parameter: the future");
  }

  std::shared_ptr<internal::FutureValue<T>> core_;
};

template <typename T>
FutureSnapshot<T> Future<T>::snapshot() const {
  const FutureState seen = state();
  const T* value = nullptr;
  if constexpr (!std::is_void_v<T>)
    if (seen == FutureState::kReady) value = &*core_->value;
  return {seen, value, seen == FutureState::kFailed ? core_->error() : nullptr};
}

}  // namespace weir::concurrency
