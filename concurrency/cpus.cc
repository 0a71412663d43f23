#include "concurrency/cpus.h"

#include <sched.h>

#include <algorithm>
#include <fstream>

namespace weir::concurrency {

namespace {

// "max 100000" (no quota) or "150000 100000": microseconds of CPU per period.
int quota_cpus(int otherwise) {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  long quota = 0;
  long period = 0;
  if (!(file >> quota >> period) || quota <= 0 || period <= 0) return otherwise;
  return static_cast<int>(std::min<long>((quota + period - 1) / period, otherwise));
}

}  // namespace

int available_cpus() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  const bool known = sched_getaffinity(0, sizeof mask, &mask) == 0;
  return std::max(1, quota_cpus(known ? CPU_COUNT(&mask) : 1));
}

}  // namespace weir::concurrency
