#include "crawler/record.h"

#include <algorithm>
#include <array>
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

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }
Json text_or_null(const std::optional<std::string>& text) { return text ? Json(*text) : Json(); }

// Milliseconds to the microsecond: more digits say nothing.
double rounded(double ms) { return std::round(ms * 1000.0) / 1000.0; }

// Bytes that are not UTF-8 (headers are free to hold them) become U+FFFD.
std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

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

// {"name": null, "other": "one value", "third": ["several", "values"]}
Json extract_or_null(const PageRecord& r) {
  Json json;
  for (const auto& [name, values] : r.extract) {
    json[name] = values.size() > 1 ? Json(values) : values.empty() ? Json() : Json(values.front());
  }
  return json;
}

std::string to_json_line(const PageRecord& r) {
  return line_of(Json{
      {"url", r.url},
      {"parent", text_or_null(r.parent)},
      {"list", r.list},
      {"depth", r.depth},
      {"outcome", outcome_name(r.outcome)},
      {"status", r.status != 0 ? Json(r.status) : Json()},
      {"error", text_or_null(r.error)},
      {"content_type", text_or_null(r.content_type)},
      {"charset", text_or_null(r.charset)},
      {"bytes_wire", r.bytes_wire},
      {"bytes_decoded", r.bytes_decoded},
      {"ip", text_or_null(r.ip)},
      {"http_version", text_or_null(r.http_version)},
      {"to", text_or_null(r.to)},
      {"hops", r.hops},
      {"attempts", r.attempts},
      {"ttfb_ms", rounded(r.ttfb_ms)},
      {"fetch_ms", rounded(r.fetch_ms)},
      {"queue_ms", rounded(r.queue_ms)},
      {"parse_ms", rounded(r.parse_ms)},
      {"digest", r.digest.empty() ? Json() : Json("sha256:" + r.digest)},
      {"simhash", text_or_null(r.simhash)},
      {"title", text_or_null(r.title)},
      {"description", text_or_null(r.description)},
      {"lang", text_or_null(r.lang)},
      {"canonical", text_or_null(r.canonical)},
      {"robots", text_or_null(r.robots)},
      {"links", r.links},
      {"words", r.words},
      {"extract", extract_or_null(r)},
      {"etag", text_or_null(r.etag)},
      {"last_modified", text_or_null(r.last_modified)},
      {"quarantine", text_or_null(r.quarantine)},
      {"time", r.time},
  });
}

std::string links_json_line(std::string_view url, const std::vector<LinkRecord>& links) {
  Json list = Json::array();
  for (const LinkRecord& link : links) {
    list.push_back({{"to", link.to}, {"el", link.el}, {"rel", text_or_null(link.rel)}});
  }
  return line_of(Json{{"url", url}, {"links", std::move(list)}});
}

}  // namespace weir
