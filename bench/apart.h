// Processes that measure and processes that are measured against: so that CPU, context switches and
// memory are each one's alone.
//
//   int io_role(RoleContext& role) { return answer_apart(role, measure_transfers); }   // the child
//   Json figures = measure_apart("bench-io", {{"model", "select"}});                   // the
//   parent
//
// Thread-safe.
#pragma once

#include <string>

#include "bench/report.h"
#include "concurrency/process.h"

namespace weir::bench {

// A child and all that it said before it closed its pipe; it may go on after that, as a server
// does.
struct Apart {
  concurrency::Process process;
  std::string said;
};
Apart start_apart(const std::string& role, const Json& spec);

// The child's side: what it was told, and its answer.
Json told(const concurrency::RoleContext& role);
void say(const concurrency::RoleContext& role, const std::string& text);

// What the role's function returned. One that threw gives {"error": what()}, and so does a child
// that died.
Json measure_apart(const std::string& role, const Json& spec);
// The body of such a role; its value is the exit code.
int answer_apart(concurrency::RoleContext& role, Json (*measure)(const Json& spec));

}  // namespace weir::bench
