// Transfers multiplexed on one thread: one curl multi handle driven by an EventLoop's poller. For
// fetch/*.cc only; make_fetcher() makes it.
//
// Thread-bound to the loop, but for close() and cancel().
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "concurrency/event_loop.h"
#include "concurrency/timer.h"
#include "fetch/curl_handles.h"
#include "fetch/fetcher.h"
#include "fetch/host_pins.h"
#include "fetch/loop_port.h"
#include "fetch/transfer.h"
#include "fetch/transfer_kit.h"

namespace weir::fetch {

class MultiFetcher final : public Fetcher {
 public:
  explicit MultiFetcher(const FetcherParts& parts);
  ~MultiFetcher() override;

  concurrency::Future<FetchResult> fetch(FetchRequest request) override;
  void close() noexcept override { closed_ = true; }
  void cancel() noexcept override;
  std::size_t in_flight() const noexcept override { return in_flight_; }

 private:
  struct Job;
  struct Watch;

  void look_up(Job& job);
  void run(Job& job, const NameAnswer& answer);
  void start(Job& job);
  void finish(Job& job, CURLcode code);
  void cancel_all();

  void drive(curl_socket_t fd, unsigned events);
  void drain();
  void sweep();
  void resume(Job& job);
  void resume_paused();

  void watch(curl_socket_t fd, int what);
  void unwatch(curl_socket_t fd) noexcept;
  static int on_interest(CURL* easy, curl_socket_t fd, int what, void* self, void* unused);
  static int on_timer(CURLM* multi, long ms, void* self);
  static int on_close(void* self, curl_socket_t fd);

  concurrency::EventLoop& loop_;
  TransferKit kit_;
  std::shared_ptr<LoopPort> port_;
  std::atomic<bool> closed_{false};
  std::atomic<std::size_t> in_flight_{0};
  concurrency::Timer curl_timer_;                // libcurl's own
  concurrency::Timer sweep_timer_;               // looks after every transfer's limits
  std::vector<std::unique_ptr<Watch>> watches_;  // by descriptor
  HostPins pins_;
  std::vector<std::shared_ptr<Job>> active_, idle_;
  std::uint64_t serial_ = 0;
  MultiHandle multi_;  // last: closing its connections calls back
};

}  // namespace weir::fetch
