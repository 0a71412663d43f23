// What lies in the memory between a ProcessPool and one of its workers. Private to both sides.
//
//   requests   pool writes, worker maps read-only:  RequestPage | init | header 0 | header 1
//   results    worker writes, pool trusts nothing:  ResultPage | result 0 | result 1
//
// Task n uses entry n % 2. The pool submits n + 2 only after it has taken result n, so neither side
// overwrites what the other still reads. A side sleeps on its eventfd, and says so before: `asleep`
// is set to the number of this sleep (from 1; 0 is awake), then what it waits for is looked at once
// more. So the other side writes once for each sleep, and not at all while nobody sleeps.
//
// Process-shared; each word has one writer, so no death leaves anything locked.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace weir::concurrency::ring {

inline constexpr std::size_t kPage = 4096;
inline constexpr std::uint64_t kDepth = 2;  // one running and one ahead
inline constexpr std::uint64_t kNoBody = UINT64_MAX;
inline constexpr std::uint32_t kHello =
    0x77656972;  // and the version of this layout, if it changes

// Order of the worker's descriptors.
enum Fd : std::size_t { kRequests, kResults, kWake, kDone, kBodies };

struct Request {
  std::uint64_t header_bytes = 0;
  std::uint64_t slot = kNoBody;
  std::uint64_t body_bytes = 0;
};

struct RequestPage {
  std::atomic<std::uint64_t> submitted;
  std::atomic<std::uint64_t> asleep;
  std::atomic<std::uint32_t> stop;
  std::uint64_t init_bytes, header_room, result_room;  // constant
  std::uint64_t slot_bytes, slots;
  Request entries[kDepth];
};

enum class Status : std::uint32_t { kDone, kFailed };

struct Result {
  std::uint64_t bytes = 0;
  Status status = Status::kDone;
};

struct ResultPage {
  std::atomic<std::uint64_t> completed;
  std::atomic<std::uint64_t> asleep;
  std::atomic<std::uint32_t> hello;
  Result entries[kDepth];
};

static_assert(sizeof(RequestPage) <= kPage && sizeof(ResultPage) <= kPage);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

inline constexpr std::size_t pages(std::size_t bytes) {
  return (bytes + kPage - 1) / kPage * kPage;
}

inline constexpr std::size_t header_at(std::uint64_t task, std::size_t init, std::size_t room) {
  return kPage + pages(init) + (task % kDepth) * pages(room);
}
inline constexpr std::size_t result_at(std::uint64_t task, std::size_t room) {
  return kPage + (task % kDepth) * pages(room);
}

}  // namespace weir::concurrency::ring
