// The role of a parser worker: this executable started again, with nothing but bytes to compute on.
//
//   run_role_if_asked(argc, argv, {{kWorkerRole, run_worker}});        // first thing in main
//   ProcessPool pool({.role = std::string(kWorkerRole), .init = worker_init(settings.parse)});
//
// A task's header is encode_request(), its body the page as it came, its result encode_facts().
// The worker is sandboxed before it sees the first byte of a page: it can read its requests, write
// its results, and nothing else (concurrency/sandbox.h). A page whose tree outgrows the memory is a
// result of kMemory, like any other.
//
// Thread-bound.
#pragma once

#include <string>
#include <string_view>

#include "config/settings.h"

namespace weir::concurrency {
class RoleContext;
}

namespace weir::parse {

inline constexpr std::string_view kWorkerRole = "parse-worker";

// What a worker has to know before its first page; the `init` of its pool. Requires: the settings'
// selectors are good (find_bad_extract()).
std::string worker_init(const config::ParseSettings& settings);

int run_worker(concurrency::RoleContext& role);

}  // namespace weir::parse
