#include "crawler/statistics.h"

#include <gtest/gtest.h>

#include <string>

namespace weir {
namespace {

PageRecord record_of(const std::string& url) {
  PageRecord record;
  record.url = url;
  record.status = 200;
  record.parse_ms = 2;
  record.digest = url;
  return record;
}

parse::PageFacts html(const std::string& title) {
  parse::PageFacts facts;
  facts.html = true;
  facts.title = title;
  facts.charset = "UTF-8";
  facts.bytes_decoded = 1000;
  return facts;
}

TEST(Statistics, TheFirstHostsHaveTablesAndTheOthersCounters) {
  Statistics statistics;
  constexpr std::size_t kHosts = HostFigures::kMaxTables + 5;
  UrlId id = 0;
  for (int round = 0; round < 2; ++round) {
    for (std::size_t i = 0; i < kHosts; ++i) {
      const std::string url = "http://h" + std::to_string(i) + ".example/" + std::to_string(round);
      const auto facts = html("the same title");
      statistics.add(id++, record_of(url), &facts);
    }
  }
  EXPECT_EQ(statistics.hosts.size(), kHosts);
  std::size_t with_tables = 0;
  for (const auto& [name, host] : statistics.hosts) {
    with_tables += host.tables != nullptr;
    EXPECT_EQ(host.pages, 2u) << name;
    EXPECT_EQ(host.parsed, 2u) << name;
    EXPECT_EQ(host.titles_repeated, 1u) << name;  // of its own two pages
    if (host.tables) {
      EXPECT_EQ(host.tables->parse_ms.count(), 2u) << name;
    }
  }
  EXPECT_EQ(with_tables, HostFigures::kMaxTables);
  EXPECT_EQ(statistics.titles_repeated, 2 * kHosts - 1);
}

TEST(Statistics, NamesBeyondTheTablesAreCountedTogether) {
  Statistics statistics;
  constexpr std::size_t kLanguages = 200;
  for (std::size_t i = 0; i < kLanguages; ++i) {
    auto facts = html("");
    facts.lang = "x-" + std::to_string(i);
    statistics.add(static_cast<UrlId>(i), record_of("http://h.example/" + std::to_string(i)),
                   &facts);
  }
  const HostTables& tables = *statistics.hosts.at("h.example:80").tables;
  EXPECT_EQ(tables.languages.size(), HostTables::kMaxNames + 1);
  EXPECT_EQ(tables.languages.at("(other)"), kLanguages - HostTables::kMaxNames);
  EXPECT_EQ(statistics.languages.size(), kLanguages);
  EXPECT_EQ(statistics.titles_missing, kLanguages);
}

TEST(Statistics, WhatWasDeclaredIsSetAgainstWhatWasUsed) {
  Statistics statistics;
  for (const char* declared : {"", "UTF-8", "KOI8-R", "KOI8-R"}) {
    auto facts = html("t");
    facts.charset_declared = declared;
    statistics.add(0, record_of("http://h.example/"), &facts);
  }
  EXPECT_EQ(statistics.charset_disagrees, 2u);
  EXPECT_EQ(statistics.charset_pairs, (Counter{{"KOI8-R > UTF-8", 2}}));
  EXPECT_EQ(statistics.charsets_declared, (Counter{{"KOI8-R", 2}, {"UTF-8", 1}}));
  EXPECT_EQ(statistics.duplicates.exact().pages, 3u);
}

TEST(Statistics, WhatWasNotParsedCountsForItsHostAlone) {
  Statistics statistics;
  PageRecord record = record_of("http://h.example/");
  record.outcome = Outcome::kParseTimeout;
  statistics.add(0, record, nullptr);
  parse::PageFacts text;
  statistics.add(1, record_of("http://h.example/robots"), &text);
  const HostFigures& host = statistics.hosts.at("h.example:80");
  EXPECT_EQ(host.pages, 2u);
  EXPECT_EQ(host.parse_errors, 1u);
  EXPECT_EQ(host.parsed, 0u);
  EXPECT_EQ(statistics.parsed, 0u);
}

}  // namespace
}  // namespace weir
