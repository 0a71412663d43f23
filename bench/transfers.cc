#include "bench/transfers.h"

#include <algorithm>
#include <stdexcept>

#include "bench/usage.h"
#include "concurrency/await_future.h"
#include "concurrency/event_loop.h"
#include "concurrency/slab_arena.h"
#include "fetch/baseline.h"
#include "fetch/make_fetcher.h"

namespace weir::bench {
namespace {

using concurrency::Clock;
using concurrency::EventLoop;
using concurrency::Task;

// What the coroutines of one run share.
struct Run {
  fetch::Fetcher& fetcher;
  const std::string& url;
  std::uint64_t left;
  concurrency::Deadline until;
  std::uint64_t good = 0, failed = 0;
  std::string error;
};

// One of those at once.
Task<> fetch_some(Run& run) {
  while (run.left > 0 && Clock::now() < run.until) {
    --run.left;
    fetch::FetchRequest request{.url = run.url};
    const fetch::FetchResult result = co_await run.fetcher.fetch(std::move(request));
    if (result.outcome == fetch::FetchOutcome::kOk && result.body_complete) {
      ++run.good;
    } else {
      ++run.failed;
      run.error = std::string(to_string(result.outcome)) + " " + std::to_string(result.status) +
                  " " + result.error;
    }
  }
}

class OurFetcher {
 public:
  OurFetcher(const TransferSpec& spec, config::IoModel io)
      : spec_(spec),
        arena_({.memory = 256 << 20, .max_body = 1 << 20, .slots = spec.at_once + 16}),
        loop_(fetch::poller_for(io)) {
    config::FetchSettings settings;
    settings.io = io;
    settings.transfers = settings.fetch_threads = spec.at_once;
    settings.allow_private = true;
    settings.ca_file = spec.ca_file;
    fetcher_ = fetch::make_fetcher({.settings = settings,
                                    .user_agent = "weir-bench",
                                    .arena = &arena_,
                                    .names = &names_,
                                    .loop = &loop_});
  }

  std::uint64_t fetch(std::uint64_t pages, concurrency::Deadline until) {
    Run run{*fetcher_, spec_.url, pages, until, 0, 0, {}};
    for (std::uint64_t i = 0; i < spec_.at_once; ++i) loop_.spawn(fetch_some(run));
    loop_.run();
    if (run.failed > 0) {
      throw std::runtime_error(std::to_string(run.failed) + " transfers failed: " + run.error);
    }
    return run.good;
  }

 private:
  const TransferSpec& spec_;
  concurrency::SlabArena arena_;
  fetch::Names names_;
  EventLoop loop_;
  std::unique_ptr<fetch::Fetcher> fetcher_;
};

// What is made once, connections included, is made before the figures begin.
template <typename Fetch>
Json measure(const TransferSpec& spec, const Resident& before_all, const Fetch& fetch) {
  fetch(2 * spec.at_once, concurrency::kNever);
  const auto until = spec.seconds > 0
                         ? concurrency::after(std::chrono::duration<double>(spec.seconds))
                         : concurrency::kNever;
  const auto start = Clock::now();
  const ProcessUse before = ProcessUse::now();
  const std::uint64_t good = fetch(spec.pages > 0 ? spec.pages : UINT64_MAX, until);
  const ProcessUse used = ProcessUse::now() - before;
  const std::chrono::duration<double> seconds = Clock::now() - start;
  const auto pages = static_cast<double>(good);
  return {{"pages", good},
          {"pages_per_s", pages / seconds.count()},
          {"cpu_us", used.cpu_us / pages},
          {"voluntary", used.voluntary / pages},
          {"involuntary", used.involuntary / pages},
          {"memory", resident().peak - before_all.now}};
}

Json measure_here(const Json& told) {
  const TransferSpec spec{.url = told.at("url"),
                          .model = told.at("model"),
                          .at_once = told.at("at_once"),
                          .pages = told.at("pages"),
                          .seconds = told.at("seconds"),
                          .ca_file = told.at("ca_file")};
  const Resident before = resident();
  const auto all = [](std::uint64_t good, std::uint64_t pages) {
    if (good != pages) throw std::runtime_error(std::to_string(pages - good) + " pages failed");
    return good;
  };
  if (spec.model == kBare) {
    return measure(spec, before, [&](std::uint64_t pages, concurrency::Deadline) {
      return all(fetch::fetch_bare(spec.url, pages, spec.at_once), pages);
    });
  }
  if (spec.model == kCurlDefault) {
    fetch::DefaultCurl curl(spec.ca_file);
    return measure(spec, before, [&](std::uint64_t pages, concurrency::Deadline) {
      return all(curl.fetch(spec.url, pages), pages);
    });
  }
  const auto found = std::find(io_models().begin(), io_models().end(), spec.model);
  OurFetcher ours(spec, static_cast<config::IoModel>(found - io_models().begin()));
  return measure(spec, before, [&](std::uint64_t pages, concurrency::Deadline until) {
    return ours.fetch(pages, until);
  });
}

}  // namespace

// In the order of config::IoModel.
const std::vector<std::string>& io_models() {
  static const std::vector<std::string> names{"blocking", "threads",    "pool", "polling",
                                              "select",   "coroutines", "uring"};
  return names;
}

Json measure_transfers(const TransferSpec& spec) {
  return measure_apart(kTransfersRole, {{"url", spec.url},
                                        {"model", spec.model},
                                        {"at_once", spec.at_once},
                                        {"pages", spec.pages},
                                        {"seconds", spec.seconds},
                                        {"ca_file", spec.ca_file}});
}

int transfers_role(concurrency::RoleContext& role) { return answer_apart(role, measure_here); }

}  // namespace weir::bench
