#include "concurrency/usage.h"

#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "concurrency/thread_registry.h"

namespace weir::concurrency {
namespace {

std::optional<Usage> usage_at(const std::string& folder) {
  std::ifstream stat_file(folder + "/stat");
  std::string stat;
  if (!std::getline(stat_file, stat)) return std::nullopt;
  Usage usage;
  unsigned long user = 0, system = 0;
  // The name, in brackets, may hold anything; ten fields stand between the state and the times.
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos ||
      std::sscanf(stat.c_str() + name_end + 1,
                  " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lu %lu", &usage.state, &user,
                  &system) != 3)
    return std::nullopt;
  static const long kTicks = ::sysconf(_SC_CLK_TCK);
  usage.cpu = std::chrono::nanoseconds(std::chrono::seconds(user + system)) / kTicks;
  std::ifstream status(folder + "/status");
  for (std::string line; std::getline(status, line);) {
    unsigned long long number = 0;
    if (std::sscanf(line.c_str(), "VmHWM: %llu", &number) == 1) usage.peak_rss = number * 1024;
    if (std::sscanf(line.c_str(), "voluntary_ctxt_switches: %llu", &number) == 1)
      usage.voluntary_switches = number;
    if (std::sscanf(line.c_str(), "nonvoluntary_ctxt_switches: %llu", &number) == 1)
      usage.involuntary_switches = number;
  }
  return usage;
}

}  // namespace

const char* state_name(char state) {
  switch (state) {
    case 'R':
      return "running";
    case 'S':
    case 'I':
      return "waiting";
    case 'D':
      return "waiting for a device";
    case 'T':
    case 't':
      return "stopped";
    case 'Z':
    case 'X':
      return "ended";
    default:
      return "unknown";
  }
}

std::optional<Usage> usage_of_thread(pid_t id) {
  return usage_at("/proc/self/task/" + std::to_string(id));
}
std::optional<Usage> usage_of_process(pid_t pid) {
  return usage_at("/proc/" + std::to_string(pid));
}

std::map<std::string, ThreadTotals> thread_totals() {
  std::map<std::string, ThreadTotals> totals = ThreadRegistry::instance().ended();
  for (const ThreadInfo& each : enumerate_threads())
    if (const auto usage = usage_of_thread(each.id)) add_usage(totals, each.name, *usage);
  return totals;
}

}  // namespace weir::concurrency
