// Google Benchmark inside a command: runs what was registered with BENCHMARK() and gives back the
// medians of each benchmark's repetitions.
//
//   run_micro("^queue/", {.seconds = 0.1}, [&](const std::string& name, Json figures) {...});
//
// Thread-bound.
#pragma once

#include <functional>
#include <string>

#include "bench/flags.h"
#include "bench/report.h"

namespace weir::bench {

struct MicroOptions {
  double seconds = 0.1;  // at least, for each repetition
  std::uint64_t repetitions = 5;
  bool json = false;
};
void add_micro_flags(CLI::App& app, MicroOptions& options);

// Calls `each` as soon as a benchmark is through, with "time_ns" (wall time of an iteration),
// "item_ns" where it counts items, and its counters; or with "error".
void run_micro(const std::string& filter, const MicroOptions& options,
               const std::function<void(const std::string& name, Json figures)>& each);

}  // namespace weir::bench
