#include "parse/header_values.h"

#include <gtest/gtest.h>

namespace weir::parse {
namespace {

using namespace std::chrono_literals;

// Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110.
constexpr std::chrono::sys_seconds kNow{784111777s};

TEST(ContentType, EssenceAndCharset) {
  const ContentType type = parse_content_type({"Text/HTML;Charset=\"utf8\""});
  EXPECT_EQ(type.essence, "text/html");
  EXPECT_EQ(type.charset, "UTF-8");
  EXPECT_EQ(parse_content_type({"text/html;charset=nonsense"}).charset, "");
  EXPECT_EQ(parse_content_type({"text"}).essence, "");
  EXPECT_EQ(parse_content_type({}).essence, "");
}

TEST(ContentType, SeveralValuesAreOneList) {
  EXPECT_EQ(parse_content_type({"text/plain", "text/html"}).essence, "text/html");
  EXPECT_EQ(parse_content_type({"text/html;charset=gbk", "text/html"}).charset, "GBK");
  EXPECT_EQ(parse_content_type({"text/html;charset=gbk, text/plain"}).charset, "");
  EXPECT_EQ(parse_content_type({"text/html;x=\",\";charset=gbk"}).charset, "GBK");
  EXPECT_EQ(parse_content_type({"text/html", "nonsense", "*/*"}).essence, "text/html");
}

TEST(RetryAfter, Seconds) {
  EXPECT_EQ(parse_retry_after("120", kNow), 120s);
  EXPECT_EQ(parse_retry_after(" 0 ", kNow), 0s);
  EXPECT_EQ(parse_retry_after("99999999999999999999999999", kNow),
            std::chrono::seconds(std::int64_t{1} << 62));
  for (const char* bad : {"", " ", "-1", "+1", "1.5", "1s", "0x10", "1 2", "soon"}) {
    EXPECT_EQ(parse_retry_after(bad, kNow), std::nullopt) << bad;
  }
}

TEST(RetryAfter, DatesInTheThreeForms) {
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:50:37 GMT", kNow), 60s);
  EXPECT_EQ(parse_retry_after("Sunday, 06-Nov-94 08:50:37 GMT", kNow), 60s);
  EXPECT_EQ(parse_retry_after("Sun Nov  6 08:50:37 1994", kNow), 60s);
  EXPECT_EQ(parse_retry_after("Wed Nov 16 08:49:37 1994", kNow), 240h);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:00:00 GMT", kNow), 0s) << "the past";
  EXPECT_EQ(parse_retry_after("Thu, 29 Feb 1996 00:00:60 GMT", kNow).has_value(), true)
      << "a leap second";
}

TEST(RetryAfter, TwoDigitYearsAreNeverMoreThanFiftyYearsAhead) {
  const auto year_94 = parse_retry_after("Sunday, 06-Nov-94 08:50:37 GMT", kNow + 24h * 365 * 10);
  EXPECT_EQ(year_94, 0s) << "1994 as seen from 2004";
  EXPECT_GT(
      *parse_retry_after("Saturday, 06-Nov-10 08:50:37 GMT", std::chrono::sys_seconds(1262304000s)),
      0s)
      << "2010 as seen from 2010";
}

TEST(RetryAfter, WhatIsNoDateIsIgnored) {
  for (const char* bad : {"Sun, 06 Nov 1994 08:50:37", "Sun, 06 Nov 1994 08:50:37 UTC",
                          "Sun, 6 Nov 1994 08:50:37 GMT", "Sun, 31 Feb 1995 08:50:37 GMT",
                          "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:37 GMT",
                          "Sun, 06 anf 1994 08:50:37 GMT", "Sun, 06-Nov-1994 08:50:37 GMT",
                          "1994-11-06", ",", ", GMT", "Sun Nov"}) {
    EXPECT_EQ(parse_retry_after(bad, kNow), std::nullopt) << bad;
  }
}

TEST(LinkHeader, TargetsAndRelations) {
  const auto links = parse_link_header(
      {"<a>; rel=\"next LAST\", < /b,c;d > ;title=\"x, y; \\\"z\" ; rel=prev; rel=other"});
  ASSERT_EQ(links.size(), 2u);
  EXPECT_EQ(links[0].target, "a");
  EXPECT_EQ(links[0].rel, (std::vector<std::string>{"next", "last"}));
  EXPECT_EQ(links[1].target, "/b,c;d");
  EXPECT_EQ(links[1].rel, (std::vector<std::string>{"prev"}));
  EXPECT_EQ(links[1].anchor, std::nullopt);
  EXPECT_EQ(parse_link_header({"<a>; anchor=\"#x\""}).at(0).anchor, "#x");
}

TEST(LinkHeader, WhatFollowsAFaultIsLeftOut) {
  EXPECT_EQ(parse_link_header({"<a>, nonsense, <b>"}).size(), 1u);
  EXPECT_EQ(parse_link_header({"<a", "<b>"}).size(), 1u);
  EXPECT_EQ(parse_link_header({"", ",,", "<>"}).size(), 1u);
  EXPECT_EQ(parse_link_header({"<a>; rel=\"never closed"}).at(0).rel.size(), 2u);
}

TEST(Refresh, TimeAndUrl) {
  EXPECT_EQ(parse_refresh("5")->seconds, 5u);
  EXPECT_EQ(parse_refresh("5")->url, std::nullopt);
  EXPECT_EQ(parse_refresh("5; URL='a b' c")->url, "a b");
  EXPECT_EQ(parse_refresh(".5;url=x")->seconds, 0u);
  EXPECT_EQ(parse_refresh("0;u=x")->url, "u=x");
  EXPECT_EQ(parse_refresh("0;url'x")->url, "url'x");
  EXPECT_EQ(parse_refresh("0;url=\"x")->url, "x");
  EXPECT_EQ(parse_refresh("99999999999999999999999")->seconds, UINT64_MAX);
  for (const char* bad : {"", " ", "x", "5x", "url=x", "-1;url=x"})
    EXPECT_FALSE(parse_refresh(bad)) << bad;
}

TEST(Srcset, Candidates) {
  using Urls = std::vector<std::string_view>;
  EXPECT_EQ(parse_srcset("a 1x, b 2x,c"), (Urls{"a", "b", "c"}));
  EXPECT_EQ(parse_srcset("a,b 100w"), (Urls{"a,b"})) << "a comma inside a URL";
  EXPECT_EQ(parse_srcset("a, b"), (Urls{"a", "b"}));
  EXPECT_EQ(parse_srcset("a 1x 2x, b 1w 2h, c (x, y) , d"), (Urls{"b", "d"}));
  EXPECT_EQ(parse_srcset(" , "), (Urls{}));
}

RobotsDirectives robots(std::vector<std::pair<std::string_view, std::string_view>> metas,
                        std::vector<std::string_view> headers) {
  return combine_robots(metas, headers, "weir");
}

TEST(RobotsDirectives, TheMostRestrictiveOfAllThatApplyWins) {
  EXPECT_TRUE(robots({{"ROBOTS", "index"}, {"weir", " NoIndex ,x"}}, {}).noindex);
  EXPECT_FALSE(robots({{"otherbot", "none"}}, {}).noindex);
  EXPECT_TRUE(robots({{"robots", "all"}}, {"none"}).nofollow);
  EXPECT_FALSE(robots({}, {"noindexed, no-follow"}).noindex);
}

TEST(RobotsDirectives, AHeadersAgentBindsWhatFollows) {
  EXPECT_TRUE(robots({}, {"noindex, otherbot: nofollow"}).noindex);
  EXPECT_FALSE(robots({}, {"noindex, otherbot: nofollow"}).nofollow);
  EXPECT_FALSE(robots({}, {"otherbot: noindex, nofollow"}).nofollow);
  EXPECT_TRUE(robots({}, {"otherbot: noindex, Weir: nofollow"}).nofollow);
  EXPECT_TRUE(robots({}, {"*: nofollow"}).nofollow);
  EXPECT_TRUE(robots({}, {"otherbot: all", "nofollow"}).nofollow) << "another header";
  EXPECT_TRUE(robots({}, {"unavailable_after: 25 Jun 2010 15:00:00 PST, nofollow"}).nofollow);
}

}  // namespace
}  // namespace weir::parse
