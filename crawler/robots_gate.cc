#include "crawler/robots_gate.h"

#include <fmt/format.h>

#include "concurrency/await_future.h"
#include "crawler/host_answer.h"
#include "parse/content_encoding.h"

namespace weir {

using concurrency::Task;
using fetch::FetchOutcome;
using fetch::FetchResult;

namespace {

constexpr std::size_t kAtOnce = 16;
constexpr std::size_t kBuffer = 512 * 1024;
constexpr int kMaxRedirects = 5;  // RFC 9309 2.3.1.2

// The host cannot be had at all: no later answer of robots.txt would change a thing.
std::optional<Outcome> host_failure(FetchOutcome outcome) {
  switch (outcome) {
    case FetchOutcome::kDns:
      return Outcome::kDns;
    case FetchOutcome::kTls:
      return Outcome::kTls;
    case FetchOutcome::kBlockedAddress:
      return Outcome::kBlockedAddress;
    default:
      return std::nullopt;
  }
}

bool readable(const FetchResult& result) {
  return result.outcome == FetchOutcome::kOk || result.outcome == FetchOutcome::kTooLarge ||
         result.outcome == FetchOutcome::kTruncated;
}

bool is_redirect(const FetchResult& result) {
  return result.outcome == FetchOutcome::kRedirect || result.outcome == FetchOutcome::kBadRedirect;
}

// Without its content encoding; as it came where that is a lie.
std::string_view decoded(const FetchResult& result, std::string& buffer) {
  const auto body =
      parse::decode_content(result.text, result.header("content-encoding"), kBuffer, buffer);
  return body.bytes.empty() ? std::string_view(result.text) : body.bytes;
}

bool is_client_error(const FetchResult& result) {
  return result.outcome == FetchOutcome::kHttpError && result.status >= 400 && result.status < 500;
}

}  // namespace

RobotsGate::RobotsGate(const config::Settings& settings, concurrency::EventLoop& loop,
                       fetch::Names& names, HostSchedule& schedule, const Admission& admission)
    : settings_(settings),
      loop_(loop),
      names_(names),
      schedule_(schedule),
      admission_(admission),
      agent_(product_token(settings.crawl.user_agent)),
      slots_(kAtOnce) {}

void RobotsGate::ask(OriginId origin) {
  if (auto pass = inside_.enter()) loop_.spawn(settle(origin, *std::move(pass)));
}

Task<> RobotsGate::close() {
  inside_.close();
  co_await inside_.empty();
}

Task<> RobotsGate::settle(OriginId origin, [[maybe_unused]] concurrency::Gate::Pass pass) {
  co_await slots_.acquire();
  const std::string name = schedule_.name(origin);
  if (!settings_.crawl.obey_robots) {
    // Still the first step of an origin: --per-ip needs its address.
    const auto url = parse::Url::parse(name);
    std::string host(url->host());
    const fetch::NameAnswer answer = co_await names_.lookup(host);
    if (!answer.addresses.empty()) schedule_.connected(origin, answer.addresses.front());
    tell_sitemaps(origin, parse::Robots::allow_all());
    schedule_.settle(origin, Clock::now(), parse::Robots::allow_all(), "not obeyed");
  } else {
    ++asked_;
    const TimePoint start = Clock::now();
    const FetchResult result = co_await fetch_following(name + "/robots.txt");
    const TimePoint now = Clock::now();
    schedule_.connected(origin, result.ip);
    schedule_.answered(origin, now, answer_of(result, start));
    take(origin, result, now);
  }
  slots_.release();
  settled_();
}

void RobotsGate::take(OriginId origin, const FetchResult& result, TimePoint now) {
  if (readable(result)) {
    std::string buffer;
    parse::Robots rules = parse::Robots::parse(decoded(result, buffer));
    rules.keep_only(agent_);
    tell_sitemaps(origin, rules);
    schedule_.settle(origin, now, std::move(rules), "rules");
  } else if (is_client_error(result) || is_redirect(result)) {
    tell_sitemaps(origin, parse::Robots::allow_all());
    schedule_.settle(origin, now, parse::Robots::allow_all(),
                     is_redirect(result) ? "allowed: too many redirects"
                                         : fmt::format("allowed by {}", result.status));
  } else if (const auto failure = host_failure(result.outcome)) {
    schedule_.give_up(origin, now, *failure, result.error);
  } else if (result.outcome != FetchOutcome::kCancelled) {
    schedule_.retry_settling(origin, now);
  }
}

void RobotsGate::tell_sitemaps(OriginId origin, const parse::Robots& rules) {
  if (!sitemaps_) return;
  const auto base = parse::Url::parse(schedule_.name(origin) + "/robots.txt");
  std::vector<std::string> urls;
  for (const std::string& named : rules.sitemaps()) {
    if (const auto url = parse::Url::parse(named, &*base))
      urls.emplace_back(url->without_fragment());
  }
  if (rules.sitemaps().empty()) urls.push_back(schedule_.name(origin) + "/sitemap.xml");
  sitemaps_(origin, std::move(urls));
}

// The last reply of the redirect chain; a redirect if there are too many.
Task<FetchResult> RobotsGate::fetch_following(std::string url) {
  FetchResult result;
  bool elsewhere = false;
  for (int hop = 0; hop <= kMaxRedirects; ++hop) {
    const auto here = parse::Url::parse(url);
    fetch::FetchRequest request;
    request.url = here->without_fragment();
    request.body = fetch::BodyPolicy::kAll;
    request.text_limit = kBuffer;
    request.allow_private = admission_.names_host(here->host());
    result = co_await fetcher_->fetch(std::move(request));
    if (result.outcome != FetchOutcome::kRedirect) break;
    const auto next = parse::Url::parse(result.header("location"), &*here);
    if (!next || !next->is_http()) break;
    url = next->without_fragment();
    elsewhere = next->host_port() != here->host_port();
  }
  // Another host that cannot be had says nothing of this one: no answer came.
  if (elsewhere && host_failure(result.outcome)) result.outcome = FetchOutcome::kReset;
  co_return result;
}

std::optional<Outcome> RobotsGate::refuses(const Lease& lease, std::string& why) {
  if (const auto failure = schedule_.failure(lease.origin)) {
    schedule_.count_failed(lease.origin);
    why = failure->second;
    return failure->first;
  }
  if (!settings_.crawl.obey_robots) return std::nullopt;
  const parse::Robots& rules = schedule_.robots(lease.origin);
  parse::Robots::Decision decision;
  if (rules.rule_count() > 0) decision = rules.allowed(agent_, *parse::Url::parse(lease.url));
  if (lease.attempts == 0) schedule_.count_decision(lease.origin, decision);
  if (decision.allowed) return std::nullopt;
  why = fmt::format("robots.txt line {}: {}", decision.line, decision.rule);
  return Outcome::kRobotsDenied;
}

bool RobotsGate::allows(OriginId origin, const parse::Url& url) const {
  if (schedule_.failure(origin)) return false;
  return !settings_.crawl.obey_robots || schedule_.robots(origin).allowed(agent_, url).allowed;
}

bool RobotsGate::allows_private(OriginId origin) const {
  const auto url = parse::Url::parse(schedule_.name(origin));
  return settings_.fetch.allow_private || admission_.names_host(url->host());
}

}  // namespace weir
