#include "fetch/blocking_fetcher.h"

#include <algorithm>
#include <set>
#include <utility>

#include "fetch/curl_handles.h"
#include "fetch/host_pins.h"
#include "fetch/transfer.h"

namespace weir::fetch {

using concurrency::Future;
using concurrency::MutexLock;
using concurrency::Promise;

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kSlotWait = std::chrono::milliseconds(50);
constexpr std::size_t kIdlePins = 64;
constexpr long kKeptConnections = 8;  // of one lane

}  // namespace

// A multi handle of its own with one transfer in it, which is how curl_easy_perform() works as
// well; but this one can be woken, and keeps to our clocks.
class BlockingFetcher::Lane {
 public:
  explicit Lane(TransferKit& kit)
      : kit_(kit), pins_(kIdlePins), transfer_(kit, nullptr), multi_(curl_multi_init()) {
    if (!multi_) throw std::bad_alloc();
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, kKeptConnections);
  }

  FetchResult run(FetchRequest request, const std::stop_token& all, const std::stop_token& one) {
    const std::stop_callback on_all(all, [this] { wake(); });
    const std::stop_callback on_one(one, [this] { wake(); });
    const auto stopped = [&] { return all.stop_requested() || one.stop_requested(); };
    if (!transfer_.begin(std::move(request), Clock::now()) ||
        (transfer_.needs_name() && !look_up(all))) {
      if (stopped()) transfer_.cancel();
      return transfer_.finish(CURLE_OK, Clock::now());
    }
    CURLcode code = CURLE_OUT_OF_MEMORY;
    if (curl_multi_add_handle(multi_.get(), transfer_.easy()) == CURLM_OK) {
      code = perform(stopped);
      curl_multi_remove_handle(multi_.get(), transfer_.easy());
    }
    return transfer_.finish(code, Clock::now());
  }

  // From any thread: there is memory again, or it is time to stop.
  void wake() noexcept {
    woken_ = true;
    curl_multi_wakeup(multi_.get());
  }

 private:
  bool look_up(const std::stop_token& stop) {
    if (!transfer_.given_addresses().empty()) {
      return transfer_.use(pins_, {transfer_.given_addresses(), ""});
    }
    const Future<NameAnswer> answer = kit_.parts.names->lookup(transfer_.host());
    while (!answer.wait_until(transfer_.next_deadline(), stop)) {
      if (stop.stop_requested() || transfer_.over_limit(Clock::now())) return false;
    }
    return transfer_.use(pins_, answer.get());
  }

  template <typename Stopped>
  CURLcode perform(Stopped stopped) {
    for (int running = 1;;) {
      curl_multi_perform(multi_.get(), &running);
      int left = 0;
      if (const CURLMsg* done = curl_multi_info_read(multi_.get(), &left)) return done->data.result;
      if (stopped()) transfer_.cancel();
      const auto now = Clock::now();
      if (transfer_.over_limit(now)) return CURLE_OK;

      const auto wait = transfer_.needs_slot() ? now + kSlotWait : transfer_.next_deadline();
      const auto ms = std::chrono::ceil<std::chrono::milliseconds>(
          std::min<Clock::duration>(wait - now, std::chrono::seconds(1)));
      curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(ms.count()), nullptr);
      if (transfer_.paused() && (woken_.exchange(false) || transfer_.needs_slot())) {
        const CURLcode code = transfer_.resume(Clock::now());
        if (code != CURLE_OK) return code;
      }
    }
  }

  TransferKit& kit_;
  std::atomic<bool> woken_{false};
  HostPins pins_;
  Transfer transfer_;
  MultiHandle multi_;
};

struct BlockingFetcher::Busy {
  concurrency::Mutex mutex{"busy lanes"};
  std::set<Lane*> lanes GUARDED_BY(mutex);

  void wake_all() noexcept {
    MutexLock lock(mutex);
    for (Lane* lane : lanes) lane->wake();
  }
};

BlockingFetcher::BlockingFetcher(const FetcherParts& parts,
                                 std::unique_ptr<concurrency::Executor> executor)
    : kit_(parts), busy_(std::make_shared<Busy>()), executor_(std::move(executor)) {
  if (parts.arena != nullptr) parts.arena->on_credit([busy = busy_] { busy->wake_all(); });
}

BlockingFetcher::~BlockingFetcher() {
  cancel();
  executor_->shutdown();
  if (kit_.parts.arena != nullptr) kit_.parts.arena->on_credit(nullptr);
}

Future<FetchResult> BlockingFetcher::fetch(FetchRequest request) {
  Promise<FetchResult> promise;
  promise.start();
  Future<FetchResult> future = promise.future();
  if (closed_) {
    promise.set_value(FetchResult());
    return future;
  }
  ++in_flight_;
  executor_->post([this, request = std::move(request), promise = std::move(promise)]() mutable {
    run(std::move(request), std::move(promise));
  });
  return future;
}

void BlockingFetcher::run(FetchRequest request, Promise<FetchResult> promise) {
  FetchResult result;
  if (!stop_.stop_requested()) {
    auto lane = take();
    result = lane->run(std::move(request), stop_.get_token(), promise.stop_token());
    give_back(std::move(lane));
  }
  --in_flight_;
  promise.set_value(std::move(result));
}

std::unique_ptr<BlockingFetcher::Lane> BlockingFetcher::take() {
  std::unique_ptr<Lane> lane;
  {
    MutexLock lock(mutex_);
    if (!idle_.empty()) {
      lane = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (!lane) lane = std::make_unique<Lane>(kit_);
  MutexLock lock(busy_->mutex);
  busy_->lanes.insert(lane.get());
  return lane;
}

void BlockingFetcher::give_back(std::unique_ptr<Lane> lane) {
  {
    MutexLock lock(busy_->mutex);
    busy_->lanes.erase(lane.get());
  }
  MutexLock lock(mutex_);
  idle_.push_back(std::move(lane));
}

void BlockingFetcher::cancel() noexcept {
  closed_ = true;
  stop_.request_stop();  // wakes every lane
}

}  // namespace weir::fetch
