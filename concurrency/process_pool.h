// Worker processes of one role, started as needed, replaced when they die.
//
//   ProcessPool pool({.role = "parse-worker", .workers = 4, .bodies = &arena});
//   auto reply = pool.submit({.header = request, .body = &slab, .time_limit = 5s});
//   reply.on_done(...)   // runs on the pool's thread
//
// Tasks are given by submit(), or taken from a source by the pool's own thread, so that a stage
// made of a queue and a pool is one thread:
//
//   ProcessPool pool({.role = "parse-worker", .source = [&] { return task_of(pages.try_get()); }});
//   pages.on_item([&] { pool.wake(); });
//
// A task travels through a ring in shared memory and its body not at all; the reply is written by
// the worker into a region of its own, and checked as hostile input. Each worker has one task
// running and one ahead, and there is no other queue: submit() blocks when all places are taken.
// The pool owns one thread, which starts and supervises the workers and completes the replies.
// A worker's death strikes the task that it ran, which is tried again, `tries` times in all; the
// task ahead of it goes back free. Deaths in a row, none finishing a task between, break the pool;
// the deaths of one task count once there, so that a hostile page cannot do it.
//
// Thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "concurrency/future.h"
#include "concurrency/process.h"
#include "concurrency/queue.h"
#include "concurrency/slab_arena.h"

namespace weir::concurrency {

struct PoolReply {
  enum class Kind {
    kDone,       // `result` is what the worker wrote
    kFailed,     // its handler threw: `message`
    kTimeout,    // killed at the time limit
    kMemory,     // the worker reported that it is out of memory
    kCrash,      // its workers died, `tries` times: `exit` of the last
    kBroken,     // the pool is broken: `message`
    kCancelled,  // the pool was cancelled
  };
  Kind kind = Kind::kCancelled;
  std::string result;
  std::string message;
  ExitStatus exit;  // kTimeout, kMemory, kCrash
  pid_t worker = 0;
  int tries = 0;
  std::chrono::nanoseconds running{};  // wall time from the worker's being free to its reply
};

struct PoolTask {
  std::string header;
  const Slab* body = nullptr;                          // sealed; must stay until the reply is there
  std::optional<std::chrono::nanoseconds> time_limit;  // wall time in the worker
  Promise<PoolReply> reply;                            // for callbacks upon the future of it
};

struct ProcessPoolOptions {
  std::string role;
  std::string thread_name = "pool";
  std::size_t workers = 0;  // 0: the number of CPUs
  // Where the pool's thread takes its tasks, when a worker has a place for one: kEmpty if there is
  // none now (wake() says when to ask again), kClosed if there never will be, which closes the
  // pool. Must not block or throw.
  std::function<Got<PoolTask>()> source = nullptr;
  const SlabArena* bodies = nullptr;            // where bodies lie; must outlive the pool
  std::string init;                             // bytes for each worker at its start
  std::size_t header_bytes = 64 << 10;          // the most of one header
  std::size_t result_bytes = 16 << 20;          // the most of one result
  std::uint64_t tasks_per_worker = UINT64_MAX;  // then it is replaced
  int tries = 3;                                // of a task whose worker dies
  int deaths_in_a_row = 5;  // of different tasks, or at start: then it is broken
  std::chrono::milliseconds start_limit{10'000};  // until a new worker says hello
  std::chrono::milliseconds grace{500};  // between told and SIGTERM, and SIGTERM and SIGKILL
};

struct PoolWorkerFigures {
  std::string name;
  pid_t pid = 0;
  std::uint64_t tasks = 0;         // that it was given
  std::optional<ExitStatus> exit;  // once it has ended
};

struct ProcessPoolFigures {
  std::size_t workers = 0;  // wanted
  std::size_t alive = 0;
  std::size_t in_flight = 0;
  std::uint64_t started = 0, deaths = 0, timeouts = 0, out_of_memory = 0, retired = 0;
  std::uint64_t done = 0, retries = 0;
  std::chrono::nanoseconds cpu{};  // of all workers, past and present
  std::optional<std::string> broken;
};

class ProcessPool {
 public:
  static constexpr std::size_t kRemembered = 100;  // workers that have ended

  // Starts no process. Throws std::invalid_argument for options that make no sense.
  explicit ProcessPool(ProcessPoolOptions options);
  ~ProcessPool();  // cancel() and wait()
  ProcessPool(const ProcessPool&) = delete;
  ProcessPool& operator=(const ProcessPool&) = delete;

  // Blocks until a worker has a place. Always answers: kBroken and kCancelled are replies too
  // (kCancelled also if stop was requested while waiting or the pool is closed). Throws
  // std::length_error if the header is too long, std::logic_error if the pool has a source.
  Future<PoolReply> submit(PoolTask task, std::stop_token stop = {});
  // Empty, and the task untouched, if it would block.
  std::optional<Future<PoolReply>> try_submit(PoolTask& task);
  // The source has tasks again, or is closed. From any thread; cheap if the pool is awake.
  void wake() noexcept;

  // Takes effect as workers become free; 0 is refused by std::invalid_argument.
  void resize(std::size_t workers);
  ProcessPoolFigures figures() const;
  // One by one: the last kRemembered that have ended, then those alive.
  std::vector<PoolWorkerFigures> workers() const;

  // No more tasks; those in flight finish, then the workers are told to stop, then terminated, then
  // killed, and reaped.
  void close() noexcept;
  // The same, without waiting for tasks in flight: they are answered kCancelled. What the source
  // still has stays there.
  void cancel() noexcept;
  // Blocks until all that close() or cancel() began is over.
  void wait();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir::concurrency
