// One URL on its way through the stages: leased, fetched, parsed, then stored.
//
// A Page is owned by one stage at a time and handed on as a unique_ptr. Thread-compatible.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "concurrency/queue.h"
#include "crawler/frontier.h"
#include "crawler/record.h"
#include "fetch/fetcher.h"
#include "parse/page.h"

namespace weir {

struct Page {
  Lease lease;

  // Set by the fetch stage. `refused` ends a URL that was never asked for.
  std::optional<Outcome> refused;
  std::string why;
  fetch::FetchResult fetched;
  std::chrono::steady_clock::time_point queued{};  // put into the page queue

  // Set by the parse stage, for a page that went through it: facts, or how parsing ended.
  std::optional<parse::PageFacts> facts;
  std::string encoded_facts;  // from a worker process: to be decoded as hostile input
  std::optional<Outcome> parse_failure;
  double queue_ms = 0;
  double parse_ms = 0;
  int parse_tries = 0;
};

using PagePtr = std::unique_ptr<Page>;
using PageQueue = concurrency::Queue<PagePtr>;  // from fetching to parsing, bounded
using Inbox = concurrency::Queue<PagePtr>;      // of the store; bounded by the leases in flight

}  // namespace weir
