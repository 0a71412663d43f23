// When each host may be asked: politeness as times, never as a sleeping thread.
//
//   schedule.has_work(origin, name, list);             // news from the frontier
//   while (auto due = schedule.next(now)) ...          // kSettle: ask robots.txt; kLease: a URL
//   schedule.started(origin, now); ... schedule.finished(origin, now, feedback);
//   poller sleeps until schedule.next_time()
//
// An origin (scheme://host:port) has its robots.txt; a host:port has delay, concurrency and
// back-off. RFC 9309; Crawl-delay up to 30 s. A host that says 429 or 503 is left alone for its
// Retry-After (RFC 9110 10.2.3), up to two minutes, or where it names no time for 5 s, doubled each
// time until it answers otherwise. A host that is slow to answer is asked no more often than it
// answers: the delay grows to its mean time to the first byte, up to eight times the delay set (so
// that --delay 0ms turns this off).
// Thread-bound to the loop; proofs() is copied out when the loop has ended.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "config/settings.h"
#include "crawler/frontier.h"
#include "crawler/record.h"
#include "parse/robots.h"

namespace weir {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;

inline constexpr std::chrono::seconds kMaxCrawlDelay{30};
inline constexpr std::chrono::hours kRobotsLifetime{24};
inline constexpr std::chrono::seconds kMaxRetryAfter{120};
inline constexpr std::chrono::seconds kBackoff{5};
inline constexpr int kMaxSlowdown = 8;  // times the delay that was set

// What the run shows of its politeness to one host:port.
struct HostProof {
  std::string host;  // host:port
  std::uint64_t requests = 0;
  std::uint64_t backoffs = 0;   // 429, 503 and Retry-After obeyed
  double delay_ms = 0;          // asked for: the larger of --delay and Crawl-delay
  double response_ms = 0;       // mean time to the first byte, recent ones counting more
  double smallest_gap_ms = -1;  // between two starts; -1: fewer than two
  std::uint32_t max_concurrent = 0;
  std::string robots;  // "allowed by 404", "rules", "unavailable", "not asked"
  // What robots.txt said of the URLs: no rule for it, an Allow, a Disallow, no robots.txt to be
  // had.
  std::uint64_t robots_unmentioned = 0, robots_allowed = 0, robots_denied = 0, robots_failed = 0;
};

// What a transfer told about its host.
struct HostAnswer {
  TimePoint started;
  std::optional<Clock::duration> response;        // until the first byte, or until it was given up
  bool overloaded = false;                        // 429 or 503
  std::optional<std::chrono::seconds> wait = {};  // its Retry-After
};

// The product token of a User-Agent value: what robots.txt calls us.
std::string product_token(const std::string& user_agent);

class HostSchedule {
 public:
  enum class Action { kLease, kSettle, kErrand };
  struct Due {
    Action action;
    OriginId origin;
  };

  explicit HostSchedule(const config::Settings& settings);
  ~HostSchedule();

  // The frontier has URLs of this origin, admitted by this list.
  void has_work(OriginId origin, const std::string& name, std::uint32_t list);
  // lease() found nothing: the origin rests until has_work() is called again.
  void has_none(OriginId origin);

  // Something else is to be asked of the origin (a sitemap): next() says kErrand once for each, in
  // the place of a lease and as politely. The caller says started() and finished(), or still_due().
  void has_errand(OriginId origin);

  // The next thing that is due. An origin to settle is not due again until that has ended by
  // settle(), give_up() or retry_settling().
  std::optional<Due> next(TimePoint now);
  // When next() may have something again; max() while it waits for finished() or has_work().
  TimePoint next_time() const;

  void started(OriginId origin, TimePoint now);
  void finished(OriginId origin, TimePoint now, const HostAnswer& answer);
  // The same for robots.txt, whose start and end are not counted.
  void answered(OriginId origin, TimePoint now, const HostAnswer& answer);

  // The URL that was leased needed no transfer: the origin is due again at once.
  void still_due(OriginId origin, TimePoint now) { arm(origin, now); }
  // The address that the origin's last transfer went to, for --per-ip; empty is ignored.
  void connected(OriginId origin, const std::string& ip);

  // The rules hold for 24 hours; `why` is for the summary.
  void settle(OriginId origin, TimePoint now, parse::Robots rules, std::string why);
  // Its URLs end with this outcome.
  void give_up(OriginId origin, TimePoint now, Outcome outcome, std::string why);
  // No answer, or 5xx: settled again after 5, 20 and 60 s, or when the host asked for it, then
  // given up as kRobotsUnavailable.
  void retry_settling(OriginId origin, TimePoint now);

  const std::string& name(OriginId origin) const;
  const parse::Robots& robots(OriginId origin) const;
  std::uint32_t list(OriginId origin) const;  // that named it first
  std::optional<std::pair<Outcome, std::string>> failure(OriginId origin) const;
  void count_decision(OriginId origin, const parse::Robots::Decision& decision);
  void count_failed(OriginId origin);  // a URL ended by failure()

  std::vector<HostProof> proofs() const;

 private:
  struct Address;
  struct Host;
  struct Origin;
  struct Alarm {
    TimePoint when;
    std::uint64_t order;
    OriginId origin;
    bool operator>(const Alarm& other) const {
      return when != other.when ? when > other.when : order > other.order;
    }
  };

  Origin& at(OriginId origin) const;
  void arm(OriginId origin, TimePoint when);
  void wake(std::deque<OriginId>& waiting, TimePoint now);

  const config::Settings& settings_;
  const std::string agent_;
  std::unordered_map<std::string, std::unique_ptr<Address>> addresses_;
  std::unordered_map<std::string, std::unique_ptr<Host>> hosts_;
  std::vector<std::unique_ptr<Origin>> origins_;  // by OriginId
  std::priority_queue<Alarm, std::vector<Alarm>, std::greater<>> heap_;
  std::uint64_t alarms_ = 0;
};

}  // namespace weir
