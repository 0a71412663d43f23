#include "crawler/parse_stage.h"

#include <algorithm>
#include <optional>

#include "concurrency/cpus.h"
#include "concurrency/mutex.h"
#include "concurrency/semaphore.h"
#include "concurrency/thread.h"
#include "concurrency/thread_pool.h"
#include "crawler/host_schedule.h"
#include "parse/extract.h"
#include "parse/wire.h"
#include "parse/worker.h"

namespace weir {

using concurrency::Got;
using concurrency::PoolReply;
using concurrency::PoolTask;

namespace {

// The most that a page's URL and those of its headers that matter may take on their way to a
// parser: twice the default of --max-header-bytes.
constexpr std::size_t kMaxRequest = 512 * 1024;

double milliseconds(Clock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

parse::ParseRequest request_of(const Page& page, const config::ParseSettings& settings,
                               const std::string& agent) {
  parse::ParseRequest request;
  request.url = page.lease.url;
  const fetch::HeaderBlock& headers = page.fetched.headers;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    if (!parse::header_matters(headers.name(i))) continue;
    request.headers.emplace_back(headers.name(i), headers.value(i));
  }
  request.truncated = !page.fetched.body_complete;
  request.agent = agent;
  request.max_decoded = settings.max_decoded;
  request.max_links = settings.max_links;
  return request;
}

void take_reply(Page& page, PoolReply reply) {
  page.parse_ms = milliseconds(std::chrono::duration_cast<Clock::duration>(reply.running));
  page.parse_tries = reply.tries;
  switch (reply.kind) {
    case PoolReply::Kind::kDone:
      page.encoded_facts = std::move(reply.result);
      return;
    case PoolReply::Kind::kTimeout:
      page.parse_failure = Outcome::kParseTimeout;
      page.why = "parsing took longer than --parse-timeout";
      return;
    case PoolReply::Kind::kMemory:
      page.parse_failure = Outcome::kParseMemory;
      page.why = "parsing took more than --parse-memory";
      return;
    default:
      page.parse_failure = Outcome::kParseCrash;
      page.why = reply.kind == PoolReply::Kind::kCrash ? "the parser died: " + reply.exit.describe()
                                                       : "the parser failed: " + reply.message;
  }
}

}  // namespace

std::size_t parser_count(const config::ParseSettings& settings) {
  if (settings.mode == config::ParseMode::kInline) return 1;
  if (settings.parsers != 0) return settings.parsers;
  return static_cast<std::size_t>(concurrency::available_cpus());
}

struct ParseStage::State {
  State(const config::ParseSettings& settings_, Parts parts_)
      : settings(settings_), parts(std::move(parts_)), workers(parser_count(settings_)) {
    if (settings.mode == config::ParseMode::kProcesses) {
      processes.emplace(concurrency::ProcessPoolOptions{
          .role = std::string(parse::kWorkerRole),
          .thread_name = "parse",
          .workers = workers,
          .source = [this] { return next_task(); },
          .bodies = parts.arena,
          .init = parse::worker_init(settings),
          .header_bytes = kMaxRequest,
          .tasks_per_worker = settings.max_pages_per_worker,
      });
    } else if (settings.mode == config::ParseMode::kThreads) {
      threads.emplace(
          concurrency::ThreadPoolOptions{.threads = static_cast<int>(workers), .name = "parse"});
    }
  }

  void run();
  Got<PoolTask> next_task();
  void take_back(PagePtr page, PoolReply reply);
  void to_threads(PagePtr page);
  void parse_here(Page& page);
  void finish(PagePtr page) { (void)parts.inbox->put(std::move(page)); }
  void count(double busy_ms, int tries);

  const config::ParseSettings settings;
  const Parts parts;
  const std::size_t workers;
  const parse::ExtractRules extract{settings.extract};

  mutable concurrency::Mutex mutex;
  ParseFigures figures GUARDED_BY(mutex);
  bool told_broken GUARDED_BY(mutex) = false;

