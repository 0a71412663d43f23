#include "config/values.h"

#include <gtest/gtest.h>

#include "config/pattern.h"

namespace weir::config {
namespace {

TEST(Values, DurationsNeedAUnit) {
  using std::chrono::milliseconds;
  EXPECT_EQ(parse_duration("250ms"), milliseconds(250));
  EXPECT_EQ(parse_duration("30s"), milliseconds(30'000));
  EXPECT_EQ(parse_duration("2m"), milliseconds(120'000));
  EXPECT_EQ(parse_duration("1h30m"), milliseconds(5'400'000));
  EXPECT_EQ(parse_duration("1d"), milliseconds(86'400'000));
  EXPECT_EQ(parse_duration("1.5s"), milliseconds(1500));
  EXPECT_EQ(parse_duration("0"), milliseconds(0));
  for (const char* bad : {"", "30", "s", "30 s", "-1s", "1s1s", "1m1h", "1x", "1s ", "1.s", ".5s",
                          "1e3s", "99999999999999999999s", "36501d", "36500d1s", "1.1234567s"}) {
    EXPECT_EQ(parse_duration(bad), std::nullopt) << bad;
  }
}

TEST(Values, SizesKnowBothKindsOfUnits) {
  EXPECT_EQ(parse_size("512"), 512u);
  EXPECT_EQ(parse_size("512B"), 512u);
  EXPECT_EQ(parse_size("64KiB"), 65'536u);
  EXPECT_EQ(parse_size("10MiB"), 10'485'760u);
  EXPECT_EQ(parse_size("10mib"), 10'485'760u);
  EXPECT_EQ(parse_size("10MB"), 10'000'000u);
  EXPECT_EQ(parse_size("1.5GiB"), 1'610'612'736u);
  for (const char* bad : {"", "MiB", "10 MiB", "10M", "-1", "10XB", "18446744073709551616",
                          "99999999999TiB", "1MiB1KiB"}) {
    EXPECT_EQ(parse_size(bad), std::nullopt) << bad;
  }
}

TEST(Values, WhatIsWrittenReadsBack) {
  for (const std::uint64_t n : {0ull, 1ull, 999ull, 1000ull, 1023ull, 1024ull, 1536ull, 1ull << 20,
                                10ull << 30, 86'400'000ull, 90'061'001ull, 1ull << 40}) {
    EXPECT_EQ(parse_size(format_size(n)), n);
    const Duration duration{static_cast<Duration::rep>(n)};
    EXPECT_EQ(parse_duration(format_duration(duration)), duration);
  }
  EXPECT_EQ(format_size(10 * kMiB), "10MiB");
  EXPECT_EQ(format_duration(Duration{5'400'000}), "1h30m");
}

TEST(Values, HeadersAreTokensWithAValue) {
  const auto header = parse_header("Accept-Language:  de, en ");
  ASSERT_TRUE(header);
  EXPECT_EQ(header->first, "Accept-Language");
  EXPECT_EQ(header->second, "de, en");
  for (const char* bad : {"", "x", ": v", "a b: v", "a: v\r\nb: w", "a: \x01"}) {
    EXPECT_EQ(parse_header(bad), std::nullopt) << bad;
  }
}

TEST(Values, Utf8IsCheckedToTheLetter) {
  EXPECT_TRUE(is_utf8("plain \xc3\xa4 \xe2\x82\xac \xf0\x9f\x8c\x8a"));
  for (const char* bad : {"\x80", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff"}) {
    EXPECT_FALSE(is_utf8(bad));
  }
}

TEST(Values, TheNearestNameIsOneThatWasMeant) {
  const std::vector<std::string_view> names{"transfers", "timeout", "retries"};
  EXPECT_EQ(nearest("transfer", names), "transfers");
  EXPECT_EQ(nearest("Timeuot", names), "timeout");
  EXPECT_EQ(nearest("colour", names), "");
  EXPECT_EQ(nearest(std::string(100'000, 'x'), names), "");
}

TEST(Patterns, ExcludeWinsAndIncludeMustMatchWhereThereIsOne) {
  EXPECT_TRUE(Patterns().admits("https://example.org/"));
  const auto compiled = Patterns::compile({"/blog/", "/docs/"}, {R"(\.pdf$)"});
  ASSERT_TRUE(std::holds_alternative<Patterns>(compiled));
  const auto& patterns = std::get<Patterns>(compiled);
  EXPECT_TRUE(patterns.admits("https://example.org/blog/1"));
  EXPECT_TRUE(patterns.admits("https://example.org/docs/a.pdf?x"));
  EXPECT_FALSE(patterns.admits("https://example.org/docs/a.pdf"));
  EXPECT_FALSE(patterns.admits("https://example.org/about"));
}

TEST(Patterns, ABadPatternIsNamed) {
  const auto compiled = Patterns::compile({"fine"}, {"a(b"});
  ASSERT_TRUE(std::holds_alternative<std::string>(compiled));
  EXPECT_NE(std::get<std::string>(compiled).find("'a(b'"), std::string::npos);
}

TEST(Patterns, MatchingIsLinear) {
  const auto compiled = Patterns::compile({"(a|aa)+$"}, {"(.*)*x{0,3}z"});
  ASSERT_TRUE(std::holds_alternative<Patterns>(compiled));
  // A backtracking matcher would not come back from this.
  EXPECT_TRUE(std::get<Patterns>(compiled).admits(std::string(5'000, 'a')));
}

}  // namespace
}  // namespace weir::config
