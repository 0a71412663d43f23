#include "crawler/pipeline.h"

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <stop_token>
#include <system_error>

#include <fmt/format.h>

#include "concurrency/event.h"
#include "concurrency/event_fd.h"
#include "concurrency/in_flight.h"
#include "concurrency/mutex.h"
#include "concurrency/thread.h"
#include "concurrency/unique_fd.h"
#include "crawler/earlier_run.h"
#include "crawler/seeds.h"

namespace weir {

namespace {

// Seeds are read ahead of the crawl only so far.
constexpr std::uint64_t kSeedsAhead = 100'000;

std::ptrdiff_t page_places(const config::Settings& settings) {
  return static_cast<std::ptrdiff_t>(std::max(settings.queue.queue, settings.fetch.transfers));
}

// A body has a slot from its transfer's start to its record: as many as there are places in the
// page queue and in the parse stage.
std::size_t slots(const config::Settings& settings) {
  return static_cast<std::size_t>(page_places(settings)) + 2 * parser_count(settings.parse) + 16;
}

}  // namespace

const char* finish_name(Finish finish) {
  switch (finish) {
    case Finish::kFinished:
      return "finished";
    case Finish::kPageLimit:
      return "page_limit";
    case Finish::kTimeLimit:
      return "time_limit";
    case Finish::kStopped:
      return "stopped";
    case Finish::kInterrupted:
      return "interrupted";
    case Finish::kError:
      break;
  }
  return "error";
}

std::optional<EarlierRun> open_earlier(const config::Settings& settings, const Pipeline::Log& log) {
  if (settings.crawl.since.empty()) return std::nullopt;
  EarlierRun earlier(settings.crawl.since);
  if (!earlier.has_links()) {
    log("--since: the earlier run has no links.jsonl, so the links of unchanged pages are not "
        "followed");
  }
  return earlier;
}

struct Pipeline::State {
  State(const config::Settings& settings_, const RunFolder& folder_, Log log_);
  ~State();

  void start();
  void stop(Finish reason, const std::string& why);
  void read_seeds(std::stop_token stop);
  void for_each_unread(const std::function<void(const std::string&)>& visit);
  void take_down(std::stop_token stop);

  const config::Settings settings;
  const RunFolder folder;
  const Log log;
  const std::optional<EarlierRun> earlier;
  concurrency::SlabArena arena;
  concurrency::InFlight unfinished;
  std::unique_ptr<Frontier> frontier;
  PageQueue pages;
  Inbox inbox;
  Admission admission;
  Store store;
  ParseStage parse;
  FetchStage fetch;

  const std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
  std::stop_source stopping;
  concurrency::UniqueFd stop_fd = concurrency::make_event_fd();  // ends a read of standard input
  concurrency::UniqueFd ended_fd = concurrency::make_event_fd();
  // Of the seeds thread, and of for_each_unread() when that has ended.
  concurrency::Generator<SeedLine> reader = weir::read_seeds(settings.lists, stop_fd.get());
  concurrency::Event ended;
  concurrency::Event seeds_wanted;
  std::atomic<bool> seeds_read{false};

  mutable concurrency::Mutex mutex;
  Finish finish GUARDED_BY(mutex) = Finish::kFinished;
  std::string why GUARDED_BY(mutex);

