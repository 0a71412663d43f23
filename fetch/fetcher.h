// One HTTP transfer, asked for and answered: the seam between the crawler and the IO models.
//
//   FetchRequest request{.url = "https://example.org/"};
//   FetchResult reply = co_await fetcher.fetch(std::move(request));
//
// Every transfer ends with exactly one outcome, whatever the network does. A redirect is never
// followed: it is the outcome kRedirect, its target is header("location").
//
// Fetcher: Thread-safe, or Thread-bound to its loop if it has one; cancel() and close() are
// Thread-safe always. The values: Thread-compatible.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "concurrency/future.h"
#include "concurrency/slab_arena.h"
#include "config/settings.h"
#include "fetch/header_block.h"

namespace weir::fetch {

// The words of pages.jsonl that a transfer can end with. A status other than 2xx decides alone,
// even if its body was cut (body_complete tells).
enum class FetchOutcome {
  kOk,           // a 2xx read whole, or as far as the body was wanted
  kHttpError,    // any other final status
  kRedirect,     // 301, 302, 303, 307, 308 with a Location
  kBadRedirect,  // ... without one
  kNotModified,  // 304 to a conditional request
  kDns,          // the name has no address, or none came within the connect timeout
  kConnect,      // refused, unreachable, the proxy said no, or the connect timeout
  kTls,
  kReset,      // the connection ended before the head of the reply was whole
  kProtocol,   // what came is not HTTP
  kTimeout,    // no first byte in time, or not done in time
  kTooSlow,    // less than the lowest speed over a whole window
  kTruncated,  // a 2xx that ended early; what came is kept
  kTooLarge,   // a 2xx cut at max_body and kept; or a head over its limits, any status
  kBlockedAddress,
  kCancelled,  // by Fetcher::cancel or after close; never recorded
};
std::string_view to_string(FetchOutcome outcome) noexcept;

enum class BodyPolicy {
  kAll,    // of every final reply
  kPages,  // of 2xx that are HTML, XHTML, XML or do not say: a parser could use it
  kNone,
};

enum class AuthScheme { kNone, kBasic, kDigest, kBearer };

struct Auth {
  AuthScheme scheme = AuthScheme::kNone;
  std::string user;
  std::string secret;  // the password, or the bearer token
  // "basic USER:PASSWORD", "digest USER:PASSWORD", "bearer TOKEN" (ListSettings::auth); empty text
  // is kNone, anything else is nothing.
  static std::optional<Auth> parse(std::string_view text);
};

// Everything not said here comes from FetchSettings.
struct FetchRequest {
  std::string url;  // absolute, serialised by the WHATWG rules; only http and https are asked
  config::Headers headers;  // sent as well, or instead of a default of that name
  Auth auth;
  std::string if_none_match;      // an entity tag as it came; empty: not sent
  std::string if_modified_since;  // an HTTP date as it came
  bool allow_private = false;     // or FetchSettings::allow_private
  BodyPolicy body = BodyPolicy::kPages;
  // 0: the body goes into a slab. Else into `text`, cut (kTooLarge) after so many bytes.
  std::size_t text_limit = 0;
  std::string cookies;  // the jar to use, a path; empty: no cookies are kept or sent
  // Connect to these (numeric) and to nothing else; empty: Names is asked. Not with a proxy.
  std::vector<std::string> addresses;
  std::optional<config::Duration> timeout;  // instead of FetchSettings::timeout
};

struct FetchResult {
  FetchOutcome outcome = FetchOutcome::kCancelled;
  int status = 0;     // of the final reply, 0 if none came
  std::string error;  // one line for people; empty where the status says it all
  std::string ip;     // of the peer (of the proxy, if there is one); empty if never connected
  std::string http_version;  // "1.0", "1.1", "2"; empty if no head came
  HeaderBlock headers;       // of the final reply, no trailers

  concurrency::Slab body;        // sealed; empty if nothing of it was kept
  std::string text;              // with text_limit
  bool body_wanted = false;      // the policy asked for the body of this reply
  bool body_complete = false;    // it came to its end
  std::uint64_t bytes_wire = 0;  // of the body as received: transfer coding off, content coding on
  std::uint64_t bytes_header = 0;  // of all heads, those of 1xx and authentication included

  bool reused = false;    // went over a connection that was open already
  double connect_ms = 0;  // name, connection and TLS; 0 if reused
  double ttfb_ms = 0;     // until the first byte of the reply
  double fetch_ms = 0;    // until the end, less the time paused for memory
  double paused_ms = 0;

  // The first value of that name, raw; empty if absent.
  std::string_view header(std::string_view name) const noexcept { return headers.first(name); }
};

class Fetcher {
 public:
  virtual ~Fetcher() = default;
  Fetcher() = default;
  Fetcher(const Fetcher&) = delete;
  Fetcher& operator=(const Fetcher&) = delete;

  // Never blocks on the network, except the blocking model, which returns when the transfer has
  // ended. After close() or cancel() the outcome is kCancelled, as it soon is after cancel() of the
  // future. The future never fails, and completes on the thread that runs the transfer.
  virtual concurrency::Future<FetchResult> fetch(FetchRequest request) = 0;

  // No more input: what is in flight goes on to its end.
  virtual void close() noexcept = 0;
  // As close(), and everything in flight completes as kCancelled, soon.
  virtual void cancel() noexcept = 0;

  virtual std::size_t in_flight() const noexcept = 0;
};

}  // namespace weir::fetch
