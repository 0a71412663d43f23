// A Fetcher of any IO model with all that it stands on, driven from the test's thread.
//
//   FetchHarness harness(config::IoModel::kCoroutines);
//   FetchResult page = harness.get({.url = server.url("/")});
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "concurrency/event_loop.h"
#include "concurrency/slab_arena.h"
#include "fetch/make_fetcher.h"

namespace weir::fetch {

inline constexpr config::IoModel kAllModels[] = {
    config::IoModel::kBlocking, config::IoModel::kThreads, config::IoModel::kPool,
    config::IoModel::kPolling,  config::IoModel::kSelect,  config::IoModel::kCoroutines,
    config::IoModel::kUring};
std::string model_name(config::IoModel io);

// Settings that let a test reach its servers on loopback.
config::FetchSettings test_settings(config::IoModel io);

class FetchHarness {
 public:
  explicit FetchHarness(config::IoModel io) : FetchHarness(test_settings(io)) {}
  explicit FetchHarness(const config::FetchSettings& settings,
                        const concurrency::SlabArenaOptions& arena = {.memory = 64 << 20,
                                                                      .max_body = 4 << 20,
                                                                      .slots = 2000},
                        NameOptions names = {});
  ~FetchHarness();

  // With a fresh Future, completed on the fetcher's thread.
  concurrency::Future<FetchResult> start(FetchRequest request);
  FetchResult get(FetchRequest request) { return std::move(start(std::move(request))).get(); }
  FetchResult get(const std::string& url) { return get(FetchRequest{.url = url}); }

  Fetcher& fetcher() { return *fetcher_; }
  concurrency::SlabArena& arena() { return arena_; }
  Names& names() { return names_; }

 private:
  void on_loop(std::function<void()> call);  // waits for its end

  concurrency::SlabArena arena_;
  Names names_;
  std::unique_ptr<concurrency::EventLoop> loop_;
  concurrency::TaskHandle<> keeper_;  // keeps the loop running
  std::thread thread_;
  std::unique_ptr<Fetcher> fetcher_;
};

}  // namespace weir::fetch
