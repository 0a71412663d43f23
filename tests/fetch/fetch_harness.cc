#include "tests/fetch/fetch_harness.h"

#include <utility>

namespace weir::fetch {

using concurrency::EventLoop;
using concurrency::Future;
using concurrency::Promise;
using config::IoModel;

namespace {

concurrency::Task<> stay(EventLoop& loop) { co_await loop.sleep_until(concurrency::kNever); }

}  // namespace

std::string model_name(IoModel io) {
  switch (io) {
    case IoModel::kBlocking:
      return "blocking";
    case IoModel::kThreads:
      return "threads";
    case IoModel::kPool:
      return "pool";
    case IoModel::kPolling:
      return "polling";
    case IoModel::kSelect:
      return "select";
    case IoModel::kCoroutines:
      return "coroutines";
    case IoModel::kUring:
      return "uring";
  }
  return "";
}

config::FetchSettings test_settings(IoModel io) {
  config::FetchSettings settings;
  settings.io = io;
  settings.allow_private = true;
  // No limit is met by accident, however slow the machine; the tests of limits set their own.
  settings.timeout = settings.connect_timeout = settings.first_byte_timeout =
      settings.low_speed_window = std::chrono::seconds(200);
  settings.insecure = true;  // spares every harness the system's certificates
  return settings;
}

FetchHarness::FetchHarness(const config::FetchSettings& settings,
                           const concurrency::SlabArenaOptions& arena, NameOptions names)
    : arena_(arena), names_(std::move(names)) {
  FetcherParts parts{
      .settings = settings, .user_agent = "weir-test/1", .arena = &arena_, .names = &names_};
  if (!needs_loop(settings.io)) {
    fetcher_ = make_fetcher(parts);
    return;
  }
  loop_ = std::make_unique<EventLoop>(poller_for(settings.io));
  parts.loop = loop_.get();
  fetcher_ = make_fetcher(parts);
  keeper_ = loop_->spawn(stay(*loop_));
  thread_ = std::thread([this] { loop_->run(); });
}

FetchHarness::~FetchHarness() {
  if (!loop_) return;
  on_loop([this] {
    fetcher_.reset();
    keeper_.cancel();
  });
  thread_.join();
}

void FetchHarness::on_loop(std::function<void()> call) {
  const auto done = std::make_shared<Promise<void>>();
  const Future<void> future = done->future();
  loop_->post([done, call = std::move(call)] {
    call();
    done->set_value();
  });
  future.wait();
}

Future<FetchResult> FetchHarness::start(FetchRequest request) {
  if (!loop_) return fetcher_->fetch(std::move(request));
  auto promise = std::make_shared<Promise<FetchResult>>();
  promise->start();
  Future<FetchResult> future = promise->future();
  loop_->post([this, promise, request = std::move(request)] {
    fetcher_->fetch(request).on_done(
        [promise](Future<FetchResult> done) { promise->set_value(std::move(done).get()); });
  });
  return future;
}

}  // namespace weir::fetch
