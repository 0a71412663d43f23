#include "crawler/fetch_stage.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <optional>
#include <random>

#include "concurrency/async_event.h"
#include "concurrency/await_future.h"
#include "concurrency/event_loop.h"
#include "concurrency/gate.h"
#include "concurrency/mutex.h"
#include "concurrency/thread.h"
#include "crawler/earlier_run.h"
#include "crawler/host_answer.h"
#include "crawler/robots_gate.h"
#include "fetch/make_fetcher.h"
#include "parse/canonical.h"
#include "parse/url.h"

namespace weir {

using concurrency::EventLoop;
using concurrency::Task;
using fetch::FetchOutcome;
using fetch::FetchResult;

namespace {

constexpr std::chrono::milliseconds kFirstRetry{500};  // doubled for each further one, jittered

double seconds(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

bool is_credential(std::string_view name) {
  return fetch::same_name(name, "authorization") || fetch::same_name(name, "cookie") ||
         fetch::same_name(name, "proxy-authorization");
}

// Set-Cookie with a redirect to the page itself: with the cookie it may answer otherwise.
bool wants_its_cookie_back(const Lease& lease, const FetchResult& result) {
  if (result.outcome != FetchOutcome::kRedirect || !result.headers.has("set-cookie")) return false;
  const auto here = parse::Url::parse(lease.url);
  const auto target = parse::Url::parse(result.header("location"), &*here);
  return target && parse::key_of(*target) == parse::key_of(*here);
}

}  // namespace

struct FetchStage::State {
  State(const config::Settings& settings_, Parts parts_)
      : settings(settings_),
        parts(std::move(parts_)),
        loop(fetch::poller_for(settings_.fetch.io)),
        names({.resolve = settings_.fetch.resolve}),
        schedule(settings_),
        robots_gate(settings_, loop, names, schedule, *parts.admission),
        sitemaps(settings_, {.loop = &loop,
                             .schedule = &schedule,
                             .robots = &robots_gate,
                             .admission = parts.admission,
                             .unfinished = parts.unfinished,
                             .stir = [this] { stir.set(); },
                             .log = parts.log}),
        fetcher(fetch::make_fetcher({.settings = settings_.fetch,
                                     .user_agent = settings_.crawl.user_agent,
                                     .arena = parts.arena,
                                     .names = &names,
                                     .loop = &loop})) {
    for (const config::ListSettings& list : settings.lists) {
      auth.push_back(fetch::Auth::parse(list.auth).value_or(fetch::Auth{}));
    }
    robots_gate.use(*fetcher);
    sitemaps.use(*fetcher);
    robots_gate.on_settled([this] { stir.set(); });
    if (settings.crawl.sitemaps) {
      robots_gate.on_sitemaps([this](OriginId origin, std::vector<std::string> urls) {
        sitemaps.found(origin, std::move(urls));
      });
    }
    parts.pages->on_room([box = loop.post_box(), this] { box->post([this] { stir.set(); }); });
  }

  Task<> run();
  TimePoint lease_all_due();
  bool lease_from(OriginId origin, TimePoint now, std::optional<PageQueue::Place>& place);
  Task<> visit(PagePtr page, PageQueue::Place place, concurrency::Gate::Pass pass);
  Task<> retry_later(Lease lease, Clock::duration wait, concurrency::Gate::Pass pass);
  fetch::FetchRequest request_for(const Lease& lease) const;
  const std::string& jar_of(const Lease& lease) const;
  void finish(PagePtr page) { (void)parts.inbox->put(std::move(page)); }
  void account(TimePoint now, double FetchTimes::*next);
  std::uint64_t asked() const;
  Clock::duration retry_wait(std::uint32_t attempts);

  const config::Settings& settings;
  const Parts parts;
  EventLoop loop;
  fetch::Names names;
  HostSchedule schedule;
  RobotsGate robots_gate;
  Sitemaps sitemaps;
  std::vector<fetch::Auth> auth;  // by list
  concurrency::AsyncEvent stir;   // something changed: look again what can be leased
  concurrency::Gate inside;       // coroutines that hold a lease
  std::atomic<bool> draining{false};
  bool paused = false;
  std::size_t active = 0;                       // transfers in flight
  std::mt19937 random{std::random_device{}()};  // jitter only

  mutable concurrency::Mutex mutex;
  FetchFigures figures GUARDED_BY(mutex);
  double FetchTimes::*doing = &FetchTimes::nothing;
  TimePoint doing_since = Clock::now();

