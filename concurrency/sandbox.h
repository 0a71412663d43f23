// Takes from this process everything but computing: for code that reads hostile bytes.
//
//   // after opening, mapping and warming up all that will ever be needed
//   SandboxReport report = arm_sandbox({.memory = 512 << 20, .readable = {wake}, .writable =
//   {done}});
//
// No new privileges, not traceable, resource limits, then a seccomp allow-list: read and write on
// the named descriptors, close, futex, exit, the memory calls of malloc without PROT_EXEC, the
// clock. Anything else kills the process with SIGSYS. abort() needs more than that and so ends in
// SIGSYS too. Cannot be undone.
//
// Thread-bound: one thread, before any other starts.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace weir::concurrency {

struct SandboxLimits {
  std::size_t memory = 0;                   // RLIMIT_DATA in bytes, what is held already included
  std::optional<std::chrono::seconds> cpu;  // of the whole process, a backstop
  std::vector<int> readable;                // the only descriptors it may read
  std::vector<int> writable;                // the only descriptors it may write
};

struct SandboxReport {
  bool armed = false;  // false: the build is sanitized, and only what a sanitizer bears was done
  std::string note;
};

// Throws std::system_error if the kernel refuses.
SandboxReport arm_sandbox(const SandboxLimits& limits);

}  // namespace weir::concurrency
