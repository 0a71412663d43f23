// The worker's side of a ProcessPool: the body of its role.
//
//   int parse_role(RoleContext& role) {
//     return serve_pool(role, {.before_serving = [](PoolWorker& w) { w.arm_sandbox(512 << 20); },
//                              .handle = [](auto header, auto body, ResultWriter& out) {...}});
//   }
//
// Requests and bodies are mapped read-only; only the result region can be written. Death at any
// point loses nothing: the pool finds out by pidfd.
//
// Thread-bound.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "concurrency/process.h"
#include "concurrency/sandbox.h"

namespace weir::concurrency {

// Exit code by which a worker says that it ran out of memory: the task ends as kMemory.
inline constexpr int kOutOfMemoryExitCode = 86;

// Where a result is written: straight into memory that the pool reads.
class ResultWriter {
 public:
  explicit ResultWriter(std::span<char> room) : room_(room) {}
  // False, and nothing written, if it does not fit.
  [[nodiscard]] bool append(std::string_view bytes) noexcept;
  // What is left to write into by hand; then commit what was used of it.
  std::span<char> room() const noexcept { return room_.subspan(size_); }
  void commit(std::size_t bytes);
  void clear() noexcept { size_ = 0; }
  std::size_t size() const noexcept { return size_; }

 private:
  std::span<char> room_;
  std::size_t size_ = 0;
};

class PoolWorker {
 public:
  virtual ~PoolWorker() = default;
  // The pool's initializer bytes.
  virtual std::string_view init() const noexcept = 0;
  // The pool's own sandbox for this worker: its two descriptors, and RLIMIT_DATA of `memory` bytes.
  virtual SandboxReport arm_sandbox(std::size_t memory) = 0;
};

struct PoolWorkerHooks {
  // After everything is mapped, before the first task: warm up, then arm the sandbox. An exception
  // ends the worker with exit code 1, which the pool counts as a death at start.
  std::function<void(PoolWorker&)> before_serving;
  // One task. `body` is followed by a NUL. An exception fails this task alone (kFailed, with its
  // message), std::bad_alloc ends the worker (kMemory).
  std::function<void(std::string_view header, std::string_view body, ResultWriter& out)> handle;
};

// Serves until the pool says stop; its value is the role's exit code.
int serve_pool(RoleContext& role, const PoolWorkerHooks& hooks);

// Ends this worker now, as out of memory. Safe in any state, in the sandbox too.
[[noreturn]] void exit_out_of_memory() noexcept;

}  // namespace weir::concurrency