  std::unique_ptr<fetch::Fetcher> fetcher;
  std::optional<concurrency::Thread> thread;
};

Task<> FetchStage::State::run() {
  while (!draining) {
    stir.clear();
    const TimePoint until = paused ? TimePoint::max() : lease_all_due();
    if (draining) break;
    co_await stir.wait(until);
  }
  account(Clock::now(), &FetchTimes::nothing);
  inside.close();
  sitemaps.drain();
  co_await inside.empty();
  co_await robots_gate.close();
  co_await sitemaps.close();
  fetcher->close();
  parts.pages->close();
}

// Starts everything that may start now; returns when it is worth looking again unasked.
TimePoint FetchStage::State::lease_all_due() {
  std::optional<PageQueue::Place> place;
  while (!draining) {
    const TimePoint now = Clock::now();
    if (active >= settings.fetch.transfers) {
      account(now, &FetchTimes::all_in_use);
      return TimePoint::max();
    }
    if (!place) place = parts.pages->try_reserve();
    if (!place) {
      account(now, &FetchTimes::queue_full);
      return TimePoint::max();
    }
    const auto due = schedule.next(now);
    if (!due) {
      const bool pending = parts.frontier->counts().pending > 0;
      account(now, pending ? &FetchTimes::polite : &FetchTimes::nothing);
      return schedule.next_time();
    }
    account(now, &FetchTimes::leasing);
    if (due->action == HostSchedule::Action::kSettle) {
      robots_gate.ask(due->origin);
    } else if (due->action == HostSchedule::Action::kErrand) {
      sitemaps.ask(due->origin);
    } else if (!lease_from(due->origin, now, place)) {
      return TimePoint::max();  // the page limit
    }
  }
  return TimePoint::max();
}

// Leases one URL and starts its transfer, or ends it unasked. False at the page limit.
bool FetchStage::State::lease_from(OriginId origin, TimePoint now,
                                   std::optional<PageQueue::Place>& place) {
  auto lease = parts.frontier->lease(origin);
  if (!lease) {
    schedule.has_none(origin);
    return true;
  }
  auto page = std::make_unique<Page>();
  page->lease = *std::move(lease);
  if (auto refused = robots_gate.refuses(page->lease, page->why)) {
    page->refused = refused;
    finish(std::move(page));
    schedule.still_due(origin, now);
    return true;
  }
  if (page->lease.attempts == 0 && asked() >= settings.crawl.max_pages) {
    (void)parts.frontier->give_back(page->lease);
    draining = true;
    parts.limit_reached();
    return false;
  }
  schedule.started(origin, now);
  ++active;
  {
    concurrency::MutexLock lock(mutex);
    figures.asked += page->lease.attempts == 0;
    figures.retries += page->lease.attempts > 0;
    ++figures.in_flight;
  }
  auto pass = inside.enter();
  loop.spawn(visit(std::move(page), std::move(*place), *std::move(pass)));
  place.reset();
  return true;
}

Task<> FetchStage::State::visit(PagePtr page, PageQueue::Place place,
                                [[maybe_unused]] concurrency::Gate::Pass pass) {
  const TimePoint start = Clock::now();
  fetch::FetchRequest request = request_for(page->lease);
  page->fetched = co_await fetcher->fetch(std::move(request));
  const FetchResult& result = page->fetched;
  const TimePoint end = Clock::now();
  --active;
  schedule.connected(page->lease.origin, result.ip);
  schedule.finished(page->lease.origin, end, answer_of(result, start));
  stir.set();
  {
    concurrency::MutexLock lock(mutex);
    --figures.in_flight;
    ++figures.transfers;
    figures.transfer_seconds += seconds(end - start);
    figures.paused_seconds += result.paused_ms / 1000;
  }
  if (result.outcome == FetchOutcome::kCancelled) {
    (void)parts.frontier->give_back(page->lease);
    co_return;
  }
  ++page->lease.attempts;
  const bool again = worth_retrying(result)
                         ? page->lease.attempts <= settings.fetch.retries
                         : !jar_of(page->lease).empty() && page->lease.attempts == 1 &&
                               wants_its_cookie_back(page->lease, result);
  if (again && !draining) {
    Lease lease = page->lease;
    const Clock::duration wait = retry_wait(lease.attempts);
    loop.spawn(retry_later(std::move(lease), wait, std::move(pass)));
    co_return;
  }
  if (result.body) {
    page->queued = end;
    (void)parts.pages->put(std::move(place), std::move(page));
  } else {
    finish(std::move(page));
  }
}

// Waits without a transfer and without a place, then gives the lease back to be leased again.
Task<> FetchStage::State::retry_later(Lease lease, Clock::duration wait,
                                      [[maybe_unused]] concurrency::Gate::Pass pass) {
  const TimePoint when = Clock::now() + wait;
  while (!draining && Clock::now() < when) co_await robots_gate.drained().wait(when);
  if (parts.frontier->give_back(lease)) {
    schedule.has_work(lease.origin, parts.frontier->origin(lease.origin), lease.list);
  }
  stir.set();
}

fetch::FetchRequest FetchStage::State::request_for(const Lease& lease) const {
  fetch::FetchRequest request;
  request.url = lease.url;
  request.headers = settings.lists.at(lease.list).headers;
  const bool secrets = !request.headers.empty() || !settings.lists[lease.list].auth.empty();
  if (secrets && !parts.admission->trusts(lease.list, *parse::Url::parse(lease.url))) {
    std::erase_if(request.headers, [](const auto& header) { return is_credential(header.first); });
  } else {
    request.auth = auth.at(lease.list);
  }
  if (const auto* validators = parts.earlier ? parts.earlier->find(lease.url) : nullptr) {
    request.if_none_match = validators->etag;
    request.if_modified_since = validators->last_modified;
  }
  request.allow_private = robots_gate.allows_private(lease.origin);
  request.cookies = jar_of(lease);
  return request;
}

const std::string& FetchStage::State::jar_of(const Lease& lease) const {
  const auto& own = settings.lists.at(lease.list).cookies;
  return own ? *own : settings.fetch.cookies;
}

Clock::duration FetchStage::State::retry_wait(std::uint32_t attempts) {
  std::uniform_real_distribution<double> jitter(0.75, 1.25);
  const double wait = std::ldexp(seconds(kFirstRetry), static_cast<int>(attempts) - 1);
  return std::chrono::duration_cast<Clock::duration>(
      std::chrono::duration<double>(wait * jitter(random)));
}

std::uint64_t FetchStage::State::asked() const {
  concurrency::MutexLock lock(mutex);
  return figures.asked;
}

void FetchStage::State::account(TimePoint now, double FetchTimes::*next) {
  concurrency::MutexLock lock(mutex);
  figures.times.*doing += seconds(now - doing_since);
  doing = next;
  doing_since = now;
}

FetchStage::FetchStage(const config::Settings& settings, Parts parts)
    : state_(std::make_unique<State>(settings, std::move(parts))) {}

FetchStage::~FetchStage() {
  if (!state_->thread) return;
  drop();
  join();
}

void FetchStage::start() {
  // The loop and the store have time: what comes while a parser computes waits for them together,
  // and is dealt with in one go.
  state_->thread.emplace(concurrency::ThreadOptions{.name = "loop", .batch = true},
                         [state = state_.get()] {
                           state->loop.run(state->run());
                           state->fetcher.reset();
                         });
  state_->thread->start();
}

void FetchStage::news(OriginId origin, const std::string& name, std::uint32_t list) {
  state_->loop.post([state = state_.get(), origin, name, list] {
    state->schedule.has_work(origin, name, list);
    state->stir.set();
  });
}

void FetchStage::drain() noexcept {
  state_->draining = true;  // at once: the loop may deal with the end of a transfer first
  state_->loop.post([state = state_.get()] {
    state->robots_gate.drain();
    state->sitemaps.drain();
    state->stir.set();
  });
}

void FetchStage::drop() noexcept {
  drain();
  state_->loop.post([state = state_.get()] {
    if (state->fetcher) state->fetcher->cancel();
  });
}

void FetchStage::pause(bool paused) {
  state_->loop.post([state = state_.get(), paused] {
    state->paused = paused;
    state->stir.set();
  });
}

void FetchStage::join() {
  state_->thread->join();
  state_->thread.reset();
}

FetchFigures FetchStage::figures() const {
  FetchFigures copy;
  {
    concurrency::MutexLock lock(state_->mutex);
    copy = state_->figures;
  }
  copy.busy_seconds = state_->loop.busy_seconds();
  copy.robots = state_->robots_gate.asked();
  copy.sitemaps = state_->sitemaps.figures();
  if (!state_->thread) copy.hosts = state_->schedule.proofs();
  return copy;
}

}  // namespace weir
