// Values of response headers, and of the HTML attributes that share their syntax.
//
//   ContentType type = parse_content_type({"text/html; charset=utf8"});  // "text/html", "UTF-8"
//   auto wait = parse_retry_after("120", now);                           // 120 s
//
// Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::parse {

struct ContentType {
  std::string essence;  // "text/html", lower case; empty: nothing usable was said
  std::string charset;  // WHATWG name of an encoding; empty: none, or no known one
};

// Fetch standard, "extract a MIME type", of all Content-Type values in order.
ContentType parse_content_type(const std::vector<std::string_view>& values);

// RFC 9110 10.2.3, seconds or a date in any of the three forms; a date in the past is 0.
// None: the value is to be ignored. Not capped: values saturate at 2^62 seconds.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view value,
                                                      std::chrono::sys_seconds now);

struct HeaderLink {
  std::string target;                 // not resolved
  std::vector<std::string> rel;       // lower case, in order
  std::optional<std::string> anchor;  // the link's context, where it is not the document itself
};

// RFC 8288 3, of all Link values in order. What follows something malformed in a value is left out.
std::vector<HeaderLink> parse_link_header(const std::vector<std::string_view>& values);

struct RefreshValue {
  std::uint64_t seconds = 0;       // saturates
  std::optional<std::string> url;  // not resolved; none: the document itself
};

// HTML standard, "shared declarative refresh steps", of a meta refresh or a Refresh header.
std::optional<RefreshValue> parse_refresh(std::string_view value);

// HTML standard, "parse a srcset attribute": the URL of every valid candidate, not resolved; views
// `value`.
std::vector<std::string_view> parse_srcset(std::string_view value);

struct RobotsDirectives {
  bool noindex = false;
  bool nofollow = false;
};

// What the page's robots metas and X-Robots-Tag headers together tell `agent` (a product token such
// as "weir"): metas named "robots" or as the agent, header values without agent or with ours; the
// most restrictive wins. `metas` holds [name, content] of each meta element, those of other names
// too.
RobotsDirectives combine_robots(
    const std::vector<std::pair<std::string_view, std::string_view>>& metas,
    const std::vector<std::string_view>& x_robots_tags, std::string_view agent);

}  // namespace weir::parse
