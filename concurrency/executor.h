// Where work runs. Submitting is the same for all: inline, on a thread of its own, or in a pool.
//
//   ThreadPool pool({.threads = 8});
//   Future<Page> page = pool.submit([](const std::string& url) { return fetch(url); }, url);
//   const Page& first = page.get();
//
// Thread-safe.
#pragma once

#include <atomic>
#include <memory>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>

#include "concurrency/future.h"

namespace weir::concurrency {

struct ExecutorShutDown : std::logic_error {
  ExecutorShutDown() : std::logic_error("submitted to an executor that was shut down") {}
};
struct BrokenExecutor : std::runtime_error {
  using std::runtime_error::runtime_error;
};

enum class Shutdown {
  kWait,           // run all that is queued, then return
  kNoWait,         // return at once; what is queued still runs, the destructor waits for it
  kCancelPending,  // cancel what is queued, wait for what is running
};

// A piece of work on its way through an executor. Exactly one of its functions is called, once; a
// job dropped uncalled breaks its promise.
class Job {
 public:
  virtual ~Job() = default;
  virtual void run() noexcept = 0;
  virtual void cancel() noexcept = 0;
  virtual void fail(std::exception_ptr error) noexcept = 0;
  virtual internal::FutureCore* future() noexcept = 0;
};

class Executor {
 public:
  virtual ~Executor() = default;

  // Runs function(args...), or function(stop_token, args...) if it takes one: requested when its
  // future is cancelled while running. Function and arguments are kept by value, and destroyed
  // before the future completes. What it throws becomes the outcome; Cancelled makes it cancelled.
  // Throws ExecutorShutDown after shutdown.
  template <typename F, typename... Args>
  auto submit(F&& function, Args&&... args);

  // Runs `call` without a future; what it throws is reported.
  void post(UniqueFunction<void()> call);

  // No more submits; idempotent, and a later call may be stricter. Destructors do it with kWait.
  virtual void shutdown(Shutdown how = Shutdown::kWait) = 0;

 protected:
  virtual void execute(std::unique_ptr<Job> job) = 0;
  // Whom a worker of this executor asks before it waits for a future of it; null: nobody.
  virtual internal::WaitHelper* helper() noexcept { return nullptr; }
};

// Runs everything at once on the submitting thread: the oracle for tests of the others.
class InlineExecutor final : public Executor {
 public:
  void shutdown(Shutdown how = Shutdown::kWait) override;

 private:
  void execute(std::unique_ptr<Job> job) override;
  std::atomic<bool> shut_down_{false};
};

template <typename Result>
class PromiseTask final : public Job {
 public:
  using Call = UniqueFunction<Result(const std::stop_token&)>;
  explicit PromiseTask(Call call) : call_(std::move(call)) {}
  Future<Result> future_of() const { return promise_.future(); }

  void run() noexcept override;
  void cancel() noexcept override { promise_.future().cancel(); }
  void fail(std::exception_ptr error) noexcept override {
    if (promise_.start()) promise_.set_exception(std::move(error));
  }
  internal::FutureCore* future() noexcept override { return promise_.core_.get(); }

 private:
  Call call_;
  Promise<Result> promise_;
};

template <typename F, typename... Args>
auto Executor::submit(F&& function, Args&&... args) {
  using Function = std::decay_t<F>;
  constexpr bool kStoppable =
      std::is_invocable_v<Function&, std::stop_token, std::decay_t<Args>...>;
  auto call = [function = Function(std::forward<F>(function)),
               args = std::tuple<std::decay_t<Args>...>(std::forward<Args>(args)...)](
                  [[maybe_unused]] const std::stop_token& stop) mutable {
    if constexpr (kStoppable) {
      return std::apply([&](auto&... each) { return function(stop, std::move(each)...); }, args);
    } else {
      return std::apply([&](auto&... each) { return function(std::move(each)...); }, args);
    }
  };
  using Result = decltype(call(std::declval<const std::stop_token&>()));
  auto task = std::make_unique<PromiseTask<Result>>(std::move(call));
  task->future()->set_helper(helper());
  Future<Result> future = task->future_of();
  execute(std::move(task));
  return future;
}

template <typename Result>
void PromiseTask<Result>::run() noexcept {
  if (!promise_.start()) return;
  try {
    if constexpr (std::is_void_v<Result>) {
      call_(promise_.stop_token());
      call_ = nullptr;
      promise_.set_value();
    } else {
      Result result = call_(promise_.stop_token());
      call_ = nullptr;
      promise_.set_value(std::move(result));
    }
  } catch (const Cancelled&) {
    call_ = nullptr;
    promise_.set_cancelled();
  } catch (...) {
    call_ = nullptr;
    promise_.set_exception(std::current_exception());
  }
}

}  // namespace weir::concurrency
