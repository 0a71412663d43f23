// What a run learned about one host: counters, and for the first hosts of a run tables of what
// their pages say.
//
//   HostFigures& host = hosts["h.example:80"];
//   if (hosts.size() <= kMaxHostTables) host.tables = std::make_unique<HostTables>();
//   host.add(record); host.add(record, facts, ...);
//
// Thread-compatible.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "crawler/duplicates.h"
#include "crawler/histogram.h"
#include "crawler/record.h"
#include "parse/page.h"

namespace weir {

// Names and how often; beyond a number of names, the rest is under "(other)".
using Counter = std::map<std::string, std::uint64_t, std::less<>>;
void count(Counter& counter, std::string_view name, std::uint64_t times, std::size_t most_names);

struct Extreme {
  double value = 0;
  std::string url;
};

// What a page is beside others of the run.
struct PageStanding {
  bool title_missing = false;
  bool title_repeated = false;  // on its host
  Duplicates::Kind duplicate = Duplicates::Kind::kNew;
};

// Of links of one page, what several tables count.
struct LinkTally {
  std::array<std::uint64_t, 7> kinds{};  // by LinkKind
  std::uint64_t internal = 0, external = 0, nofollow = 0, bad = 0;
};

// About 10 KB.
struct HostTables {
  static constexpr std::size_t kMaxNames = 30;
  CoarseHistogram parse_ms, page_bytes;
  Counter charsets, charsets_declared, languages, elements, link_rels;
  std::array<std::uint64_t, 7> link_kinds{};
  Extreme slowest, largest;
};

struct HostFigures {
  static constexpr std::size_t kMaxTables = 1000;  // hosts of a run that have them

  void add(const PageRecord& record);
  void add(const PageRecord& record, const parse::PageFacts& facts, const PageStanding& standing,
           const LinkTally& links);

  std::uint64_t pages = 0;  // records
  std::uint64_t failed = 0;
  std::uint64_t bytes_wire = 0;
  double fetch_ms = 0;  // sum
  std::uint64_t fetched = 0;

  std::uint64_t parsed = 0;  // HTML pages; what follows is of these
  std::uint64_t bytes_parsed = 0;
  double parse_ms = 0;  // sum
  std::uint64_t parse_errors = 0;
  std::uint64_t titles_missing = 0, titles_repeated = 0;
  std::uint64_t exact_duplicates = 0, near_duplicates = 0;
  std::uint64_t charset_disagrees = 0, noindex = 0, nofollow = 0, words = 0;
  std::uint64_t links_internal = 0, links_external = 0, links_nofollow = 0;
  std::unique_ptr<HostTables> tables;
};

// bad_encoding, parse_timeout, parse_crash, parse_memory, parse_refused.
bool is_parse_error(Outcome outcome);

}  // namespace weir
