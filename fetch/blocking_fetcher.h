// Transfers that each hold a thread of an Executor until they end. For fetch/*.cc only;
// make_fetcher() makes it.
//
// Thread-safe.
#pragma once

#include <atomic>
#include <memory>
#include <stop_token>
#include <vector>

#include "concurrency/executor.h"
#include "concurrency/mutex.h"
#include "fetch/fetcher.h"
#include "fetch/transfer_kit.h"

namespace weir::fetch {

class BlockingFetcher final : public Fetcher {
 public:
  BlockingFetcher(const FetcherParts& parts, std::unique_ptr<concurrency::Executor> executor);
  ~BlockingFetcher() override;

  concurrency::Future<FetchResult> fetch(FetchRequest request) override;
  void close() noexcept override { closed_ = true; }
  void cancel() noexcept override;
  std::size_t in_flight() const noexcept override { return in_flight_; }

 private:
  // What a thread needs for a transfer, kept for the next one: its connections among it.
  class Lane;
  struct Busy;

  void run(FetchRequest request, concurrency::Promise<FetchResult> promise);
  std::unique_ptr<Lane> take();
  void give_back(std::unique_ptr<Lane> lane);

  TransferKit kit_;
  std::atomic<bool> closed_{false};
  std::atomic<std::size_t> in_flight_{0};
  std::stop_source stop_;
  mutable concurrency::Mutex mutex_{"blocking fetcher"};
  std::vector<std::unique_ptr<Lane>> idle_ GUARDED_BY(mutex_);
  std::shared_ptr<Busy> busy_;  // shared with the arena's callback, which may be late
  std::unique_ptr<concurrency::Executor> executor_;  // last: its threads use the rest
};

}  // namespace weir::fetch
