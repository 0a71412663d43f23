#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <random>

#include "crawler/distinct_counter.h"
#include "crawler/histogram.h"
#include "crawler/record.h"

namespace weir {
namespace {

TEST(Histogram, PercentilesAreRightToThreePerCent) {
  Histogram h;
  for (int i = 1; i <= 10'000; ++i) h.add(i);
  EXPECT_NEAR(h.percentile(0.5), 5000, 150);
  EXPECT_NEAR(h.percentile(0.99), 9900, 300);
  EXPECT_EQ(h.max(), 10'000);
  EXPECT_NEAR(h.mean(), 5000.5, 0.01);
  EXPECT_EQ(Histogram().percentile(0.5), 0);
}

TEST(Histogram, TheCoarseOneIsRightToFifteenPerCent) {
  CoarseHistogram h;
  for (int i = 1; i <= 10'000; ++i) h.add(i);
  EXPECT_NEAR(h.percentile(0.5), 5000, 750);
  EXPECT_NEAR(h.percentile(0.99), 9900, 1500);
  h.add(1e15);
  EXPECT_EQ(h.percentile(1), 1e15);
}

TEST(Histogram, ValuesBeyondTheBucketsKeepTheirOrder) {
  Histogram h;
  h.add(0);
  h.add(1e15);
  EXPECT_LE(h.percentile(0.5), 0.001);
  EXPECT_EQ(h.percentile(1), 1e15);
}

TEST(DistinctCounter, SmallNumbersAreNearlyExactAndLargeOnesWithinTwoPerCent) {
  std::mt19937_64 random(7);
  DistinctCounter counter;
  std::vector<std::uint64_t> values(200'000);
  for (auto& value : values) value = random();
  for (int i = 0; i < 1000; ++i) counter.add(values[static_cast<std::size_t>(i)]);
  EXPECT_NEAR(static_cast<double>(counter.estimate()), 1000, 10);
  for (int round = 0; round < 2; ++round) {
    for (const auto value : values) counter.add(value);
  }
  EXPECT_NEAR(static_cast<double>(counter.estimate()), 200'000, 4000);
}

TEST(Record, EveryOutcomeHasANameThatReadsBack) {
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    const auto outcome = static_cast<Outcome>(i);
    EXPECT_EQ(outcome_from(outcome_name(outcome)), outcome) << i;
  }
  EXPECT_FALSE(outcome_from("nonsense"));
}

TEST(Record, ALineIsOneJsonObjectWhateverBytesItHolds) {
  PageRecord record;
  record.url = "http://h/";
  record.error = "line\nbreak \xff";
  const std::string line = to_json_line(record);
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  EXPECT_EQ(line.back(), '\n');
  EXPECT_NE(line.find("\xef\xbf\xbd"), std::string::npos);
  EXPECT_NE(line.find("\"title\":null"), std::string::npos);
  EXPECT_NE(line.find("\"status\":null"), std::string::npos);
}

TEST(Record, ALineReadsBackAsWhatWasRecorded) {
  PageRecord record;
  record.url = "http://h/a?b=\\\"c";
  record.title = "tab\t\x01 \"quoted\" \\ caf\xc3\xa9 \x7f";
  record.lang = "";
  record.status = 200;
  record.bytes_wire = UINT64_MAX;
  record.digest = "00ff";
  record.ttfb_ms = 0.0014;
  record.parse_ms = 12345678.9;
  record.time = 1700000000.25;
  const auto json = nlohmann::json::parse(to_json_line(record));
  EXPECT_EQ(json["url"], record.url);
  EXPECT_EQ(json["title"], *record.title);
  EXPECT_EQ(json["lang"], "");
  EXPECT_TRUE(json["description"].is_null());
  EXPECT_TRUE(json["parent"].is_null());
  EXPECT_EQ(json["status"], 200);
  EXPECT_EQ(json["bytes_wire"], UINT64_MAX);
  EXPECT_EQ(json["digest"], "sha256:00ff");
  EXPECT_EQ(json["ttfb_ms"], 0.001);
  EXPECT_EQ(json["parse_ms"], 12345678.9);
  EXPECT_EQ(json["time"], 1700000000.25);
  EXPECT_EQ(json.size(), 34u);
}

TEST(Record, LinksKeepTheOrderOfTheDocument) {
  EXPECT_EQ(
      links_json_line("http://h/", {{"http://h/b", "a", "nofollow"}, {"http://h/a", "area", ""}}),
      "{\"url\":\"http://h/\",\"links\":[{\"to\":\"http://h/b\",\"el\":\"a\",\"rel\":\"nofollow\"},"
      "{\"to\":\"http://h/a\",\"el\":\"area\",\"rel\":null}]}\n");
}

}  // namespace
}  // namespace weir
