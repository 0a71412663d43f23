// Reads the sitemaps of each origin (--sitemaps) and admits the pages that they name.
//
//   sitemaps.found(origin, urls);        // robots.txt is settled
//   sitemaps.ask(origin);                // HostSchedule said kErrand: it is their turn
//   co_await sitemaps.close();
//
// One at a time for an origin, in the turns of its host, each once in a run; an index is followed.
// A sitemap, and what it names, has to be on the host that named it, and robots.txt is obeyed. The
// body is parsed on a thread beside the loop, under caps on its size and on the number of its URLs.
// No records are made.
//
// Thread-bound to the loop, but for figures().
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "concurrency/async_event.h"
#include "concurrency/async_semaphore.h"
#include "concurrency/event_loop.h"
#include "concurrency/gate.h"
#include "concurrency/in_flight.h"
#include "concurrency/thread_pool.h"
#include "crawler/admission.h"
#include "crawler/host_schedule.h"
#include "crawler/robots_gate.h"
#include "fetch/fetcher.h"

namespace weir {

struct SitemapFigures {
  std::uint64_t read = 0;
  std::uint64_t failed = 0;  // not to be had, or not a sitemap
  std::uint64_t urls = 0;    // that they named
};

class Sitemaps {
 public:
  struct Parts {
    concurrency::EventLoop* loop = nullptr;
    HostSchedule* schedule = nullptr;
    const RobotsGate* robots = nullptr;
    Admission* admission = nullptr;
    concurrency::InFlight* unfinished = nullptr;  // the crawl is not over while one is read
    std::function<void()> stir;                   // the schedule has changed
    std::function<void(const std::string&)> log;
  };

  Sitemaps(const config::Settings& settings, Parts parts);

  void use(fetch::Fetcher& fetcher) { fetcher_ = &fetcher; }
  void found(OriginId origin, std::vector<std::string> urls);
  void ask(OriginId origin);
  void drain();  // what was not asked for yet is dropped
  concurrency::Task<> close();

  SitemapFigures figures() const { return {read_, failed_, urls_}; }

 private:
  struct Item {
    std::string url;
    int depth = 0;  // indexes that led here
    int hops = 0;   // redirects that led here
    std::size_t tries = 0;
  };
  // Of one origin, while its coroutine runs.
  struct Reading {
    std::deque<Item> todo;
    std::size_t offered = 0;
    concurrency::AsyncEvent turn;
    bool waiting = false;  // for its turn
    TimePoint started;     // of the turn
  };
  struct Listed {  // what a body holds
    std::string error;
    std::uint64_t urls = 0;
    std::vector<std::string> children;  // of an index
  };

  concurrency::Task<> read_all(OriginId origin, concurrency::Gate::Pass pass,
                               concurrency::TaskToken token);
  void offer(OriginId origin, Reading& reading, Item item);
  bool moved(OriginId origin, Reading& reading, const Item& item, const fetch::FetchResult& result);
  static Listed list(Admission& admission, const std::string& url, std::uint32_t list,
                     const std::string& body, const std::string& encoding);

  const config::Settings& settings_;
  const Parts parts_;
  fetch::Fetcher* fetcher_ = nullptr;
  bool draining_ = false;
  std::unordered_map<OriginId, Reading> readings_;
  std::unordered_set<parse::Key> seen_;
  concurrency::AsyncSemaphore slots_;  // bodies in memory
  concurrency::Gate inside_;
  concurrency::ThreadPool parser_;
  std::atomic<std::uint64_t> read_{0}, failed_{0}, urls_{0};
};

}  // namespace weir
