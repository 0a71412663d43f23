// CPU of fetching one page: an IO model of ours against the least that libcurl needs.
//
//   fetch_bench URL [PAGES] [PARALLEL] [ROUNDS] [MODEL...]
//
// Any server on loopback that gives a page of 30 KB will do. Rounds alternate, so that a noisy
// machine disturbs all alike; the medians and their ratios are printed.
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "concurrency/await_future.h"
#include "concurrency/event_loop.h"
#include "concurrency/slab_arena.h"
#include "fetch/baseline.h"
#include "fetch/make_fetcher.h"

namespace weir {
namespace {

using concurrency::EventLoop;
using concurrency::Task;

double cpu_seconds() {
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(use.ru_utime) + seconds(use.ru_stime);
}

// One of `parallel` coroutines that share the pages.
Task<> fetch_some(fetch::Fetcher& fetcher, std::string url, std::size_t& left, std::size_t& good) {
  while (left > 0) {
    --left;
    fetch::FetchRequest request{.url = url};
    auto future = fetcher.fetch(std::move(request));
    const fetch::FetchResult result = co_await std::move(future);
    if (result.outcome == fetch::FetchOutcome::kOk && result.body_complete) ++good;
  }
}

std::size_t fetch_ours(const std::string& url, std::size_t count, std::size_t parallel,
                       config::IoModel io) {
  concurrency::SlabArena arena({.memory = 64 << 20, .max_body = 10 << 20, .slots = 2 * parallel});
  fetch::Names names;
  EventLoop loop(fetch::poller_for(io));
  config::FetchSettings settings;
  settings.io = io;
  settings.transfers = parallel;
  settings.allow_private = true;
  settings.insecure = url.starts_with("https");
  const auto fetcher = fetch::make_fetcher({.settings = settings,
                                            .user_agent = "weir-bench",
                                            .arena = &arena,
                                            .names = &names,
                                            .loop = &loop});
  std::size_t left = count, good = 0;
  for (std::size_t i = 0; i < parallel; ++i) loop.spawn(fetch_some(*fetcher, url, left, good));
  loop.run();
  return good;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

int run(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: fetch_bench URL [PAGES] [PARALLEL] [ROUNDS] [MODEL...]\n");
    return 2;
  }
  const std::string url = argv[1];
  const auto number = [&](int at, std::size_t otherwise) {
    return argc > at ? static_cast<std::size_t>(std::atol(argv[at])) : otherwise;
  };
  const std::size_t pages = number(2, 20'000), parallel = number(3, 32), rounds = number(4, 5);
  const std::map<std::string, config::IoModel> known{{"coroutines", config::IoModel::kCoroutines},
                                                     {"select", config::IoModel::kSelect},
                                                     {"uring", config::IoModel::kUring},
                                                     {"polling", config::IoModel::kPolling}};
  std::vector<std::string> models;
  for (int i = 5; i < argc; ++i) models.emplace_back(argv[i]);
  if (models.empty()) models = {"bare", "coroutines"};

  std::map<std::string, std::vector<double>> us;
  for (std::size_t round = 0; round < rounds; ++round) {
    for (const auto& model : models) {
      const double before = cpu_seconds();
      const auto good = model == "bare" ? fetch::fetch_bare(url, pages, parallel)
                                        : fetch_ours(url, pages, parallel, known.at(model));
      us[model].push_back((cpu_seconds() - before) / static_cast<double>(pages) * 1e6);
      if (good != pages) {
        std::fprintf(stderr, "%s: %zu of %zu pages\n", model.c_str(), good, pages);
        return 1;
      }
    }
  }
  for (const auto& model : models) {
    std::printf("%-12s %6.1f us of CPU a page", model.c_str(), median(us[model]));
    if (model != "bare" && us.count("bare") > 0) {
      std::printf("  %.2fx", median(us[model]) / median(us["bare"]));
    }
    std::printf("\n");
  }
  return 0;
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) { return weir::run(argc, argv); }
