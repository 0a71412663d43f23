// A site of hazards for the soak: what each URL does follows from its number, and so does the
// outcome that its fetch must have.
//
//   const Hazard hazard = hazard_of(seed, 17);
//   url_of(hazard, 17, port)                  // http://h17.example:8080/slow/17
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "concurrency/process.h"
#include "fetch/fetcher.h"

namespace weir {

inline constexpr int kSoakHosts = 100;                  // h0.example to h99.example
inline constexpr std::size_t kSoakMaxBody = 256 << 10;  // to be set, and the limits below
inline constexpr std::size_t kSoakMaxHeaders = 50;
// Far above what a machine that is slow now and then adds to a reply.
inline constexpr std::chrono::milliseconds kSoakFirstByte{4000};
inline constexpr std::chrono::milliseconds kSoakTimeout{8000};
inline constexpr std::chrono::milliseconds kSoakWindow{3000};  // of the lowest speed

struct Hazard {
  std::string_view name;
  int weight;  // of 1,000 URLs
  fetch::FetchOutcome outcome;
};
const Hazard& hazard_of(std::uint64_t seed, std::uint64_t number);
const Hazard& hazard_named(std::string_view name);  // throws std::out_of_range

std::string url_of(const Hazard& hazard, std::uint64_t number, int port);
std::size_t body_of(std::uint64_t number);  // bytes of the body of an ordinary page

// Serves them on a port of loopback, which it says over its channel, until its parent ends.
int soak_site_role(concurrency::RoleContext& role);

}  // namespace weir