  // One page running and one ahead for each thread, as the process pool has it.
  concurrency::Semaphore ahead{static_cast<std::ptrdiff_t>(2 * workers)};
  std::optional<concurrency::ProcessPool> processes;
  std::optional<concurrency::ThreadPool> threads;
  std::optional<concurrency::Thread> thread;  // but with processes: their pool has one
};

// Threads and inline.
void ParseStage::State::run() {
  for (PagePtr& page : *parts.pages) {
    page->queue_ms = milliseconds(Clock::now() - page->queued);
    if (threads) {
      to_threads(std::move(page));
    } else {
      parse_here(*page);
      finish(std::move(page));
    }
  }
  if (threads) threads->shutdown();
}

// Processes: the pool's thread asks for a page when a worker has a place for it.
Got<PoolTask> ParseStage::State::next_task() {
  Got<PagePtr> page;
  std::string request;
  for (;;) {
    page = parts.pages->try_get();
    if (!page) return {page.status, std::nullopt};
    (*page)->queue_ms = milliseconds(Clock::now() - (*page)->queued);
    request = encode_request(request_of(**page, settings, parts.agent));
    if (request.size() <= kMaxRequest) break;
    (*page)->parse_failure = Outcome::kParseRefused;
    (*page)->why = "its URL and headers are too long for a parser";
    finish(*std::move(page.item));
  }
  PoolTask task{.header = std::move(request),
                .body = &(*page)->fetched.body,
                .time_limit = settings.parse_timeout};
  task.reply.future().on_done(
      [this, page = *std::move(page.item)](concurrency::Future<PoolReply> done) mutable {
        take_back(std::move(page), std::move(done).get());
      });
  return {concurrency::QueueStatus::kOk, std::move(task)};
}

void ParseStage::State::take_back(PagePtr page, PoolReply reply) {
  const bool broken = reply.kind == PoolReply::Kind::kBroken;
  const std::string why = reply.message;
  take_reply(*page, std::move(reply));
  count(page->parse_ms, page->parse_tries);
  if (broken) page->fetched.outcome = fetch::FetchOutcome::kCancelled;  // its lease goes back
  finish(std::move(page));
  if (!broken) return;
  {
    concurrency::MutexLock lock(mutex);
    if (std::exchange(told_broken, true)) return;
  }
  parts.broken(why);
}

void ParseStage::State::to_threads(PagePtr page) {
  ahead.acquire();
  threads->post([this, page = std::move(page)]() mutable {
    parse_here(*page);
    finish(std::move(page));
    ahead.release();
  });
}

void ParseStage::State::parse_here(Page& page) {
  thread_local parse::PageMemory memory(settings.parse_memory);
  parse::ParseRequest request = request_of(page, settings, parts.agent);
  request.body = page.fetched.body.bytes();
  request.extract = &extract;
  const auto start = Clock::now();
  page.facts = parse::parse_page(request, memory);
  page.parse_ms = milliseconds(Clock::now() - start);
  page.parse_tries = 1;
  page.facts->cpu_us = static_cast<std::uint32_t>(page.parse_ms * 1000);
  count(page.parse_ms, 1);
}

void ParseStage::State::count(double busy_ms, int tries) {
  concurrency::MutexLock lock(mutex);
  ++figures.pages;
  figures.busy_seconds += busy_ms / 1000;
  figures.retries += static_cast<std::uint64_t>(std::max(0, tries - 1));
}

ParseStage::ParseStage(const config::ParseSettings& settings, Parts parts)
    : state_(std::make_unique<State>(settings, std::move(parts))) {}

ParseStage::~ParseStage() = default;

void ParseStage::start() {
  State* state = state_.get();
  if (state->processes) {
    state->parts.pages->on_item([state] { state->processes->wake(); });
    state->processes->wake();  // it may have looked before
    return;
  }
  state->thread.emplace(concurrency::ThreadOptions{.name = "parse"}, [state] { state->run(); });
  state->thread->start();
}

void ParseStage::join() {
  if (state_->processes) {
    state_->processes->wait();
  } else {
    state_->thread->join();
  }
}

void ParseStage::resize(std::size_t parsers) {
  if (state_->processes) state_->processes->resize(parsers);
}

ParseFigures ParseStage::figures() const {
  ParseFigures copy;
  {
    concurrency::MutexLock lock(state_->mutex);
    copy = state_->figures;
  }
  copy.workers = state_->workers;
  if (state_->processes) {
    const concurrency::ProcessPoolFigures pool = state_->processes->figures();
    copy.workers = pool.workers;
    copy.crashes = pool.deaths;
    copy.timeouts = pool.timeouts;
    copy.out_of_memory = pool.out_of_memory;
    copy.restarts = pool.started > pool.workers ? pool.started - pool.workers : 0;
    copy.cpu_seconds = std::chrono::duration<double>(pool.cpu).count();
  }
  return copy;
}

std::vector<concurrency::PoolWorkerFigures> ParseStage::processes() const {
  if (!state_->processes) return {};
  return state_->processes->workers();
}

}  // namespace weir
