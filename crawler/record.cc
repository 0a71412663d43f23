#include "crawler/record.h"

#include <fmt/compile.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <nlohmann/json.hpp>

namespace weir {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, kOutcomes> kNames = {"ok",
                                                            "http_error",
                                                            "redirect",
                                                            "redirect_limit",
                                                            "bad_redirect",
                                                            "not_modified",
                                                            "dns",
                                                            "connect",
                                                            "tls",
                                                            "reset",
                                                            "protocol",
                                                            "timeout",
                                                            "too_slow",
                                                            "truncated",
                                                            "too_large",
                                                            "bad_encoding",
                                                            "blocked_address",
                                                            "robots_denied",
                                                            "robots_unavailable",
                                                            "parse_timeout",
                                                            "parse_crash",
                                                            "parse_memory",
                                                            "parse_refused"};

// Nothing to escape, nothing to check.
bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; });
}

// None, which is written as null, where the text is empty.
std::optional<std::string_view> unless_empty(std::string_view text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

// Bytes that are not UTF-8 (headers are free to hold them) become U+FFFD.
std::string serialised(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// {"name": null, "other": "one value", "third": ["several", "values"]}
Json extract_or_null(const PageRecord& r) {
  Json json;
  for (const auto& [name, values] : r.extract) {
    json[name] = values.size() > 1 ? Json(values) : values.empty() ? Json() : Json(values.front());
  }
  return json;
}

// One JSON object, its members in the order in which they are written.
class JsonObject {
 public:
  void text(std::string_view key, std::optional<std::string_view> value) {
    begin(key);
    if (!value) {
      line_ += "null";
    } else if (is_plain(*value)) {
      line_.append(1, '"').append(*value).append(1, '"');
    } else {
      line_ += serialised(*value);
    }
  }
  void number(std::string_view key, std::uint64_t value) {
    begin(key);
    fmt::format_to(std::back_inserter(line_), FMT_COMPILE("{}"), value);
  }
  // To three decimals: of milliseconds, more digits say nothing.
  void decimal(std::string_view key, double value) {
    begin(key);
    fmt::format_to(std::back_inserter(line_), FMT_COMPILE("{:.3f}"), value);
  }
  void raw(std::string_view key, std::string_view json) {
    begin(key);
    line_ += json;
  }
  std::string end() {
    line_ += '}';
    return std::move(line_);
  }

 private:
  void begin(std::string_view key) {
    line_.append(line_.size() > 1 ? ",\"" : "\"").append(key).append("\":");
  }

  std::string line_ = "{";
};

}  // namespace

std::string_view outcome_name(Outcome outcome) {
  return kNames.at(static_cast<std::size_t>(outcome));
}

std::optional<Outcome> outcome_from(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Outcome>(found - kNames.begin());
}

bool is_failure(Outcome outcome) {
  switch (outcome) {
    case Outcome::kOk:
    case Outcome::kRedirect:
    case Outcome::kNotModified:
    case Outcome::kRobotsDenied:
      return false;
    default:
      return true;
  }
}

std::string to_json_line(const PageRecord& r) {
  JsonObject json;
  json.text("url", r.url);
  json.text("parent", unless_empty(r.parent));
  json.text("list", r.list);
  json.number("depth", r.depth);
  json.text("outcome", outcome_name(r.outcome));
  r.status != 0 ? json.number("status", static_cast<std::uint64_t>(r.status))
                : json.raw("status", "null");
  json.text("error", unless_empty(r.error));
  json.text("content_type", unless_empty(r.content_type));
  json.text("charset", unless_empty(r.charset));
  json.number("bytes_wire", r.bytes_wire);
  json.number("bytes_decoded", r.bytes_decoded);
  json.text("ip", unless_empty(r.ip));
  json.text("http_version", unless_empty(r.http_version));
  json.text("to", unless_empty(r.to));
  json.number("hops", r.hops);
  json.number("attempts", r.attempts);
  json.decimal("ttfb_ms", r.ttfb_ms);
  json.decimal("fetch_ms", r.fetch_ms);
  json.decimal("queue_ms", r.queue_ms);
  json.decimal("parse_ms", r.parse_ms);
  json.text("digest", unless_empty(r.digest.empty() ? r.digest : "sha256:" + r.digest));
  json.text("simhash", unless_empty(r.simhash));
  json.text("title", r.title);
  json.text("description", r.description);
  json.text("lang", r.lang);
  json.text("canonical", r.canonical);
  json.text("robots", unless_empty(r.robots));
  json.number("links", r.links);
  json.number("words", r.words);
  json.raw("extract", serialised(extract_or_null(r)));
  json.text("etag", unless_empty(r.etag));
  json.text("last_modified", unless_empty(r.last_modified));
  json.text("quarantine", unless_empty(r.quarantine));
  json.decimal("time", r.time);
  return json.end() + '\n';
}

std::string links_json_line(std::string_view url, const std::vector<LinkRecord>& links) {
  std::string list = "[";
  for (const LinkRecord& link : links) {
    JsonObject json;
    json.text("to", link.to);
    json.text("el", link.el);
    json.text("rel", unless_empty(link.rel));
    if (list.size() > 1) list += ',';
    list += json.end();
  }
  JsonObject json;
  json.text("url", url);
  json.raw("links", list + ']');
  return json.end() + '\n';
}

}  // namespace weir
