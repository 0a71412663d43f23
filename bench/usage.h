// What the calling process has used so far.
//
//   const ProcessUse before = ProcessUse::now();
//   ... (ProcessUse::now() - before).cpu_us ...
//
// Thread-safe.
#pragma once

#include <sys/resource.h>

#include <cstddef>
#include <vector>

namespace weir::bench {

struct ProcessUse {
  double cpu_us = 0;       // user and system, of all threads
  double voluntary = 0;    // context switches: it waited
  double involuntary = 0;  // it was made to wait

  static ProcessUse now(int who = RUSAGE_SELF);
  ProcessUse operator-(const ProcessUse& before) const;
};

// Resident memory of this process in bytes: now, and the most it ever was.
struct Resident {
  std::size_t now = 0, peak = 0;
};
Resident resident();

double median(std::vector<double> values);  // Requires: not empty

}  // namespace weir::bench
