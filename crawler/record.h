// One line of pages.jsonl: what became of one URL. The names are stable; docs/records.md lists
// them.
//
//   std::string line = to_json_line(record);           // ends with a newline
//   std::string graph = links_json_line(record.url, facts.links);
//
// Thread-compatible.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

// A URL has exactly one final outcome.
enum class Outcome : std::uint8_t {
  kOk,             // a 2xx read whole and, where it is HTML, parsed
  kHttpError,      // any other final status
  kRedirect,       // `to` says where
  kRedirectLimit,  // too many hops, or a loop
  kBadRedirect,    // a redirect without a usable target
  kNotModified,
  kDns,
  kConnect,
  kTls,
  kReset,
  kProtocol,  // what came is not HTTP
  kTimeout,
  kTooSlow,
  kTruncated,  // ended early; what came is kept
  kTooLarge,   // cut at the limit
  kBadEncoding,
  kBlockedAddress,
  kRobotsDenied,
  kRobotsUnavailable,
  kParseTimeout,
  kParseCrash,
  kParseMemory,
  kParseRefused,
};
inline constexpr std::size_t kOutcomes = 23;

std::string_view outcome_name(Outcome outcome);  // "http_error"
std::optional<Outcome> outcome_from(std::string_view name);

// A failure for the person who reads the summary: neither a page nor a redirect, nor refused by us.
bool is_failure(Outcome outcome);

struct PageRecord {
  std::string url;
  std::string parent;  // empty: a seed
  std::string list;    // name of the [[list]] that it came by
  std::uint32_t depth = 0;
  Outcome outcome = Outcome::kOk;
  int status = 0;  // 0: none came
  std::string error;
  std::string content_type;  // essence
  std::string charset;
  std::uint64_t bytes_wire = 0;
  std::uint64_t bytes_decoded = 0;
  std::string ip;
  std::string http_version;
  std::string to;
  std::uint32_t hops = 0;
  std::uint32_t attempts = 0;
  double ttfb_ms = 0;
  double fetch_ms = 0;
  double queue_ms = 0;
  double parse_ms = 0;
  std::string digest;   // sha256 of the decoded body, hexadecimal
  std::string simhash;  // of the text, hexadecimal
  std::optional<std::string> title;
  std::optional<std::string> description;
  std::optional<std::string> lang;
  std::optional<std::string> canonical;
  std::string robots;  // "noindex", "nofollow", "noindex,nofollow" or empty
  std::uint32_t links = 0;
  std::uint64_t words = 0;
  // By name what its selector found; empty: nothing was looked for.
  std::vector<std::pair<std::string, std::vector<std::string>>> extract;
  std::string etag;  // validators, for a later --since
  std::string last_modified;
  std::string quarantine;  // file that holds the body that killed a parser
  double time = 0;         // Unix time of the final outcome, seconds
};

std::string to_json_line(const PageRecord& record);

struct LinkRecord {
  std::string to;  // without the fragment
  std::string el;
  std::string rel;  // tokens joined by a space
};

std::string links_json_line(std::string_view url, const std::vector<LinkRecord>& links);

}  // namespace weir
