// What threads and processes have used so far, as the kernel tells it.
//
//   for (const ThreadInfo& each : enumerate_threads()) {
//     if (const auto usage = usage_of_thread(each.id)) print(each.name, usage->state);
//   }
//
// A switch is voluntary when the thread had to wait (for IO, a lock, another thread), and
// involuntary when its time slice was over or something more urgent was ready. Thread-safe.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace weir::concurrency {

struct Usage {
  char state = '?';                      // as proc(5): R, S, D, T, Z, ...
  std::chrono::nanoseconds cpu{};        // user and system; of the living to 10 ms
  std::uint64_t voluntary_switches = 0;  // of a process: of its first thread
  std::uint64_t involuntary_switches = 0;
  std::size_t peak_rss = 0;  // bytes, of the whole process
};

// "running", "waiting", "waiting for a device", "stopped", "ended", or "unknown": R is both
// running and ready to run.
const char* state_name(char state);

// Empty if there is no such thread in this process, or no such process (any more).
std::optional<Usage> usage_of_thread(pid_t id);
std::optional<Usage> usage_of_process(pid_t pid);

struct ThreadTotals {
  std::uint64_t threads = 0;
  Usage usage;  // summed; the state and the peak mean nothing
};
// What the threads of this process have used, those that have ended included, by their names
// without a number at the end: the main thread, every Thread, foreign ones while registered.
std::map<std::string, ThreadTotals> thread_totals();

}  // namespace weir::concurrency
