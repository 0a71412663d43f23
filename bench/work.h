// Threads against processes, for work that computes and for work that waits: what Python's global
// lock is about, with a mutex in its place.
//
//   measure_work(options, report);      // two tables
//
// Thread-bound.
#pragma once

#include "bench/micro.h"
#include "bench/report.h"

namespace weir::bench {

void measure_work(const MicroOptions& options, Report& report);

}  // namespace weir::bench
