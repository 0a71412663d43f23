// One transfer on one reusable easy handle: its options, its callbacks, its limits and what became
// of it. Both fetchers drive this, so that their results are the same. For fetch/*.cc only.
//
//   if (transfer.begin(std::move(request), now)) {
//     if (transfer.needs_name()) transfer.use(pins, names.lookup(transfer.host()).get());
//     run(transfer.easy());
//   }
//   FetchResult result = transfer.finish(code, now);
//
// Thread-compatible.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "fetch/curl_handles.h"
#include "fetch/fetcher.h"
#include "fetch/host_pins.h"
#include "fetch/names.h"
#include "fetch/outcome.h"
#include "fetch/reply.h"
#include "fetch/transfer_clock.h"
#include "fetch/transfer_kit.h"
#include "fetch/url_authority.h"

namespace weir::fetch {

class Transfer {
 public:
  using TimePoint = TransferClock::TimePoint;

  // `owner` is what CURLINFO_PRIVATE gives back.
  Transfer(TransferKit& kit, void* owner);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // False if it must not reach libcurl: finish() says why.
  bool begin(FetchRequest request, TimePoint now);
  bool needs_name() const noexcept { return needs_name_; }
  const std::string& host() const noexcept { return at_.host; }
  const std::vector<std::string>& given_addresses() const { return request_.addresses; }
  // Takes the addresses to connect to. False as begin(). `pins` outlives the transfer.
  bool use(HostPins& pins, const NameAnswer& answer);
  CURL* easy() const noexcept { return easy_.get(); }

  // What stops a transfer from outside: then take the handle out of its multi and finish().
  bool over_limit(TimePoint now);
  void cancel() noexcept { stop(FetchOutcome::kCancelled, "cancelled"); }
  TimePoint next_deadline() const { return clock_.next_deadline(); }

  bool paused() const noexcept { return reply_.paused(); }
  bool needs_slot() const noexcept { return reply_.needs_slot(); }
  // Tries again to store what there was no memory for. An error ends the transfer.
  CURLcode resume(TimePoint now);

  // The answer; the handle is ready for the next begin(). Requires: the easy is in no multi.
  FetchResult finish(CURLcode code, TimePoint now);

 private:
  void set_fixed_options();
  void set_request_options();
  void set_headers();
  void set_auth();
  void stop(FetchOutcome outcome, std::string why) noexcept;
  FetchOutcome outcome(CURLcode code);

  static std::size_t on_header(char* bytes, std::size_t one, std::size_t size, void* self);
  static std::size_t on_body(char* bytes, std::size_t one, std::size_t size, void* self);
  static curl_socket_t on_socket(void* self, curlsocktype purpose, curl_sockaddr* address);
  static int on_request(void* self, char* peer, char* local, int peer_port, int local_port);

  TransferKit& kit_;
  void* owner_;
  FetchRequest request_;
  Authority at_;
  std::string host_port_;
  HostPins* pins_ = nullptr;  // that hold host_port_
  bool allow_private_ = false;
  bool needs_name_ = false;
  bool tainted_ = false;  // credentials went into the handle: nothing of it is kept
  bool opened_socket_ = false, refused_socket_ = false;
  TransferClock clock_;
  Reply reply_;
  std::optional<FetchOutcome> stop_;
  std::string why_;
  CURLSH* share_ = nullptr;
  CurlList default_headers_, headers_, resolve_;
  std::array<char, CURL_ERROR_SIZE> message_{};
  EasyHandle easy_;  // last: it ends before what its callbacks use
};

}  // namespace weir::fetch
