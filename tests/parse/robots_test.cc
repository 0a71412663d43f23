#include "parse/robots.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::parse {
namespace {

bool allowed(std::string_view robots, std::string_view path, std::string_view agent = "weir") {
  return Robots::parse(robots).allowed(agent, *Url::parse("http://h" + std::string(path))).allowed;
}

bool rule_matches(const std::string& pattern, std::string_view path) {
  return !allowed("User-agent: *\nDisallow: " + pattern + "\n", path);
}

TEST(Robots, NothingForbidsNothing) {
  EXPECT_TRUE(allowed("", "/x"));
  EXPECT_TRUE(allowed("<html>not found</html>", "/x"));
  EXPECT_TRUE(allowed("User-agent: *\nDisallow:\n", "/x"));
  EXPECT_TRUE(allowed("Disallow: /\n", "/x"));  // a rule of no group
  EXPECT_TRUE(Robots::allow_all().allowed("weir", *Url::parse("http://h/x")).allowed);
  EXPECT_FALSE(Robots::disallow_all().allowed("weir", *Url::parse("http://h/x")).allowed);
}

TEST(Robots, TheDecisionNamesItsRule) {
  const auto robots =
      Robots::parse("# hi\r\nUser-agent: *\r\n\r\n disallow : /a # why\r\nAllow: /a/b\r\n");
  const auto no = robots.allowed("weir", *Url::parse("http://h/a/c"));
  EXPECT_FALSE(no.allowed);
  EXPECT_EQ(no.rule, "Disallow: /a");
  EXPECT_EQ(no.line, 4);
  const auto yes = robots.allowed("weir", *Url::parse("http://h/a/b"));
  EXPECT_TRUE(yes.allowed);
  EXPECT_EQ(yes.line, 5);
  EXPECT_EQ(robots.allowed("weir", *Url::parse("http://h/")).line, 0);
}

TEST(Robots, Rfc9309_221_TheProductTokenPicksTheGroup) {
  const char* const file = "User-agent: *\nDisallow: /\nUser-Agent: WeIr/2.0 (x)\nDisallow: /w\n";
  EXPECT_TRUE(allowed(file, "/x", "weir"));
  EXPECT_TRUE(allowed(file, "/x", "WEIR/0.1 (+http://x)"));
  EXPECT_FALSE(allowed(file, "/w", "weir"));
  EXPECT_FALSE(allowed(file, "/x", "weirdo"));
  EXPECT_FALSE(allowed(file, "/x", "wei"));
  EXPECT_FALSE(allowed("User-agent: bot2\nDisallow: /\n", "/x", "bot2"));
  EXPECT_TRUE(allowed("User-agent: bot2\nDisallow: /\n", "/x", "bot"));
}

TEST(Robots, Rfc9309_221_GroupsOfOneAgentAreMerged) {
  const char* const file =
      "User-agent: weir\nDisallow: /a\n\nUser-agent: other\nDisallow: /b\n\n"
      "User-agent: weir\nDisallow: /c\n\nUser-agent: *\nDisallow: /d\n";
  EXPECT_FALSE(allowed(file, "/a"));
  EXPECT_TRUE(allowed(file, "/b"));
  EXPECT_FALSE(allowed(file, "/c"));
  EXPECT_TRUE(allowed(file, "/d"));
}

TEST(Robots, Rfc9309_21_OnlyRulesEndAGroup) {
  const char* const file =
      "User-agent: a\nSitemap: /s\nCrawl-delay: 3\nNonsense: x\n\nUser-agent: weir\nDisallow: /x\n";
  EXPECT_FALSE(allowed(file, "/x", "a"));
  EXPECT_FALSE(allowed(file, "/x", "weir"));
  EXPECT_EQ(Robots::parse(file).crawl_delay("weir"), 3.0);
}

TEST(Robots, AGroupWithoutRulesIsAGroup) {
  EXPECT_TRUE(allowed("User-agent: *\nDisallow: /\nUser-agent: weir\n", "/x"));
}

TEST(Robots, Rfc9309_222_TheLongestMatchWinsAndAllowOnATie) {
  const char* const file =
      "User-agent: *\nDisallow: /a\nAllow: /a/b\nDisallow: /a/b/c\nAllow: /t\nDisallow: /t\n";
  EXPECT_FALSE(allowed(file, "/a"));
  EXPECT_TRUE(allowed(file, "/a/b"));
  EXPECT_FALSE(allowed(file, "/a/b/c/d"));
  EXPECT_TRUE(allowed(file, "/t"));
}

TEST(Robots, Rfc9309_222_RobotsTxtIsAlwaysAllowed) {
  EXPECT_TRUE(allowed("User-agent: *\nDisallow: /\n", "/robots.txt"));
}

TEST(Robots, Rfc9309_223_Wildcards) {
  EXPECT_TRUE(rule_matches("/*.gif$", "/a/b.gif"));
  EXPECT_FALSE(rule_matches("/*.gif$", "/a/b.gif?x"));
  EXPECT_TRUE(rule_matches("/*.gif", "/a/b.gif?x"));
  EXPECT_TRUE(rule_matches("*", "/"));
  EXPECT_TRUE(rule_matches("/a*b*c", "/a-b-b-c-d"));
  EXPECT_FALSE(rule_matches("/a*b*c$", "/a-b-c-d"));
  EXPECT_TRUE(rule_matches("/a*b$", "/a-b-b"));
  EXPECT_TRUE(rule_matches("/a$b", "/a$b/c"));  // an anchor only at the end
  EXPECT_TRUE(rule_matches("/$", "/"));
  EXPECT_FALSE(rule_matches("/$", "/a"));
  EXPECT_TRUE(rule_matches("/a?b*=1", "/a?b&c=1"));
  EXPECT_FALSE(rule_matches("a", "/a"));
}

TEST(Robots, Rfc9309_222_EscapesAreComparedInOneForm) {
  EXPECT_TRUE(rule_matches("/%7Efoo", "/~foo"));
  EXPECT_TRUE(rule_matches("/~foo", "/%7efoo"));
  EXPECT_TRUE(rule_matches("/\u30c4", "/%e3%83%84"));
  EXPECT_TRUE(rule_matches("/%E3%83%84", "/\u30c4"));
  EXPECT_FALSE(rule_matches("/a/b", "/a%2Fb"));
  EXPECT_TRUE(rule_matches("/a%2fb", "/a%2Fb"));
  EXPECT_TRUE(rule_matches("/a<b", "/a%3Cb"));
}

TEST(Robots, Rfc9309_223_EscapedWildcardsAreCharacters) {
  EXPECT_TRUE(rule_matches("/a-%2A.html", "/a-*.html"));
  EXPECT_TRUE(rule_matches("/a-%2a.html", "/a-%2A.html"));
  EXPECT_FALSE(rule_matches("/a-%2A.html", "/a-b.html"));
  EXPECT_TRUE(rule_matches("/a%24", "/a$b"));
}

TEST(Robots, LinesEndInEveryWay) {
  EXPECT_FALSE(allowed("\xef\xbb\xbfUser-agent: *\rDisallow: /x\rDisallow: /y", "/y"));
  const auto robots = Robots::parse("\r\n\r\rUser-agent: *\n\nDisallow: /");
  EXPECT_EQ(robots.allowed("weir", *Url::parse("http://h/x")).line, 6);
}

TEST(Robots, BadLinesAreSkipped) {
  EXPECT_FALSE(allowed("User-agent: *\nDisallow /a\n:\n\x01\xff\nDisallow: /b\n", "/b"));
  EXPECT_TRUE(allowed("User-agent: *\nDisallow /a\n", "/a"));
}

TEST(Robots, Rfc9309_25_OnlySoMuchIsRead) {
  std::string file = "User-agent: *\nDisallow: /early\n";
  file.resize(Robots::kMaxBytes - 11, '#');
  file += "\nDisallow: /late\n";  // the limit falls into this line
  EXPECT_FALSE(allowed(file, "/early"));
  EXPECT_TRUE(allowed(file, "/late"));
  EXPECT_TRUE(allowed(file, "/x"));
  EXPECT_FALSE(
      Robots::parse(file, file.size()).allowed("weir", *Url::parse("http://h/late")).allowed);
  const std::string exact = "User-agent: *\nDisallow: /x\n#";
  EXPECT_EQ(Robots::parse(exact, exact.size() - 2).rule_count(), 1u);
}

TEST(Robots, CrawlDelays) {
  const auto robots = Robots::parse(
      "User-agent: *\nCrawl-delay: 1.5\nDisallow: /\nUser-agent: a\nCrawl-delay: x\n"
      "Crawl-delay: -1\nCrawl-delay: inf\nDisallow: /\nUser-agent: b\ncrawl-delay:7 # s\nDisallow: "
      "/"
      "\nUser-agent: b\nCrawl-delay: 2\n");
  EXPECT_EQ(robots.crawl_delay("weir"), 1.5);
  EXPECT_EQ(robots.crawl_delay("a"), std::nullopt);
  EXPECT_EQ(robots.crawl_delay("b"), 7.0);
}

TEST(Robots, SitemapsStandAnywhere) {
  const auto robots = Robots::parse(
      "Sitemap: http://h/a.xml\nUser-agent: x\nDisallow: /\nSITEMAP:/b.xml\nsitemap:\n");
  EXPECT_EQ(robots.sitemaps(), (std::vector<std::string>{"http://h/a.xml", "/b.xml"}));
}

TEST(Robots, KeepOnlyForgetsTheOthers) {
  auto robots = Robots::parse(
      "User-agent: a\nDisallow: /a\nCrawl-delay: 2\nUser-agent: weir\nDisallow: /w\n"
      "User-agent: *\nDisallow: /\nUser-agent: weir\nCrawl-delay: 4\n");
  robots.keep_only("weir");
  EXPECT_EQ(robots.rule_count(), 1u);
  EXPECT_EQ(robots.crawl_delay("weir"), 4.0);
  const auto decision = robots.allowed("weir", *Url::parse("http://h/w"));
  EXPECT_FALSE(decision.allowed);
  EXPECT_EQ(decision.line, 5);
  EXPECT_TRUE(robots.allowed("weir", *Url::parse("http://h/a")).allowed);
}

// Backtracking would take for ever here; the test's time limit tells.
TEST(Robots, HostilePatternsStayLinear) {
  std::string pattern = "/";
  for (int i = 0; i < 1000; ++i) pattern += "*a";
  std::string file = "User-agent: *\n";
  while (file.size() < Robots::kMaxBytes - 3000) file += "Disallow: " + pattern + "*b$\n";
  EXPECT_TRUE(allowed(file, "/" + std::string(4000, 'a')));

  file = "User-agent: *\n";
  const std::string run(2000, 'a');
  while (file.size() < Robots::kMaxBytes - 3000) file += "Disallow: *" + run + "b\n";
  EXPECT_TRUE(allowed(file, "/" + std::string(8000, 'a')));
}

}  // namespace
}  // namespace weir::parse
