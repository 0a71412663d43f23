// What libcurl is told: once per handle, and for each request.
#include <algorithm>

#include "fetch/transfer.h"

namespace weir::fetch {
namespace {

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 ? c != '\t' : c == 0x7f;
  });
}

}  // namespace

std::optional<Auth> Auth::parse(std::string_view text) {
  if (text.empty()) return Auth();
  const auto space = text.find(' ');
  if (space == std::string_view::npos) return {};
  const auto scheme = text.substr(0, space);
  const auto rest = text.substr(space + 1);
  if (rest.empty() || has_control(rest)) return {};
  if (same_name(scheme, "bearer")) return Auth{AuthScheme::kBearer, "", std::string(rest)};
  const auto colon = rest.find(':');
  if (colon == std::string_view::npos) return {};
  Auth auth{AuthScheme::kBasic, std::string(rest.substr(0, colon)),
            std::string(rest.substr(colon + 1))};
  if (same_name(scheme, "digest")) auth.scheme = AuthScheme::kDigest;
  if (auth.scheme == AuthScheme::kBasic && !same_name(scheme, "basic")) return {};
  return auth;
}

void Transfer::set_fixed_options() {
  CURL* const h = easy();
  const auto& settings = kit_.parts.settings;
  tainted_ = false;
  curl_easy_setopt(h, CURLOPT_PRIVATE, owner_);
  curl_easy_setopt(h, CURLOPT_ERRORBUFFER, message_.data());
  curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(h, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(h, CURLOPT_PATH_AS_IS, 1L);  // dot segments were dealt with
  curl_easy_setopt(h, CURLOPT_BUFFERSIZE, 64 * 1024L);
  curl_easy_setopt(h, CURLOPT_USERAGENT, kit_.parts.user_agent.c_str());
  curl_easy_setopt(h, CURLOPT_HTTPHEADER, default_headers_.get());
  curl_easy_setopt(h, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(h, CURLOPT_HTTP_CONTENT_DECODING, 0L);
  curl_easy_setopt(h, CURLOPT_DNS_CACHE_TIMEOUT, -1L);  // HostPins keeps it small
  // libcurl divides it among the addresses of a host; over_limit() is the limit itself.
  curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(settings.connect_timeout.count()));

  curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  curl_easy_setopt(h, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  curl_easy_setopt(h, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, &Transfer::on_socket);
  curl_easy_setopt(h, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(h, CURLOPT_PREREQFUNCTION, &Transfer::on_request);
  curl_easy_setopt(h, CURLOPT_PREREQDATA, this);

  if (kit_.close_socket != nullptr) {
    curl_easy_setopt(h, CURLOPT_CLOSESOCKETFUNCTION, kit_.close_socket);
    curl_easy_setopt(h, CURLOPT_CLOSESOCKETDATA, kit_.close_socket_data);
  }

  // An empty proxy, or the environment would name one.
  curl_easy_setopt(h, CURLOPT_PROXY, settings.proxy.c_str());
  curl_easy_setopt(h, CURLOPT_NOPROXY, "");

  curl_easy_setopt(h, CURLOPT_CAPATH, nullptr);
  curl_easy_setopt(h, CURLOPT_CAINFO, nullptr);
  if (kit_.authorities) {
    curl_easy_setopt(h, CURLOPT_SSL_CTX_FUNCTION, &CaStore::install);
    curl_easy_setopt(h, CURLOPT_SSL_CTX_DATA, kit_.authorities.get());
  } else {
    curl_easy_setopt(h, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(h, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (!settings.client_cert.empty()) {
    curl_easy_setopt(h, CURLOPT_SSLCERT, settings.client_cert.c_str());
    const auto& key = settings.client_key.empty() ? settings.client_cert : settings.client_key;
    curl_easy_setopt(h, CURLOPT_SSLKEY, key.c_str());
  }
}

void Transfer::set_request_options() {
  CURL* const h = easy();
  curl_easy_setopt(h, CURLOPT_URL, request_.url.c_str());
  // Only where TLS can settle the protocol is it worth while to wait for a connection to share: in
  // the clear, libcurl would wait for the first reply.
  const bool http2 = at_.https && kit_.parts.settings.http2;
  curl_easy_setopt(h, CURLOPT_HTTP_VERSION,
                   http2 ? long{CURL_HTTP_VERSION_2TLS} : long{CURL_HTTP_VERSION_1_1});
  curl_easy_setopt(h, CURLOPT_PIPEWAIT, http2 ? 1L : 0L);

  CURLSH* const share =
      request_.cookies.empty() ? kit_.shares.plain() : kit_.shares.with_jar(request_.cookies);
  if (share != share_) {
    curl_easy_setopt(h, CURLOPT_SHARE, share);
    // No file: it turns the cookies of the share on.
    curl_easy_setopt(h, CURLOPT_COOKIEFILE, request_.cookies.empty() ? nullptr : "");
    share_ = share;
  }
  set_headers();
  set_auth();
}

void Transfer::set_headers() {
  const bool plain = request_.headers.empty() && request_.if_none_match.empty() &&
                     request_.if_modified_since.empty();
  if (plain) {
    if (headers_.get() == nullptr) return;
    curl_easy_setopt(easy(), CURLOPT_HTTPHEADER, default_headers_.get());
    headers_.clear();
    return;
  }
  CurlList lines;
  for (const curl_slist* each = default_headers_.get(); each != nullptr; each = each->next) {
    const std::string_view line(each->data);
    const auto name = line.substr(0, line.find(':'));
    const bool replaced =
        std::any_of(request_.headers.begin(), request_.headers.end(),
                    [&](const auto& header) { return same_name(header.first, name); });
    if (!replaced) lines.add(each->data);
  }
  const auto add = [&](std::string_view name, std::string_view value) {
    // What could end the line early is not sent at all.
    if (name.empty() || has_control(name) || has_control(value)) return;
    // libcurl's way to send a field without a value.
    lines.add(value.empty() ? std::string(name) + ';'
                            : std::string(name).append(": ").append(value));
  };
  for (const auto& [name, value] : request_.headers) add(name, value);
  if (!request_.if_none_match.empty()) add("If-None-Match", request_.if_none_match);
  if (!request_.if_modified_since.empty()) add("If-Modified-Since", request_.if_modified_since);
  curl_easy_setopt(easy(), CURLOPT_HTTPHEADER, lines.get());
  headers_ = std::move(lines);
}

void Transfer::set_auth() {
  const Auth& auth = request_.auth;
  if (auth.scheme == AuthScheme::kNone) return;
  tainted_ = true;
  CURL* const h = easy();
  if (auth.scheme == AuthScheme::kBearer) {
    curl_easy_setopt(h, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
    curl_easy_setopt(h, CURLOPT_XOAUTH2_BEARER, auth.secret.c_str());
    return;
  }
  curl_easy_setopt(h, CURLOPT_HTTPAUTH,
                   auth.scheme == AuthScheme::kDigest ? CURLAUTH_DIGEST : CURLAUTH_BASIC);
  curl_easy_setopt(h, CURLOPT_USERNAME, auth.user.c_str());
  curl_easy_setopt(h, CURLOPT_PASSWORD, auth.secret.c_str());
}

}  // namespace weir::fetch
