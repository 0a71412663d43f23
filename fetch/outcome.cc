#include "fetch/outcome.h"

namespace weir::fetch {

std::string_view to_string(FetchOutcome outcome) noexcept {
  switch (outcome) {
    case FetchOutcome::kOk:
      return "ok";
    case FetchOutcome::kHttpError:
      return "http_error";
    case FetchOutcome::kRedirect:
      return "redirect";
    case FetchOutcome::kBadRedirect:
      return "bad_redirect";
    case FetchOutcome::kNotModified:
      return "not_modified";
    case FetchOutcome::kDns:
      return "dns";
    case FetchOutcome::kConnect:
      return "connect";
    case FetchOutcome::kTls:
      return "tls";
    case FetchOutcome::kReset:
      return "reset";
    case FetchOutcome::kProtocol:
      return "protocol";
    case FetchOutcome::kTimeout:
      return "timeout";
    case FetchOutcome::kTooSlow:
      return "too_slow";
    case FetchOutcome::kTruncated:
      return "truncated";
    case FetchOutcome::kTooLarge:
      return "too_large";
    case FetchOutcome::kBlockedAddress:
      return "blocked_address";
    case FetchOutcome::kCancelled:
      return "cancelled";
  }
  return "protocol";
}

FetchOutcome outcome_of_status(int status, bool has_location, bool conditional) noexcept {
  if (status >= 200 && status < 300) return FetchOutcome::kOk;
  switch (status) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
      return has_location ? FetchOutcome::kRedirect : FetchOutcome::kBadRedirect;
    case 304:
      return conditional ? FetchOutcome::kNotModified : FetchOutcome::kHttpError;
    default:
      return status >= 200 ? FetchOutcome::kHttpError : FetchOutcome::kProtocol;
  }
}

FetchOutcome outcome_of_failure(CURLcode code, Phase phase, std::string_view message) noexcept {
  const auto says = [&](std::string_view text) {
    return message.find(text) != std::string_view::npos;
  };
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_URL_MALFORMAT:  // a host that libcurl takes for no name at all
      return FetchOutcome::kDns;
    case CURLE_COULDNT_CONNECT:
    case CURLE_INTERFACE_FAILED:
    case CURLE_PROXY:
      return FetchOutcome::kConnect;
    case CURLE_OPERATION_TIMEDOUT:
      return phase == Phase::kConnecting ? FetchOutcome::kConnect : FetchOutcome::kTimeout;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CLIENTCERT:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_USE_SSL_FAILED:
      return FetchOutcome::kTls;
    case CURLE_UNSUPPORTED_PROTOCOL:  // also: HTTP/0.9, or a version that does not exist
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
      return FetchOutcome::kProtocol;
    case CURLE_GOT_NOTHING:
      return FetchOutcome::kReset;
    case CURLE_PARTIAL_FILE:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      break;
    default:
      return FetchOutcome::kProtocol;
  }
  // One code stands for many events; the message alone tells them apart.
  if (says("in chunked-encoding")) return FetchOutcome::kProtocol;
  if (says("Too large response headers")) return FetchOutcome::kTooLarge;
  if (says("CONNECT tunnel") || says("proxy CONNECT") || says("Proxy CONNECT")) {
    return FetchOutcome::kConnect;
  }
  switch (phase) {
    case Phase::kConnecting:
      return FetchOutcome::kConnect;
    case Phase::kWaiting:
      return code == CURLE_HTTP2 ? FetchOutcome::kProtocol : FetchOutcome::kReset;
    case Phase::kBody:
      return FetchOutcome::kTruncated;
  }
  return FetchOutcome::kProtocol;
}

}  // namespace weir::fetch
