// A `weir site` in a process of its own, on loopback, for as long as the object lives.
//
//   LocalSite site({.page_bytes = 30 * 1024, .latency = 20ms});
//   fetch(site.url());
//
// Thread-compatible.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "bench/apart.h"

namespace weir::bench {

struct LocalSiteOptions {
  std::uint64_t page_bytes = 30 * 1024;
  std::chrono::milliseconds latency{0};  // before each reply
};

class LocalSite {
 public:
  explicit LocalSite(const LocalSiteOptions& options);    // throws std::runtime_error
  const std::string& url() const { return apart_.said; }  // of a page

 private:
  Apart apart_;
};

inline constexpr char kSiteRole[] = "bench-site";
int site_role(concurrency::RoleContext& role);

}  // namespace weir::bench
