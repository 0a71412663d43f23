// An executor that starts a thread for each task and ends it with the task. It bounds nothing: who
// submits decides how many there are at a time.
//
//   ThreadPerTask transfers("transfer");               // transfer_0, transfer_1, ...
//   auto page = transfers.submit(download, url);
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>

#include "concurrency/executor.h"
#include "concurrency/thread.h"

namespace weir::concurrency {

class ThreadPerTask final : public Executor {
 public:
  explicit ThreadPerTask(std::string name = "task") : name_(std::move(name)) {}
  ~ThreadPerTask() override;

  // Nothing is ever queued here, so kCancelPending is the same as kWait.
  void shutdown(Shutdown how = Shutdown::kWait) override;

 private:
  // Throws std::system_error if the system refuses the thread.
  void execute(std::unique_ptr<Job> job) override;

  const std::string name_;
  Mutex mutex_{"thread per task"};
  std::list<Thread> threads_ GUARDED_BY(mutex_);  // running, or ended since the last submit
  std::uint64_t started_ GUARDED_BY(mutex_) = 0;
  bool shut_down_ GUARDED_BY(mutex_) = false;
};

}  // namespace weir::concurrency
