#include "concurrency/executor.h"

#include "concurrency/report.h"

namespace weir::concurrency {

namespace internal {

void run_on(Executor& executor, UniqueFunction<void()> call) { executor.post(std::move(call)); }

}  // namespace internal

void Executor::post(UniqueFunction<void()> call) {
  (void)submit([call = std::move(call)]() mutable {
    try {
      call();
    } catch (...) {
      report("exception in a posted call: " + describe(std::current_exception()));
    }
  });
}

void InlineExecutor::shutdown(Shutdown) { shut_down_ = true; }

void InlineExecutor::execute(std::unique_ptr<Job> job) {
  if (shut_down_) throw ExecutorShutDown();
  job->run();
}

}  // namespace weir::concurrency