  std::optional<concurrency::Thread> seeds;
  std::optional<concurrency::Thread> ending;
};

Pipeline::State::State(const config::Settings& settings_, const RunFolder& folder_, Log log_)
    : settings(settings_),
      folder(folder_),
      log(std::move(log_)),
      earlier(open_earlier(settings, log)),
      arena({.memory = settings.queue.memory,
             .max_body = settings.fetch.max_body,
             .slots = slots(settings)}),
      frontier(make_memory_frontier(settings.crawl.order)),
      pages(PageQueue::Limits{
          .items = page_places(settings),
          .bytes = 0,  // bodies are bounded by the arena, wherever they are
          .weigh = [](const PagePtr& page) { return page->fetched.body.size(); },
          .room = page_places(settings) / 8}),  // a full queue wakes the loop for a batch
      admission(settings, *frontier, unfinished,
                [this](OriginId origin, const std::string& name, std::uint32_t list) {
                  fetch.news(origin, name, list);
                }),
      store(settings, folder,
            {.frontier = frontier.get(),
             .admission = &admission,
             .unfinished = &unfinished,
             .inbox = &inbox,
             .earlier = earlier ? &*earlier : nullptr,
             .completed =
                 [this] {
                   if (frontier->counts().pending < kSeedsAhead / 2) seeds_wanted.set();
                 },
             .failed = [this](const std::string& reason) { stop(Finish::kError, reason); },
             .log = log}),
      parse(settings.parse,
            {.arena = &arena,
             .pages = &pages,
             .inbox = &inbox,
             .agent = product_token(settings.crawl.user_agent),
             .broken = [this](const std::string& reason) { stop(Finish::kError, reason); }}),
      fetch(settings, {.frontier = frontier.get(),
                       .admission = &admission,
                       .unfinished = &unfinished,
                       .earlier = earlier ? &*earlier : nullptr,
                       .arena = &arena,
                       .pages = &pages,
                       .inbox = &inbox,
                       .limit_reached = [this] { stop(Finish::kPageLimit, {}); },
                       .log = log}) {}

Pipeline::State::~State() {
  if (!ending) return;
  stop(Finish::kInterrupted, {});
  ending->join();
}

void Pipeline::State::start() {
  store.start();
  parse.start();
  fetch.start();
  // The reader holds a token, else the count would be zero before the first seed is admitted.
  seeds.emplace(concurrency::ThreadOptions{.name = "seeds"},
                [this, token = unfinished.add()](std::stop_token) mutable {
                  read_seeds(stopping.get_token());
                  seeds_read = true;
                  token.done();
                });
  ending.emplace(concurrency::ThreadOptions{.name = "ending"},
                 [this](std::stop_token) { take_down(stopping.get_token()); });
  seeds->start();
  ending->start();
}

void Pipeline::State::read_seeds(std::stop_token stop) {
  try {
    while (!stop.stop_requested()) {
      const auto line = reader.next();
      if (!line) return;
      if (const auto problem = admission.seed(*line)) {
        log(fmt::format("warning: {}: {}", line->origin, *problem));
      }
      if (frontier->counts().pending > kSeedsAhead) {
        seeds_wanted.clear();
        if (frontier->counts().pending > kSeedsAhead) seeds_wanted.wait(stop);
      }
    }
  } catch (const std::system_error& error) {
    this->stop(Finish::kError, error.what());
  }
}

// What the reader had not come to when it was stopped.
void Pipeline::State::for_each_unread(const std::function<void(const std::string&)>& visit) {
  try {
    while (const auto line = reader.next()) {
      if (const auto url = seed_url(line->text)) visit(url->href());
    }
  } catch (const std::system_error& error) {
    log(fmt::format("warning: {}", error.what()));
  }
}

// The order of shutdown: leases stop, fetchers drain, the page queue closes, parsers drain and
// their processes end, the inbox closes, the store flushes.
void Pipeline::State::take_down(std::stop_token stop) {
  (void)unfinished.join_until(concurrency::kNever, stop);
  fetch.drain();
  fetch.join();
  parse.join();
  concurrency::notify(stop_fd.get());
  stopping.request_stop();
  seeds->join();
  inbox.close();
  store.join();
  ended.set();
  concurrency::notify(ended_fd.get());
}

void Pipeline::State::stop(Finish reason, const std::string& text) {
  {
    concurrency::MutexLock lock(mutex);
    if (reason > finish) {
      finish = reason;
      why = text;
    }
  }
  if (reason == Finish::kInterrupted || reason == Finish::kError) {
    fetch.drop();
  } else {
    fetch.drain();
  }
  concurrency::notify(stop_fd.get());
  stopping.request_stop();
}

Pipeline::Pipeline(const config::Settings& settings, const RunFolder& folder, Log log)
    : state_(std::make_unique<State>(settings, folder, std::move(log))) {}

Pipeline::~Pipeline() = default;

void Pipeline::start() { state_->start(); }
void Pipeline::stop(Finish reason, const std::string& why) { state_->stop(reason, why); }
bool Pipeline::ended(concurrency::Deadline deadline) { return state_->ended.wait_until(deadline); }
int Pipeline::ended_fd() const { return state_->ended_fd.get(); }

Progress Pipeline::progress() const {
  Progress now;
  now.elapsed =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - state_->started).count();
  now.urls = state_->frontier->counts();
  now.fetch = state_->fetch.figures();
  now.parse = state_->parse.figures();
  now.store = state_->store.figures();
  now.pages = state_->pages.stats();
  now.inbox = state_->inbox.stats();
  now.memory = state_->arena.figures();
  now.admission = state_->admission.counts();
  now.seeds_read = state_->seeds_read;
  return now;
}

std::vector<concurrency::PoolWorkerFigures> Pipeline::parsers() const {
  return state_->parse.processes();
}

Finish Pipeline::finish() const {
  concurrency::MutexLock lock(state_->mutex);
  return state_->finish;
}

std::string Pipeline::why() const {
  concurrency::MutexLock lock(state_->mutex);
  return state_->why;
}

const Statistics& Pipeline::statistics() const { return state_->store.statistics(); }
const std::vector<std::string>& Pipeline::failed_seeds() const {
  return state_->store.failed_seeds();
}

std::string Pipeline::url(UrlId id) const { return state_->frontier->url(id); }

void Pipeline::for_each_pending(const std::function<void(const std::string& url)>& visit) {
  // In this order: what is completed in between has its record in the buffer, or in the file.
  state_->frontier->for_each_unfinished(visit);
  for (const std::string& url : state_->store.unwritten()) visit(url);
  if (state_->ended.is_set()) state_->for_each_unread(visit);
}

}  // namespace weir
