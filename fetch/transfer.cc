#include "fetch/transfer.h"

#include <unistd.h>

#include <utility>

#include "fetch/address_policy.h"

namespace weir::fetch {
namespace {

double milliseconds(TransferClock::Span span) {
  return std::chrono::duration<double, std::milli>(span).count();
}

TransferClock::TimePoint now() { return std::chrono::steady_clock::now(); }

}  // namespace

Transfer::Transfer(TransferKit& kit, void* owner)
    : kit_(kit), owner_(owner), easy_(curl_easy_init()) {
  if (!easy_) throw std::bad_alloc();
  default_headers_.add("Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");
  default_headers_.add("Accept-Encoding: gzip, deflate, br, zstd");
  set_fixed_options();
}

bool Transfer::begin(FetchRequest request, TimePoint start) {
  const auto& settings = kit_.parts.settings;
  request_ = std::move(request);
  stop_.reset();
  why_.clear();
  message_[0] = '\0';
  opened_socket_ = refused_socket_ = false;
  pins_ = nullptr;
  allow_private_ = request_.allow_private || settings.allow_private;
  clock_.start(
      {.total = request_.timeout.value_or(settings.timeout),
       .connect = settings.connect_timeout,
       .first_byte = settings.first_byte_timeout,
       .window = settings.low_speed_window,
       .window_bytes = settings.low_speed_bytes *
                       static_cast<std::uint64_t>(settings.low_speed_window.count()) / 1000},
      start);
  reply_.begin({.max_body = settings.max_body,
                .max_header_bytes = settings.max_header_bytes,
                .max_header_count = settings.max_header_count,
                .policy = request_.body,
                .text_limit = request_.text_limit,
                .two_rounds = request_.auth.scheme == AuthScheme::kDigest},
               kit_.parts.arena);

  needs_name_ = false;
  const auto authority = split_authority(request_.url);
  if (!authority) {
    stop(FetchOutcome::kProtocol, "not a URL of http or https");
    return false;
  }
  at_ = *authority;
  const bool numeric = is_numeric_address(at_.host);
  if (numeric && !allow_private_ && !is_public(at_.host)) {
    stop(FetchOutcome::kBlockedAddress, at_.host + " is not a public address");
    return false;
  }
  needs_name_ = !numeric && kit_.proxy != ProxyKind::kNamesThere;
  set_request_options();
  return true;
}

bool Transfer::use(HostPins& pins, const NameAnswer& answer) {
  needs_name_ = false;
  if (answer.addresses.empty()) {
    stop(FetchOutcome::kDns, answer.error.empty() ? "the name has no address" : answer.error);
    return false;
  }
  std::vector<std::string> allowed;
  for (const auto& address : answer.addresses) {
    if (allow_private_ || is_public(address)) allowed.push_back(address);
  }
  if (allowed.empty()) {
    stop(FetchOutcome::kBlockedAddress, answer.addresses[0] + " is not a public address");
    return false;
  }
  host_port_ = at_.host + ':' + std::to_string(at_.port);
  resolve_ = pins.pin(host_port_, allowed);
  pins_ = &pins;
  if (resolve_.get() != nullptr) curl_easy_setopt(easy(), CURLOPT_RESOLVE, resolve_.get());
  return true;
}

bool Transfer::over_limit(TimePoint at) {
  if (stop_) return true;
  const auto limit = clock_.exceeded(at);
  if (!limit) return false;
  const auto after =
      " after " + std::to_string(static_cast<long>(milliseconds(clock_.active(at)))) + " ms";
  switch (*limit) {
    case TransferClock::Limit::kTotal:
      stop(FetchOutcome::kTimeout, "not done" + after);
      break;
    case TransferClock::Limit::kFirstByte:
      stop(FetchOutcome::kTimeout, "no reply" + after);
      break;
    case TransferClock::Limit::kSpeed:
      stop(FetchOutcome::kTooSlow, "below the lowest speed" + after);
      break;
    case TransferClock::Limit::kConnect:
      needs_name_ ? stop(FetchOutcome::kDns, "no answer" + after)
                  : stop(FetchOutcome::kConnect, "not connected" + after);
      break;
  }
  return true;
}

CURLcode Transfer::resume(TimePoint at) {
  clock_.resume(at);
  reply_.unpause();
  return curl_easy_pause(easy(), CURLPAUSE_CONT);
}

void Transfer::stop(FetchOutcome outcome, std::string why) noexcept {
  if (stop_) return;
  stop_ = outcome;
  why_ = std::move(why);
}

FetchOutcome Transfer::outcome(CURLcode code) {
  if (stop_ == FetchOutcome::kCancelled) return *stop_;
  if (code == CURLE_OK && !stop_) {
    reply_.end();
    if (!reply_.has_head()) why_ = "the connection ended within the head of the reply";
  }
  const bool head_too_large = stop_ == FetchOutcome::kTooLarge && !reply_.has_head();
  if (reply_.has_head() && !head_too_large) {
    const bool conditional = !request_.if_none_match.empty() || !request_.if_modified_since.empty();
    const auto by_status = outcome_of_status(
        reply_.status(), !reply_.headers().first("location").empty(), conditional);
    if (by_status != FetchOutcome::kOk || (code == CURLE_OK && !stop_)) return by_status;
  }
  if (stop_) return *stop_;
  if (code == CURLE_OK) return FetchOutcome::kReset;
  why_ = message_[0] != '\0' ? message_.data() : curl_easy_strerror(code);
  if (refused_socket_ && !opened_socket_ && !clock_.is_connected()) {
    return FetchOutcome::kBlockedAddress;
  }
  const auto phase = reply_.has_head()       ? Phase::kBody
                     : clock_.is_connected() ? Phase::kWaiting
                                             : Phase::kConnecting;
  return outcome_of_failure(code, phase, why_);
}

FetchResult Transfer::finish(CURLcode code, TimePoint at) {
  FetchResult result;
  result.outcome = outcome(code);
  result.body_complete = code == CURLE_OK && !stop_ && reply_.has_head();
  reply_.finish(result);
  result.error = std::move(why_);

  char* ip = nullptr;
  long version = 0, connects = 0;
  curl_easy_getinfo(easy(), CURLINFO_PRIMARY_IP, &ip);
  curl_easy_getinfo(easy(), CURLINFO_HTTP_VERSION, &version);
  curl_easy_getinfo(easy(), CURLINFO_NUM_CONNECTS, &connects);
  if (clock_.is_connected() || opened_socket_) result.ip = ip != nullptr ? ip : "";
  if (clock_.has_first_byte()) {
    result.http_version = version == CURL_HTTP_VERSION_1_0   ? "1.0"
                          : version == CURL_HTTP_VERSION_1_1 ? "1.1"
                          : version == CURL_HTTP_VERSION_2_0 ? "2"
                                                             : "";
  }
  result.reused = clock_.is_connected() && connects == 0;
  if (!result.reused) result.connect_ms = milliseconds(clock_.until_connected());
  result.ttfb_ms = milliseconds(clock_.until_first_byte());
  result.fetch_ms = milliseconds(clock_.active(at));
  result.paused_ms = milliseconds(clock_.paused(at));

  if (pins_ != nullptr) pins_->release(host_port_);
  pins_ = nullptr;
  if (tainted_) {
    curl_easy_reset(easy());
    share_ = nullptr;
    set_fixed_options();
  } else if (resolve_.get() != nullptr) {
    curl_easy_setopt(easy(), CURLOPT_RESOLVE, nullptr);
  }
  resolve_.clear();
  return result;
}

std::size_t Transfer::on_header(char* bytes, std::size_t one, std::size_t size, void* self) {
  auto& me = *static_cast<Transfer*>(self);
  const std::string_view line(bytes, one * size);
  me.clock_.bytes(now(), line.size());
  const bool was_final = me.reply_.has_head();
  if (!me.reply_.head_line(line)) {
    if (!was_final) me.stop(FetchOutcome::kTooLarge, "the head of the reply is over its limit");
    return was_final ? line.size() : 0;
  }
  if (!was_final && (line == "\r\n" || line == "\n")) {
    long status = 0;
    curl_off_t length = -1;
    curl_easy_getinfo(me.easy(), CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(me.easy(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    if (!me.reply_.end_of_head(static_cast<int>(status), length)) {
      me.stop(FetchOutcome::kOk, "");
      return 0;
    }
  }
  return line.size();
}

std::size_t Transfer::on_body(char* bytes, std::size_t one, std::size_t size, void* self) {
  auto& me = *static_cast<Transfer*>(self);
  const std::string_view body(bytes, one * size);
  switch (me.reply_.body(body)) {
    case Reply::Take::kMore:
      me.clock_.bytes(now(), body.size());
      return body.size();
    case Reply::Take::kPause:
      me.clock_.pause(now());
      return CURL_WRITEFUNC_PAUSE;
    case Reply::Take::kTooLarge:
      me.stop(FetchOutcome::kTooLarge, "the body is over its limit");
      return 0;
    case Reply::Take::kUnwanted:
      me.stop(FetchOutcome::kOk, "");
      return 0;
  }
  return 0;
}

curl_socket_t Transfer::on_socket(void* self, curlsocktype, curl_sockaddr* address) {
  auto& me = *static_cast<Transfer*>(self);
  // With a proxy this is the proxy's address, which the user named.
  if (me.kit_.proxy == ProxyKind::kNone && !me.allow_private_ && !is_public(address->addr)) {
    me.refused_socket_ = true;
    return CURL_SOCKET_BAD;
  }
  me.opened_socket_ = true;
  const int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (me.kit_.fd_limit == 0 || fd < me.kit_.fd_limit) return fd;
  close(fd);
  return CURL_SOCKET_BAD;
}

// Between the connection, new or reused, and the request.
int Transfer::on_request(void* self, char* peer, char*, int, int) {
  auto& me = *static_cast<Transfer*>(self);
  me.clock_.connected(now());
  if (!me.opened_socket_ && me.kit_.proxy == ProxyKind::kNone && !me.allow_private_ &&
      !is_public(peer)) {
    me.stop(FetchOutcome::kBlockedAddress, std::string(peer) + " is not a public address");
    return CURL_PREREQFUNC_ABORT;
  }
  return CURL_PREREQFUNC_OK;
}

}  // namespace weir::fetch
