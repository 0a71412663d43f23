#include "crawler/sitemaps.h"

#include <fmt/format.h>

#include "concurrency/await_future.h"
#include "crawler/host_answer.h"
#include "parse/content_encoding.h"
#include "parse/sitemap.h"

namespace weir {

using concurrency::Task;
using fetch::FetchOutcome;
using fetch::FetchResult;

namespace {

constexpr std::size_t kAtOnce = 4;           // bodies in memory, of all origins
constexpr std::size_t kMaxWire = 10 << 20;   // bytes of one, as it comes
constexpr std::size_t kMaxText = 50u << 20;  // and undone: the limit of sitemaps.org
constexpr std::size_t kMaxOfOrigin = 1000;   // sitemaps
constexpr int kMaxDepth = 3;                 // of indexes within indexes
constexpr int kMaxHops = 5;

}  // namespace

Sitemaps::Sitemaps(const config::Settings& settings, Parts parts)
    : settings_(settings),
      parts_(std::move(parts)),
      slots_(kAtOnce),
      parser_({.threads = 1, .name = "sitemaps"}) {}

void Sitemaps::found(OriginId origin, std::vector<std::string> urls) {
  if (draining_ || readings_.contains(origin)) return;
  Reading& reading = readings_[origin];
  for (std::string& url : urls) {
    Item item;
    item.url = std::move(url);
    offer(origin, reading, std::move(item));
  }
  auto pass = inside_.enter();
  if (reading.todo.empty() || !pass) {
    readings_.erase(origin);
    return;
  }
  parts_.loop->spawn(read_all(origin, *std::move(pass), parts_.unfinished->add()));
}

// Takes it into the list of those to read, if it is one that may be read.
void Sitemaps::offer(OriginId origin, Reading& reading, Item item) {
  const auto url = parse::Url::parse(item.url);
  const auto home = parse::Url::parse(parts_.schedule->name(origin));
  if (!url || !url->is_http() || url->host() != home->host() || url->has_credentials() ||
      item.depth > kMaxDepth || item.hops > kMaxHops || reading.offered >= kMaxOfOrigin) {
    parts_.log(fmt::format("sitemap {}: left out", item.url.substr(0, 500)));
    return;
  }
  if (!seen_.insert(parse::key_of(*url)).second) return;
  ++reading.offered;
  item.url = url->without_fragment();
  reading.todo.push_back(std::move(item));
}

void Sitemaps::ask(OriginId origin) {
  const auto found = readings_.find(origin);
  if (draining_ || found == readings_.end() || !found->second.waiting) {
    parts_.schedule->still_due(origin, Clock::now());
    return;
  }
  found->second.waiting = false;
  found->second.started = Clock::now();
  parts_.schedule->started(origin, found->second.started);
  found->second.turn.set();
}

void Sitemaps::drain() {
  draining_ = true;
  for (auto& [origin, reading] : readings_) {
    if (reading.waiting) reading.turn.set();
  }
}

Task<> Sitemaps::close() {
  inside_.close();
  drain();
  co_await inside_.empty();
  parser_.shutdown();
}

Task<> Sitemaps::read_all(OriginId origin, [[maybe_unused]] concurrency::Gate::Pass pass,
                          [[maybe_unused]] concurrency::TaskToken token) {
  Reading& reading = readings_.at(origin);
  while (!reading.todo.empty() && !draining_) {
    Item item = std::move(reading.todo.front());
    reading.todo.pop_front();
    reading.turn.clear();
    reading.waiting = true;
    parts_.schedule->has_errand(origin);
    parts_.stir();
    co_await reading.turn.wait();
    if (reading.waiting) break;  // draining
    co_await slots_.acquire();
    // Settled by now: the errand had to wait for it.
    const auto url = parse::Url::parse(item.url);
    FetchResult result;
    const bool allowed = parts_.robots->allows(origin, *url);
    if (allowed) {
      fetch::FetchRequest request;
      request.url = item.url;
      request.body = fetch::BodyPolicy::kAll;
      request.text_limit = kMaxWire;
      request.allow_private = parts_.robots->allows_private(origin);
      result = co_await fetcher_->fetch(std::move(request));
    } else {
      result.error = "robots.txt forbids it";
    }
    const TimePoint now = Clock::now();
    parts_.schedule->connected(origin, result.ip);
    parts_.schedule->finished(origin, now, answer_of(result, reading.started));
    parts_.stir();
    if (allowed && worth_retrying(result) && item.tries < settings_.fetch.retries) {
      ++item.tries;
      reading.todo.push_back(std::move(item));
    } else if (result.outcome == FetchOutcome::kOk || result.outcome == FetchOutcome::kTooLarge ||
               result.outcome == FetchOutcome::kTruncated) {
      const std::string encoding(result.header("content-encoding"));
      auto future = parser_.submit(&Sitemaps::list, std::ref(*parts_.admission), item.url,
                                   parts_.schedule->list(origin), std::move(result.text), encoding);
      const Listed listed = co_await std::move(future);
      ++(listed.error.empty() ? read_ : failed_);
      urls_ += listed.urls;
      parts_.log(fmt::format("sitemap {}: {} URLs, {} sitemaps{}{}", item.url, listed.urls,
                             listed.children.size(), listed.error.empty() ? "" : "; ",
                             listed.error));
      for (const std::string& child : listed.children) {
        Item next;
        next.url = child;
        next.depth = item.depth + 1;
        offer(origin, reading, std::move(next));
      }
    } else if (!moved(origin, reading, item, result)) {
      ++failed_;
      parts_.log(fmt::format("sitemap {}: {}", item.url,
                             !result.error.empty() ? result.error : std::to_string(result.status)));
    }
    slots_.release();
  }
  readings_.erase(origin);
}

bool Sitemaps::moved(OriginId origin, Reading& reading, const Item& item,
                     const FetchResult& result) {
  if (result.outcome != FetchOutcome::kRedirect) return false;
  const auto base = parse::Url::parse(item.url);
  const auto target = parse::Url::parse(result.header("location"), &*base);
  if (!target) return false;
  Item next;
  next.url = target->without_fragment();
  next.depth = item.depth;
  next.hops = item.hops + 1;
  offer(origin, reading, std::move(next));
  return true;
}

// On the parser's thread.
Sitemaps::Listed Sitemaps::list(Admission& admission, const std::string& url, std::uint32_t list,
                                const std::string& body, const std::string& encoding) {
  Listed listed;
  std::string buffer;
  const auto decoded = parse::decode_content(body, encoding, kMaxText, buffer);
  const auto base = parse::Url::parse(url);
  const parse::Sitemap map = parse::parse_sitemap(decoded.bytes, {.max_bytes = kMaxText});
  listed.error =
      map.kind == parse::SitemapKind::kInvalid && map.error.empty() ? "not a sitemap" : map.error;
  for (const parse::SitemapUrl& each : map.urls) {
    const auto target = parse::Url::parse(each.loc, &*base);
    if (!target) continue;
    if (map.kind == parse::SitemapKind::kIndex) {
      listed.children.emplace_back(target->without_fragment());
    } else {
      ++listed.urls;
      admission.listed(*base, *target, list);
    }
  }
  return listed;
}

}  // namespace weir
