// Threads with names, a registry of those alive, and an orderly end. Unlike std::thread, one can be
// waited for with a deadline, an exception that leaves it is reported and does not end the process,
// and its destructor requests the stop and joins.
//
//   Thread flusher({.name = "stats", .daemon = true}, [&](std::stop_token stop) { ... });
//   flusher.start();
//   for (const ThreadInfo& each : enumerate_threads()) print(each.name);
//
// Thread-safe.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "concurrency/mutex.h"
#include "concurrency/unique_function.h"

namespace weir::concurrency {

struct ThreadMisuse : std::logic_error {
  using std::logic_error::logic_error;
};

// Thrown to end a thread without a report. From the main function of run_app() it is the exit code.
struct QuietExit {
  int code = 0;
};

struct ThreadOptions {
  std::string name;             // empty: Thread-N; the kernel sees the first 15 bytes
  std::optional<bool> daemon;   // run_app() does not wait for it to end; default: as the creator's
  std::size_t stack_bytes = 0;  // 0: the system's default; too small a stack is refused by start()
  bool batch = false;  // SCHED_BATCH: once woken it waits for whoever computes, never preempts it
};

struct ThreadInfo {
  std::string name;
  pid_t id;  // as the kernel and `top -H` show it; 0 before the start
  bool daemon;
};

class Thread {
 public:
  // `function` takes a stop_token or nothing. Nothing runs before start().
  template <typename F>
  requires std::is_invocable_v<F&> || std::is_invocable_v<F&, std::stop_token> Thread(
      ThreadOptions options, F function)
      : Thread(std::move(options), adapt(std::move(function))) {}
  template <typename F>
  requires std::is_invocable_v<F&> || std::is_invocable_v<F&, std::stop_token>
  explicit Thread(F function) : Thread(ThreadOptions(), std::move(function)) {}

  Thread(Thread&&) noexcept = default;
  Thread& operator=(Thread&&) = delete;
  virtual ~Thread();  // request_stop(), then join()

  // Throws ThreadMisuse the second time, std::system_error if the system refuses.
  void start();
  void request_stop() noexcept;
  // Blocks until it has ended; again and by many threads, if need be. Throws ThreadMisuse before
  // start() and on itself.
  void join() { (void)join_until(kNever); }
  bool join_until(Deadline deadline, std::stop_token stop = {});  // true if it has ended

  bool is_alive() const;  // from start() until its function has ended
  ThreadInfo info() const;
  const std::string& name() const;
  bool daemon() const;

  // A thread that nobody owns: started at once, kept by the registry, joined by run_app().
  template <typename F>
  static void launch(ThreadOptions options, F function) {
    launch(std::make_unique<Thread>(std::move(options), std::move(function)));
  }
  static void launch(std::unique_ptr<Thread> thread);

 protected:
  // For subclasses that override run(). Their destructor must call end(): when this one runs, what
  // run() uses is gone.
  explicit Thread(ThreadOptions options);
  virtual void run(std::stop_token stop);
  void end() noexcept;

 private:
  struct State;
  using Function = UniqueFunction<void(std::stop_token)>;

  template <typename F>
  static Function adapt(F function) {
    if constexpr (std::is_invocable_v<F&, std::stop_token>) {
      return function;
    } else {
      return [function = std::move(function)](const std::stop_token&) mutable { function(); };
    }
  }
  Thread(ThreadOptions options, Function function);

  std::shared_ptr<State> state_;
};

// The threads alive: the main thread, every started Thread, every foreign thread while registered.
std::vector<ThreadInfo> enumerate_threads();
std::size_t active_count();
// Of the calling thread; a foreign one that is not registered goes by its kernel name.
ThreadInfo current_thread();

// Registers a thread that was made by other means (a library's) for a scope.
class RegisteredThread {
 public:
  explicit RegisteredThread(std::string name);
  ~RegisteredThread();
  RegisteredThread(const RegisteredThread&) = delete;
  RegisteredThread& operator=(const RegisteredThread&) = delete;

 private:
  const ThreadInfo info_;
};

// Gets what leaves a thread, on that thread. The default reports "Exception in thread NAME: what".
using ThreadExceptionHook = std::function<void(std::exception_ptr, const ThreadInfo&)>;
ThreadExceptionHook set_thread_exception_hook(ThreadExceptionHook hook);

}  // namespace weir::concurrency
