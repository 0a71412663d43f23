#include "concurrency/app.h"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <utility>
#include <vector>

#include "concurrency/report.h"
#include "concurrency/thread_registry.h"

namespace weir::concurrency {

namespace {

class ExitHandlers {
 public:
  void open() {
    const MutexLock lock(mutex_);
    running_ = false;
  }

  void add(UniqueFunction<void()> handler) {
    const MutexLock lock(mutex_);
    if (running_) throw ThreadMisuse("an exit handler was registered during the exit");
    handlers_.push_back(std::move(handler));
  }

  void run() {
    std::vector<UniqueFunction<void()>> due;
    {
      const MutexLock lock(mutex_);
      running_ = true;
      due.swap(handlers_);
    }
    for (; !due.empty(); due.pop_back()) {
      try {
        due.back()();
      } catch (...) {
        report("exception in an exit handler: " + describe(std::current_exception()));
      }
    }
  }

 private:
  Mutex mutex_{"exit handlers"};
  std::vector<UniqueFunction<void()>> handlers_ GUARDED_BY(mutex_);
  bool running_ GUARDED_BY(mutex_) = false;
};

ExitHandlers& exit_handlers() {
  static ExitHandlers& it = *new ExitHandlers;
  return it;
}

}  // namespace

int run_app(UniqueFunction<int()> main_function, Clock::duration grace) {
  ThreadRegistry& registry = ThreadRegistry::instance();
  exit_handlers().open();
  int code = 1;
  try {
    code = main_function();
  } catch (const QuietExit& exit) {
    code = exit.code;
  } catch (...) {
    registry.uncaught(std::current_exception(), current_thread());
  }
  registry.wait_for_foreground();
  exit_handlers().run();
  if (!registry.stop_daemons(after(grace))) {
    std::fflush(nullptr);
    std::_Exit(code);
  }
  registry.join_launched();  // they have left the registry, but may still be on their last steps
  return code;
}

void at_app_exit(UniqueFunction<void()> handler) { exit_handlers().add(std::move(handler)); }

}  // namespace weir::concurrency
