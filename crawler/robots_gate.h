// Asks each origin's robots.txt before any of its URLs, and says who may not be asked for.
//
//   gate.ask(origin);                                  // HostSchedule said kSettle
//   if (auto outcome = gate.refuses(lease, why)) ...   // robots_denied, robots_unavailable, ...
//
// RFC 9309: 4xx allows everything; 5xx and no answer forbid everything, and are asked again after
// 5, 20 and 60 s (later where Retry-After says so); up to five redirects are followed, to other
// hosts too. Where the host itself
// cannot be reached for good (no such name, no valid certificate, a refused address) its URLs end
// with that outcome, without being asked for.
//
// Thread-bound to the loop, but for asked().
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "concurrency/async_event.h"
#include "concurrency/async_semaphore.h"
#include "concurrency/event_loop.h"
#include "concurrency/gate.h"
#include "config/settings.h"
#include "crawler/admission.h"
#include "crawler/host_schedule.h"
#include "crawler/record.h"
#include "fetch/fetcher.h"
#include "fetch/names.h"

namespace weir {

class RobotsGate {
 public:
  RobotsGate(const config::Settings& settings, concurrency::EventLoop& loop, fetch::Names& names,
             HostSchedule& schedule, const Admission& admission);

  void use(fetch::Fetcher& fetcher) { fetcher_ = &fetcher; }
  void on_settled(std::function<void()> listener) { settled_ = std::move(listener); }

  // The sitemaps that a robots.txt names, resolved; called before its origin can be leased.
  using Sitemaps = std::function<void(OriginId, std::vector<std::string> urls)>;
  void on_sitemaps(Sitemaps listener) { sitemaps_ = std::move(listener); }

  // Starts to find out; ends by HostSchedule::settle(), give_up() or retry_settling().
  void ask(OriginId origin);

  // Why this URL is not to be asked for; `why` says it for people.
  std::optional<Outcome> refuses(const Lease& lease, std::string& why);

  // The same for what is no lease.
  bool allows(OriginId origin, const parse::Url& url) const;

  bool allows_private(OriginId origin) const;

  // Set when draining began: retries need not be waited for.
  concurrency::AsyncEvent& drained() { return drained_; }
  void drain() { drained_.set(); }
  concurrency::Task<> close();  // waits for what is under way

  std::uint64_t asked() const { return asked_; }

 private:
  concurrency::Task<> settle(OriginId origin, concurrency::Gate::Pass pass);
  concurrency::Task<fetch::FetchResult> fetch_following(std::string url);
  void take(OriginId origin, const fetch::FetchResult& result, TimePoint now);
  void tell_sitemaps(OriginId origin, const parse::Robots& rules);

  const config::Settings& settings_;
  concurrency::EventLoop& loop_;
  fetch::Names& names_;
  HostSchedule& schedule_;
  const Admission& admission_;
  fetch::Fetcher* fetcher_ = nullptr;
  std::function<void()> settled_;
  Sitemaps sitemaps_;
  const std::string agent_;  // product token: "weir" of "weir/0.1 (+...)"
  concurrency::AsyncSemaphore slots_;
  concurrency::AsyncEvent drained_;
  concurrency::Gate inside_;
  std::atomic<std::uint64_t> asked_{0};
};

}  // namespace weir
