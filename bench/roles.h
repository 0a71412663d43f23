// The roles that benchmarks start weir-bench again in, all of them in main().
//
// Thread-bound, each in a process of its own.
#pragma once

#include "concurrency/process.h"

namespace weir::bench {

inline constexpr char kNothingRole[] = "bench-nothing";  // ends at once
int nothing_role(concurrency::RoleContext& role);
inline constexpr char kEchoRole[] = "bench-echo";  // sends back what comes over its channel
int echo_role(concurrency::RoleContext& role);
inline constexpr char kAnswerRole[] = "bench-answer";  // of a pool: 2 KB of the body
int answer_role(concurrency::RoleContext& role);
inline constexpr char kWorkRole[] = "bench-work";  // of a pool: computes or waits
int work_role(concurrency::RoleContext& role);

}  // namespace weir::bench
