// How many CPUs there are for us, which in a container is not how many the machine has.
//
//   const int parsers = available_cpus();
//
// Thread-safe.
#pragma once

namespace weir::concurrency {

// By the affinity mask and the quota of cgroup v2, rounded up; at least 1.
int available_cpus();

}  // namespace weir::concurrency
