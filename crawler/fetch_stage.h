// The fetch stage: one thread with an event loop and one coroutine for each URL in flight.
//
//   FetchStage fetch(settings, parts);
//   fetch.start();
//   fetch.news(origin, name, list);      // the frontier has URLs of this origin
//   fetch.drain();  fetch.join();        // what is in flight finishes; then the page queue closes
//
// A URL is leased when its host is due, a transfer is free and the page queue has a place for it;
// the lease takes that place along, so that the loop never waits in put().
//
// Thread-safe, but for the constructor, start(), join() and figures() after it, which belong to
// one thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "concurrency/slab_arena.h"
#include "config/settings.h"
#include "crawler/admission.h"
#include "crawler/frontier.h"
#include "crawler/host_schedule.h"
#include "crawler/page.h"
#include "crawler/sitemaps.h"

namespace weir {

class EarlierRun;

// Why fetching goes on or does not, in seconds of wall time; one of them grows at any moment.
struct FetchTimes {
  double leasing = 0;     // transfers are free and something was due
  double all_in_use = 0;  // every transfer is in flight
  double queue_full = 0;  // no place in the page queue
  double polite = 0;      // URLs are pending, but no host is due
  double nothing = 0;     // no URL is pending
};

struct FetchFigures {
  std::uint64_t asked = 0;      // URLs asked for: `pages` of the limits
  std::uint64_t transfers = 0;  // retries and robots.txt included
  std::uint64_t retries = 0;
  std::uint64_t robots = 0;
  SitemapFigures sitemaps;
  std::uint64_t in_flight = 0;
  double transfer_seconds = 0;  // summed over transfers
  double paused_seconds = 0;    // for memory, summed over transfers
  double busy_seconds = 0;      // of the loop
  FetchTimes times;
  std::vector<HostProof> hosts;  // complete after join()
};

class FetchStage {
 public:
  struct Parts {
    Frontier* frontier = nullptr;
    Admission* admission = nullptr;
    concurrency::InFlight* unfinished = nullptr;
    const EarlierRun* earlier = nullptr;  // of --since; may be null
    concurrency::SlabArena* arena = nullptr;
    PageQueue* pages = nullptr;
    Inbox* inbox = nullptr;
    std::function<void()> limit_reached;          // max_pages; on the loop's thread
    std::function<void(const std::string&)> log;  // one line for weir.log
  };

  // Throws what make_fetcher and make_poller throw for settings that cannot be had.
  FetchStage(const config::Settings& settings, Parts parts);
  ~FetchStage();  // drop() and join()

  void start();
  void news(OriginId origin, const std::string& name, std::uint32_t list);
  void drain() noexcept;  // no new leases from its return on, but one that is being given
  void drop() noexcept;   // the same, and transfers in flight are given up, their leases returned
  void pause(bool paused);
  void join();

  FetchFigures figures() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir
