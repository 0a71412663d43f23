// What a run learned about its pages, summed up as they are recorded.
//
//   statistics.add(lease.id, record, facts);   // the store, for every record
//   Json json = ...                         // summary.cc writes it into summary.json
//
// Constant memory, up to 110 MB, but for some 200 bytes for each host. Thread-bound to the store.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "crawler/distinct_counter.h"
#include "crawler/duplicates.h"
#include "crawler/histogram.h"
#include "crawler/host_figures.h"
#include "crawler/record.h"
#include "parse/page.h"

namespace weir {

class Statistics {
 public:
  // `facts` is null where nothing was parsed.
  void add(UrlId page, const PageRecord& record, const parse::PageFacts* facts);

  static constexpr std::size_t kMaxNames = 1000;  // of one counter

  std::array<std::uint64_t, kOutcomes> outcomes{};
  std::map<int, std::uint64_t> status;
  std::uint64_t records = 0;
  std::uint64_t bytes_wire = 0;
  std::uint64_t bytes_decoded = 0;
  std::uint64_t fetched = 0;  // answered, whatever the status
  std::uint64_t attempts = 0;
  Histogram fetch_ms, ttfb_ms, queue_ms;
  Counter http_versions, content_types;

  std::uint64_t parsed = 0;        // HTML pages
  std::uint64_t parsed_bytes = 0;  // decoded
  std::uint64_t parse_retries = 0;
  Histogram parse_ms, parse_cpu_ms, page_bytes, depth, words_per_page, links_per_page;
  std::vector<Extreme> slowest, largest;  // ten of each, worst first
  Counter charsets, charsets_from, charsets_declared, languages, elements, link_elements, link_rels;
  Counter charset_pairs;                // "declared > decoded by" where these differ
  std::uint64_t charset_disagrees = 0;  // pages of which they do
  std::array<std::uint64_t, 7> link_kinds{};
  std::uint64_t words = 0, text_bytes = 0, images = 0, images_without_alt = 0, forms = 0;
  std::uint64_t script_bytes = 0, style_bytes = 0, microdata = 0, feeds = 0, json_ld = 0;
  std::array<std::uint64_t, 6> headings{};
  std::uint64_t links_total = 0, links_internal = 0, links_external = 0, links_nofollow = 0;
  std::uint64_t links_bad = 0, links_dropped = 0;
  DistinctCounter links_unique;
  std::uint64_t titles_missing = 0, noindex = 0, nofollow = 0;
  std::uint64_t titles_repeated = 0;  // pages whose title a page before had
  Duplicates duplicates;
  std::map<std::string, HostFigures> hosts;  // by host:port

  struct Extracted {
    std::uint64_t pages = 0;  // that had a value
    std::uint64_t values = 0;
  };
  std::map<std::string, Extracted> extracted;  // by name
  std::uint64_t extracted_dropped = 0;

 private:
  // `here` is the origin of the page.
  void add_facts(const PageRecord& record, const parse::PageFacts& facts);
  LinkTally add_links(const parse::PageFacts& facts, const std::string& here);
  PageStanding standing_of(UrlId page, const PageRecord& record, const parse::PageFacts& facts,
                           const std::string& host);

  std::unordered_map<std::uint64_t, std::uint32_t> titles_;  // hash -> pages, capped
};

}  // namespace weir
