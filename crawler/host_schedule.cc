#include "crawler/host_schedule.h"

#include <algorithm>
#include <array>

namespace weir {

// An IP address, with everybody who talks to it.
struct HostSchedule::Address {
  std::size_t active = 0;
  std::deque<OriginId> waiting;  // for a transfer to this address to end
};

struct HostSchedule::Host {
  HostProof proof;
  Clock::duration delay{};   // of the lists that ask here, the longest; or Crawl-delay
  std::size_t per_host = 1;  // of the lists, the smallest
  TimePoint next_start = TimePoint::min();
  TimePoint last_start = TimePoint::min();
  std::uint32_t active = 0;
  std::uint32_t overloads = 0;  // in a row
  TimePoint last_overload = TimePoint::min();
  Clock::duration response{};    // mean until the first byte, the last eight counting most
  Address* address = nullptr;    // last seen; null until then
  std::deque<OriginId> waiting;  // for a transfer of this host to end
};

struct HostSchedule::Origin {
  enum class State { kUnsettled, kSettling, kSettled };

  std::string name;
  std::uint32_t list = 0;
  Host* host = nullptr;
  bool has_work = false;
  std::size_t errands = 0;
  bool armed = false;  // in the heap or in a list of those who wait, once
  State state = State::kUnsettled;
  parse::Robots rules;
  std::optional<std::pair<Outcome, std::string>> failure;
  TimePoint expires = TimePoint::max();
  std::size_t failures = 0;
};

namespace {

constexpr std::array<std::chrono::seconds, 3> kRetries = {
    std::chrono::seconds(5), std::chrono::seconds(20), std::chrono::seconds(60)};

// The delay of a host that takes so long to answer.
Clock::duration slowed(Clock::duration delay, Clock::duration response) {
  return std::clamp(response, delay, kMaxSlowdown * delay);
}

double milliseconds(Clock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

}  // namespace

std::string product_token(const std::string& user_agent) {
  return user_agent.substr(0, user_agent.find_first_of("/ \t("));
}

HostSchedule::HostSchedule(const config::Settings& settings)
    : settings_(settings), agent_(product_token(settings.crawl.user_agent)) {}
HostSchedule::~HostSchedule() = default;

void HostSchedule::has_work(OriginId origin, const std::string& name, std::uint32_t list) {
  if (origin >= origins_.size()) origins_.resize(origin + 1);
  auto& slot = origins_[origin];
  const config::ListSettings& asked = settings_.lists.at(list);
  const Clock::duration delay = asked.delay.value_or(settings_.fetch.delay);
  const std::size_t per_host = asked.per_host.value_or(settings_.fetch.per_host);
  if (!slot) {
    slot = std::make_unique<Origin>();
    slot->name = name;
    slot->list = list;
    const std::string host_port = name.substr(name.find("//") + 2);
    auto& host = hosts_[host_port];
    if (!host) {
      host = std::make_unique<Host>();
      host->proof.host = host_port;
      host->proof.robots = "not asked";
      host->per_host = per_host;
    }
    slot->host = host.get();
  }
  slot->host->delay = std::max(slot->host->delay, delay);
  slot->host->per_host = std::min(slot->host->per_host, std::max<std::size_t>(1, per_host));
  slot->has_work = true;
  arm(origin, slot->host->next_start);
}

void HostSchedule::has_errand(OriginId id) {
  ++at(id).errands;
  arm(id, at(id).host->next_start);
}

void HostSchedule::has_none(OriginId origin) { at(origin).has_work = false; }

std::optional<HostSchedule::Due> HostSchedule::next(TimePoint now) {
  while (!heap_.empty() && heap_.top().when <= now) {
    const OriginId id = heap_.top().origin;
    heap_.pop();
    Origin& origin = at(id);
    origin.armed = false;
    if (!origin.has_work && origin.errands == 0) continue;
    if (origin.state == Origin::State::kSettling) continue;
    Host& host = *origin.host;
    if (origin.state == Origin::State::kUnsettled || origin.expires <= now) {
      origin.state = Origin::State::kSettling;
      host.next_start = std::max(host.next_start, now + host.delay);  // robots.txt is a request too
      return Due{Action::kSettle, id};
    }
    if (origin.failure && origin.errands == 0) return Due{Action::kLease, id};  // to be ended
    if (host.active >= host.per_host) {
      origin.armed = true;
      host.waiting.push_back(id);
      continue;
    }
    if (host.address != nullptr && host.address->active >= settings_.fetch.per_ip) {
      origin.armed = true;
      host.address->waiting.push_back(id);
      continue;
    }
    if (host.next_start > now) {
      arm(id, host.next_start);
      continue;
    }
    if (origin.errands == 0) return Due{Action::kLease, id};
    --origin.errands;
    return Due{Action::kErrand, id};
  }
  return std::nullopt;
}

TimePoint HostSchedule::next_time() const {
  return heap_.empty() ? TimePoint::max() : heap_.top().when;
}

void HostSchedule::started(OriginId id, TimePoint now) {
  Host& host = *at(id).host;
  if (host.last_start != TimePoint::min()) {
    const double gap = milliseconds(now - host.last_start);
    double& smallest = host.proof.smallest_gap_ms;
    smallest = smallest < 0 ? gap : std::min(smallest, gap);
  }
  host.last_start = now;
  host.next_start = std::max(host.next_start, now + slowed(host.delay, host.response));
  ++host.proof.requests;
  ++host.active;
  if (host.address != nullptr) ++host.address->active;
  host.proof.max_concurrent = std::max(host.proof.max_concurrent, host.active);
  arm(id, host.next_start);
}

void HostSchedule::answered(OriginId id, TimePoint now, const HostAnswer& answer) {
  Host& host = *at(id).host;
  if (answer.response) host.response += (*answer.response - host.response) / 8;
  if (!answer.overloaded) {
    if (answer.started > host.last_overload) host.overloads = 0;
    return;
  }
  ++host.proof.backoffs;
  // What was under way already when the host said no says nothing new.
  if (host.overloads == 0 || answer.started > host.last_overload) {
    host.last_overload = now;
    host.overloads = std::min(host.overloads + 1, 6u);
  }
  const auto wait = answer.wait.value_or(kBackoff * (1 << (host.overloads - 1)));
  host.next_start = std::max(host.next_start, now + std::min(wait, kMaxRetryAfter));
}

void HostSchedule::finished(OriginId id, TimePoint now, const HostAnswer& answer) {
  Host& host = *at(id).host;
  --host.active;
  answered(id, now, answer);
  wake(host.waiting, now);
  if (host.address != nullptr) {
    --host.address->active;
    wake(host.address->waiting, now);
  }
}

void HostSchedule::connected(OriginId id, const std::string& ip) {
  if (ip.empty()) return;
  Host& host = *at(id).host;
  auto& address = addresses_[ip];
  if (!address) address = std::make_unique<Address>();
  if (host.address == address.get()) return;
  if (host.address != nullptr) {
    host.address->active -= host.active;
    wake(host.address->waiting, TimePoint::min());
  }
  host.address = address.get();
  host.address->active += host.active;
}

void HostSchedule::settle(OriginId id, TimePoint now, parse::Robots rules, std::string why) {
  Origin& origin = at(id);
  Host& host = *origin.host;
  origin.state = Origin::State::kSettled;
  origin.expires = now + kRobotsLifetime;
  origin.failures = 0;
  origin.rules = std::move(rules);
  host.proof.robots = std::move(why);
  if (const auto delay = origin.rules.crawl_delay(agent_)) {
    const std::chrono::duration<double> asked(std::min(*delay, double(kMaxCrawlDelay.count())));
    const auto wait = std::chrono::duration_cast<Clock::duration>(asked);
    if (wait > host.delay) host.next_start += wait - host.delay;
    host.delay = std::max(host.delay, wait);
  }
  arm(id, std::max(now, host.next_start));
}

void HostSchedule::give_up(OriginId id, TimePoint now, Outcome outcome, std::string why) {
  Origin& origin = at(id);
  origin.state = Origin::State::kSettled;
  origin.expires = now + kRobotsLifetime;
  origin.host->proof.robots = std::string(outcome_name(outcome));
  origin.failure.emplace(outcome, std::move(why));
  arm(id, now);
}

void HostSchedule::retry_settling(OriginId id, TimePoint now) {
  Origin& origin = at(id);
  if (origin.failures == kRetries.size()) {
    give_up(id, now, Outcome::kRobotsUnavailable, "robots.txt: no answer, or a 5xx, four times");
    return;
  }
  origin.state = Origin::State::kUnsettled;
  arm(id, std::max(now + kRetries[origin.failures++], origin.host->next_start));
}

const std::string& HostSchedule::name(OriginId origin) const { return at(origin).name; }
std::uint32_t HostSchedule::list(OriginId origin) const { return at(origin).list; }
const parse::Robots& HostSchedule::robots(OriginId origin) const { return at(origin).rules; }

void HostSchedule::count_decision(OriginId origin, const parse::Robots::Decision& decision) {
  HostProof& proof = at(origin).host->proof;
  ++(!decision.allowed       ? proof.robots_denied
     : decision.rule.empty() ? proof.robots_unmentioned
                             : proof.robots_allowed);
}

void HostSchedule::count_failed(OriginId origin) { ++at(origin).host->proof.robots_failed; }

std::optional<std::pair<Outcome, std::string>> HostSchedule::failure(OriginId origin) const {
  return at(origin).failure;
}

std::vector<HostProof> HostSchedule::proofs() const {
  std::vector<HostProof> all;
  for (const auto& [name, host] : hosts_) {
    all.push_back(host->proof);
    all.back().delay_ms = milliseconds(host->delay);
    all.back().response_ms = milliseconds(host->response);
  }
  std::sort(all.begin(), all.end(), [](const HostProof& a, const HostProof& b) {
    return a.requests != b.requests ? a.requests > b.requests : a.host < b.host;
  });
  return all;
}

HostSchedule::Origin& HostSchedule::at(OriginId origin) const { return *origins_.at(origin); }

void HostSchedule::arm(OriginId id, TimePoint when) {
  Origin& origin = at(id);
  if (origin.armed) return;
  origin.armed = true;
  heap_.push({when, ++alarms_, id});
}

void HostSchedule::wake(std::deque<OriginId>& waiting, TimePoint now) {
  while (!waiting.empty()) {
    const OriginId id = waiting.front();
    waiting.pop_front();
    at(id).armed = false;
    arm(id, std::max(now, at(id).host->next_start));
  }
}

}  // namespace weir
