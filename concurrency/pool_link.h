// The pool's end of one worker: the process, the memory between them, and the tasks it holds.
// Private to ProcessPool.
//
// Thread-compatible; ProcessPool's lock guards all of it but collect()'s copying.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "concurrency/deadline.h"
#include "concurrency/pool_ring.h"
#include "concurrency/process.h"
#include "concurrency/process_pool.h"
#include "concurrency/shared_memory.h"
#include "concurrency/unique_fd.h"

namespace weir::concurrency {

// A task on its way, with what a retry needs.
struct PoolJob {
  explicit PoolJob(PoolTask task);

  std::string header;
  std::uint64_t slot = ring::kNoBody;
  std::uint64_t body_bytes = 0;
  std::optional<std::chrono::nanoseconds> time_limit;
  Promise<PoolReply> promise;
  int tries = 0;             // times that its worker died
  std::uint64_t struck = 0;  // the row of deaths that it has counted in
};

class PoolLink {
 public:
  enum class Phase { kStarting, kReady, kRetiring, kTold, kTerminated, kKilled };

  // Starts the worker. Throws ProcessError or std::system_error.
  PoolLink(const ProcessPoolOptions& options, std::uint64_t id);

  bool has_place() const { return phase == Phase::kReady && jobs.size() < ring::kDepth; }
  bool idle() const { return phase == Phase::kReady && jobs.empty(); }
  bool said_hello() const;
  int done_fd() const { return done_.get(); }

  // Requires: has_place().
  void push(std::unique_ptr<PoolJob> job);
  struct Reply {
    std::unique_ptr<PoolJob> job;
    PoolReply reply;
  };
  // The next result, if there is one. kCrash without a job if the worker broke the protocol.
  bool has_result() const;
  std::optional<Reply> take_result();
  // The number of the sleep that the worker is to wake the pool from for a result, or 0. Look at
  // has_result() after a number.
  void say_asleep(std::uint64_t sleep) { page().asleep = sleep; }
  // Says stop; the worker leaves once its task is done.
  void tell_to_stop();
  // When its running task, its start or its ending is due.
  Deadline due() const;
  PoolWorkerFigures figures() const;

  const std::uint64_t id;
  Process process;
  Phase phase = Phase::kStarting;
  std::deque<std::unique_ptr<PoolJob>> jobs;  // the first is running
  std::uint64_t accepted = 0;                 // tasks ever
  Deadline since;                             // of the phase, or of the running task
  Deadline phase_due = kNever;
  const PoolJob* out_of_time = nullptr;  // the task that we killed it for
  bool hostile = false;                  // it broke the protocol

 private:
  ring::RequestPage& page() { return *reinterpret_cast<ring::RequestPage*>(requests_.data()); }
  const ring::ResultPage& results() const {
    return *reinterpret_cast<const ring::ResultPage*>(results_.data());
  }
  void wake();

  std::size_t init_bytes_, header_room_, result_room_;
  SharedMemory requests_, results_;
  UniqueFd wake_, done_;
  std::uint64_t completed_ = 0;
  std::uint64_t woken_from_ = 0;  // the last sleep of the worker that it was woken from
};

}  // namespace weir::concurrency
