#include "site/site.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <stdexcept>
#include <thread>

#include "parse/page.h"
#include "parse/robots.h"
#include "parse/sitemap.h"
#include "parse/url.h"
#include "tests/site/plain_client.h"

namespace weir::site {
namespace {

const std::string kOrigin = "http://127.0.0.1:8080";

SiteOptions faulty() {
  SiteOptions options;
  options.pages = 400;
  options.error_rate = 0.1;
  options.redirects = 0.1;
  options.slow = 0.02;
  options.slow_time = std::chrono::milliseconds(50);
  options.broken = 0.15;
  return options;
}

std::string target_of(const std::string& url, const std::string& origin) {
  return url.substr(origin.size());
}

TEST(Site, TheSameSeedIsTheSameSite) {
  const Site one(faulty(), kOrigin);
  const Site two(faulty(), kOrigin);
  SiteOptions other_seed = faulty();
  other_seed.seed = 2;
  const Site other(other_seed, kOrigin);
  std::size_t different = 0;
  for (const TruthRecord& record : one.truth()) {
    const std::string target = target_of(record.url, kOrigin);
    EXPECT_EQ(one.reply({target}).body, two.reply({target}).body) << target;
    EXPECT_EQ(one.reply({target}).body, one.reply({target}).body) << target;
    different += one.reply({target}).body != other.reply({target}).body;
  }
  EXPECT_GT(different, 300u);
}

// A crawl in miniature: only what is reached from "/" counts, only pages that were read whole or
// cut are followed.
TEST(Site, EveryRecordIsReachedFromTheRootAndNothingElseIs) {
  for (const std::uint64_t pages : {1, 2, 10, 400}) {
    for (const std::uint64_t links : {1, 6, 30}) {
      SiteOptions options = faulty();
      options.pages = pages;
      options.links = links;
      std::map<std::string, TruthRecord> records;
      for (TruthRecord& record : Site(options, kOrigin).truth()) {
        const std::string url = record.url;
        EXPECT_TRUE(records.emplace(url, std::move(record)).second) << url << " is there twice";
      }
      std::set<std::string> seen = {kOrigin + "/"};
      std::vector<std::string> todo = {kOrigin + "/"};
      while (!todo.empty()) {
        const std::string url = todo.back();
        todo.pop_back();
        ASSERT_TRUE(records.contains(url)) << url;
        for (const std::string& link : records.at(url).links) {
          if (seen.insert(link).second) todo.push_back(link);
        }
      }
      EXPECT_EQ(seen.size(), records.size()) << pages << " pages, " << links << " links";
      EXPECT_GE(records.size(), pages + 1);
    }
  }
}

TEST(Site, SharesAreKept) {
  SiteOptions options = faulty();
  options.pages = 4000;
  std::map<std::string, double> share;
  for (const TruthRecord& record : Site(options, kOrigin).truth())
    share[record.outcome] += 1.0 / 4000;
  EXPECT_NEAR(share["http_error"], 0.1, 0.02);
  EXPECT_NEAR(share["redirect"], 0.1, 0.02);
  EXPECT_NEAR(share["truncated"] + share["reset"] + share["protocol"] + share["bad_encoding"], 0.15,
              0.02);
  for (const auto& record : Site({.pages = 100}, kOrigin).truth()) {
    EXPECT_TRUE(record.outcome == "ok" || record.outcome == "robots_denied") << record.url;
  }
}

TEST(Site, SizesFollowTheMedianAndTheSpread) {
  const Site site({.pages = 501, .page_size = 40'000, .page_spread = 0.7}, kOrigin);
  std::vector<double> sizes;
  for (const TruthRecord& record : site.truth()) {
    if (record.outcome == "ok")
      sizes.push_back(
          static_cast<double>(site.reply({target_of(record.url, kOrigin)}).body.size()));
  }
  std::sort(sizes.begin(), sizes.end());
  EXPECT_NEAR(sizes[250], 40'000, 5'000);
  EXPECT_NEAR(std::log(sizes[421] / sizes[250]), 0.7, 0.15) << "one sigma above the median";
  const Site even({.pages = 50, .page_size = 30'000, .page_spread = 0}, kOrigin);
  for (const TruthRecord& record : even.truth()) {
    if (record.outcome != "ok") continue;
    EXPECT_NEAR(static_cast<double>(even.reply({target_of(record.url, kOrigin)}).body.size()),
                30'000, 1'500);
  }
}

TEST(Site, HalfOfAPageIsScriptIfAsked) {
  const Site site({.pages = 20, .page_size = 60'000, .page_spread = 0, .half_script = true},
                  kOrigin);
  parse::PageMemory memory(64 << 20);
  const std::string body = site.reply({"/"}).body;
  const auto page = parse::parse_page(
      {.url = kOrigin + "/", .headers = {{"content-type", "text/html"}}, .body = body}, memory);
  EXPECT_NEAR(static_cast<double>(page.script_bytes) / static_cast<double>(body.size()), 0.5, 0.03);
}

TEST(Site, RobotsAndSitemapAgreeWithTheTruth) {
  const Site site(faulty(), kOrigin);
  const auto robots = parse::Robots::parse(site.reply({"/robots.txt"}).body);
  std::set<std::string> allowed;
  for (const TruthRecord& record : site.truth()) {
    const bool may = robots.allowed("weir", *parse::Url::parse(record.url)).allowed;
    EXPECT_EQ(may, record.outcome != "robots_denied") << record.url;
    if (may) allowed.insert(record.url);
  }
  EXPECT_EQ(robots.sitemaps(), std::vector<std::string>{kOrigin + "/sitemap.xml"});
  const parse::Sitemap map = parse::parse_sitemap(site.reply({"/sitemap.xml"}).body);
  EXPECT_EQ(map.kind, parse::SitemapKind::kUrlset);
  std::set<std::string> listed;
  for (const parse::SitemapUrl& url : map.urls) listed.insert(url.loc);
  EXPECT_EQ(listed, allowed);
  SiteOptions slow = faulty();
  slow.crawl_delay = 7;
  EXPECT_EQ(
      parse::Robots::parse(Site(slow, kOrigin).reply({"/robots.txt"}).body).crawl_delay("weir"), 7);
}

TEST(Site, LargeSitesHaveASitemapIndex) {
  const Site site({.pages = 50'001}, kOrigin);
  const parse::Sitemap index = parse::parse_sitemap(site.reply({"/sitemap.xml"}).body);
  EXPECT_EQ(index.kind, parse::SitemapKind::kIndex);
  ASSERT_EQ(index.urls.size(), 2u);
  EXPECT_EQ(
      parse::parse_sitemap(site.reply({target_of(index.urls[1].loc, kOrigin)}).body).urls.size(),
      1u);
}

TEST(Site, TheTrapHasNoEnd) {
  const Site site({.pages = 5, .trap = true}, kOrigin);
  std::string target = "/trap/1/";
  EXPECT_NE(site.reply({"/"}).body.find("trap/1/"), std::string::npos);
  for (int i = 0; i < 20; ++i) {
    const std::string body = site.reply({target}).body;
    const auto at = body.find("href=\"") + 6;
    target = body.substr(at, body.find('"', at) - at);
  }
  EXPECT_EQ(site.reply({target}).status, 200);
  EXPECT_EQ(Site({.pages = 5}, kOrigin).reply({"/trap/1/"}).status, 404);
}

TEST(Site, BadOptionsAreRefused) {
  EXPECT_THROW(Site({.pages = 0}, kOrigin), std::invalid_argument);
  EXPECT_THROW(Site({.error_rate = 1.5}, kOrigin), std::invalid_argument);
  EXPECT_THROW(Site({.redirects = 0.6, .broken = 0.6}, kOrigin), std::invalid_argument);
}

// Every record, against the bytes that come over a real connection and what the page parser makes
// of them.
void expect_truth(SiteOptions options, std::string_view request_headers) {
  std::optional<Site> site;
  HttpServer server(0, [&](const Request& request) { return site->reply(request); });
  const std::string origin = "http://127.0.0.1:" + std::to_string(server.port());
  site.emplace(options, origin);
  std::thread thread([&] { server.run(); });
  parse::PageMemory memory(64 << 20);
  for (const TruthRecord& record : site->truth()) {
    if (record.outcome == "robots_denied") continue;
    SCOPED_TRACE(record.url + " " + record.outcome);
    PlainClient client(server.port());
    client.send("GET " + target_of(record.url, origin) + " HTTP/1.1\r\nConnection: close\r\n" +
                std::string(request_headers) + "\r\n");
    const std::string reply = client.read();
    if (record.outcome == "reset") {
      EXPECT_TRUE(client.was_reset());
      continue;
    }
    if (record.outcome == "protocol") {
      EXPECT_FALSE(reply.starts_with("HTTP/"));
      continue;
    }
    const auto head_end = reply.find("\r\n\r\n");
    ASSERT_NE(head_end, std::string::npos);
    const std::string head = reply.substr(0, head_end + 2);
    const std::string body = reply.substr(head_end + 4);
    EXPECT_EQ(head.substr(9, 3), std::to_string(record.status.value()));
    const std::size_t length = std::stoul(head.substr(head.find("Content-Length: ") + 16));
    EXPECT_EQ(body.size() < length, record.outcome == "truncated");
    EXPECT_EQ(record.outcome == "redirect", head.find("\r\nLocation: ") != std::string::npos);
    if (record.status != 200) continue;
    config::Headers headers = {{"content-type", "text/html; charset=utf-8"}};
    if (head.find("Content-Encoding: gzip") != std::string::npos)
      headers.emplace_back("content-encoding", "gzip");
    const auto page = parse::parse_page({.url = record.url,
                                         .headers = headers,
                                         .body = body,
                                         .truncated = record.outcome == "truncated"},
                                        memory);
    if (record.outcome == "bad_encoding") {
      EXPECT_EQ(page.outcome, parse::PageOutcome::kBadEncoding);
      continue;
    }
    EXPECT_EQ(page.title, record.title);
    std::vector<std::string> links;
    for (const parse::Link& link : page.links) {
      if ((link.el != "a" && link.el != "area") || link.attr != "href") continue;
      links.emplace_back(parse::Url::parse(link.url)->without_fragment());
    }
    EXPECT_EQ(links, record.links);
  }
  server.stop();
  thread.join();
}

TEST(Site, TheTruthIsWhatIsServed) { expect_truth(faulty(), ""); }

TEST(Site, TheTruthIsWhatIsServedCompressedAndScripted) {
  SiteOptions options = faulty();
  options.pages = 100;
  options.gzip = true;
  options.half_script = true;
  options.links = 60;
  expect_truth(options, "Accept-Encoding: gzip\r\n");
}

}  // namespace
}  // namespace weir::site
