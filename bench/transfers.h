// Fetching one URL again and again through an IO model, and what that costs: in a process apart.
//
//   Transfers cost = measure_transfers({.url = site.url(), .model = "select", .at_once = 100});
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/apart.h"

namespace weir::bench {

// The names of --io, in the order in which they are compared; and libcurl alone, two ways
// (fetch/baseline.h), which need a number of pages. The second fetches one at a time.
const std::vector<std::string>& io_models();
inline constexpr char kBare[] = "bare";
inline constexpr char kCurlDefault[] = "curl";

struct TransferSpec {
  std::string url;
  std::string model = "coroutines";
  std::uint64_t at_once = 32;
  std::uint64_t pages = 0;  // 0: as many as the time allows
  double seconds = 0;       // 0: as long as the pages take
  std::string ca_file;      // to trust, for https
};

// {"pages", "pages_per_s", "cpu_us", "voluntary", "involuntary" (these three a page),
// "memory" (bytes)}, or {"error"}.
Json measure_transfers(const TransferSpec& spec);

inline constexpr char kTransfersRole[] = "bench-transfers";
int transfers_role(concurrency::RoleContext& role);

}  // namespace weir::bench
