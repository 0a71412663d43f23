#include "parse/sitemap.h"

#include <gtest/gtest.h>
#include <time.h>

#include <string>

namespace weir::parse {
namespace {

std::vector<std::string> locs(const Sitemap& map) {
  std::vector<std::string> result;
  for (const SitemapUrl& url : map.urls) result.push_back(url.loc);
  return result;
}

using Locs = std::vector<std::string>;

TEST(Sitemap, AUrlsetWithAllItsFields) {
  const Sitemap map = parse_sitemap(
      "<?xml version='1.0'?>\n<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' "
      "xmlns:image='i'>"
      "<url><image:image><image:loc>http://h/i.png</image:loc></image:image>"
      "<loc> http://h/?a=1&amp;b=<![CDATA[2&3]]> </loc><lastmod>2024-02-29</lastmod>"
      "<changefreq>daily</changefreq><priority>0.5</priority></url><url><loc/></url></urlset>");
  EXPECT_EQ(map.kind, SitemapKind::kUrlset);
  EXPECT_FALSE(map.recovered);
  ASSERT_EQ(map.urls.size(), 1u);
  EXPECT_EQ(map.urls[0].loc, "http://h/?a=1&b=2&3");
  EXPECT_EQ(map.urls[0].lastmod, "2024-02-29");
  EXPECT_EQ(map.urls[0].changefreq, "daily");
  EXPECT_EQ(map.urls[0].priority, "0.5");
}

TEST(Sitemap, AnIndexWithAPrefix) {
  const Sitemap map = parse_sitemap(
      "<s:sitemapindex xmlns:s='x'><s:sitemap><s:loc>http://h/1</s:loc></s:sitemap>"
      "<sitemap><loc>http://h/other</loc></sitemap></s:sitemapindex>");
  EXPECT_EQ(map.kind, SitemapKind::kIndex);
  EXPECT_EQ(locs(map), (Locs{"http://h/1"}));
}

TEST(Sitemap, Feeds) {
  const Sitemap rss = parse_sitemap(
      "<rss><channel><link>http://h/</link><item><link>http://h/1</link><pubDate>d</pubDate></item>"
      "<item><guid>http://h/2</guid></item><item><guid "
      "isPermaLink='false'>http://h/3</guid></item></channel></rss>");
  EXPECT_EQ(rss.kind, SitemapKind::kRss);
  EXPECT_EQ(locs(rss), (Locs{"http://h/1", "http://h/2"}));
  const Sitemap rdf = parse_sitemap(
      "<rdf:RDF xmlns='r'><channel><link>http://h/</link></channel>"
      "<item><link>http://h/1</link></item></rdf:RDF>");
  EXPECT_EQ(locs(rdf), (Locs{"http://h/1"}));
  const Sitemap atom = parse_sitemap(
      "<feed><link href='http://h/'/><entry><link rel='edit' href='http://h/e'/><link "
      "href='http://h/1'/>"
      "<updated>u</updated></entry></feed>");
  EXPECT_EQ(atom.kind, SitemapKind::kAtom);
  EXPECT_EQ(locs(atom), (Locs{"http://h/1"}));
  EXPECT_EQ(atom.urls[0].lastmod, "u");
}

TEST(Sitemap, TextIsOneUrlALine) {
  const Sitemap map = parse_sitemap("\xEF\xBB\xBFhttp://h/1\r\n\n  https://h/2 \nwww.h/3\n");
  EXPECT_EQ(map.kind, SitemapKind::kText);
  EXPECT_EQ(locs(map), (Locs{"http://h/1", "https://h/2"}));
}

TEST(Sitemap, WhatIsNoneIsInvalid) {
  for (const char* body :
       {"", " ", "hello", "<!DOCTYPE html><html><body>Not found</body></html>", "<a/>", "<"}) {
    const Sitemap map = parse_sitemap(body);
    EXPECT_EQ(map.kind, SitemapKind::kInvalid) << body;
    EXPECT_TRUE(map.urls.empty()) << body;
    EXPECT_FALSE(map.error.empty()) << body;
  }
}

TEST(Sitemap, SloppyXmlIsStillRead) {
  const auto read = [](std::string_view body) {
    const Sitemap map = parse_sitemap(body);
    EXPECT_TRUE(map.recovered) << body;
    EXPECT_FALSE(map.error.empty()) << body;
    return locs(map);
  };
  EXPECT_EQ(read("<urlset><url><loc>http://h/?a=1&b=2</loc></url></urlset>"),
            (Locs{"http://h/?a=1&b=2"}));
  EXPECT_EQ(read("<urlset><url><loc>http://h/1<url><loc>http://h/2</loc></urlset>"),
            (Locs{"http://h/1", "http://h/2"}));
  EXPECT_EQ(read("<urlset><url><loc>http://h/1</loc></url><url><loc>http://h/2"),
            (Locs{"http://h/1"}));
  EXPECT_EQ(read("<urlset><url><loc>http://h/1</loc><lastmod>20"), (Locs{"http://h/1"}));
  EXPECT_EQ(read("<urlset><url><loc>http://h/1</loc></url></urlset>junk"), (Locs{"http://h/1"}));
  EXPECT_EQ(read("junk<urlset><url><loc>http://h/1</loc></url></urlset>"), (Locs{"http://h/1"}));
  EXPECT_EQ(read("<feed><entry><link href=http://h/1><title>a & b</title></entry></feed>"),
            (Locs{"http://h/1"}));
  std::string unclosed = "<urlset>";
  for (int i = 0; i < 1000; ++i) unclosed += "<url><loc>http://h/" + std::to_string(i) + "</loc>";
  EXPECT_EQ(read(unclosed).size(), 1000u);
}

TEST(Sitemap, EntitiesAreNeverExpanded) {
  const std::string declared =
      "<!DOCTYPE u [<!ENTITY e 'x'><!ENTITY f SYSTEM 'file:///etc/passwd'>]>";
  EXPECT_EQ(locs(parse_sitemap(
                declared + "<urlset><url><loc>http://h/&e;</loc></url><url><loc>http://h/&f;</loc>"
                           "</url><url><loc>http://h/1</loc></url></urlset>")),
            (Locs{"http://h/1"}));
  EXPECT_EQ(
      locs(parse_sitemap(declared + "<feed><entry><link href='http://h/&e;'/></entry></feed>")),
      (Locs{}));
  EXPECT_EQ(locs(parse_sitemap(
                "<!DOCTYPE u SYSTEM 'http://127.0.0.1:9/x.dtd'><urlset><url><loc>http://h/&e;</loc>"
                "</url><url><loc>http://h/1</loc></url></urlset>")),
            (Locs{"http://h/1"}));
}

TEST(Sitemap, EncodingsOfXml) {
  EXPECT_EQ(locs(parse_sitemap(
                "<?xml version='1.0' encoding='windows-1251'?><urlset><url><loc>http://h/\xE4</loc>"
                "</url></urlset>")),
            (Locs{"http://h/д"}));
  std::string utf16 = "\xFE\xFF";
  for (const char c : std::string("<urlset><url><loc>http://h/1</loc></url></urlset>"))
    utf16 += {'\0', c};
  EXPECT_EQ(locs(parse_sitemap(utf16)), (Locs{"http://h/1"}));
  EXPECT_EQ(locs(parse_sitemap("<urlset><url><loc>http://h/\xFF</loc></url></urlset>")),
            (Locs{"http://h/\uFFFD"}));
}

TEST(Sitemap, LimitsKeepWhatCameBefore) {
  std::string body = "<urlset>";
  for (int i = 0; i < 10; ++i) body += "<url><loc>http://h/" + std::to_string(i) + "</loc></url>";
  const Sitemap few = parse_sitemap(body + "</urlset>", {.max_urls = 3});
  EXPECT_EQ(few.urls.size(), 3u);
  EXPECT_TRUE(few.truncated);
  EXPECT_FALSE(parse_sitemap(body + "</urlset>", {.max_urls = 10}).truncated);
  const Sitemap cut = parse_sitemap(body, {.max_bytes = 80});
  EXPECT_TRUE(cut.truncated);
  EXPECT_EQ(cut.urls.size(), 2u);
  EXPECT_TRUE(parse_sitemap("http://h/1\nhttp://h/2\n", {.max_urls = 1}).truncated);
}

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

TEST(Sitemap, HostileShapesEndSoon) {
  std::string nested = "<urlset>";
  for (int i = 0; i < 1'000'000; ++i) nested += "<a>";
  std::string ampersands =
      "<!DOCTYPE u [<!ENTITY e 'x'>]><urlset><url><loc>" + std::string(1'000'000, '&');
  std::string tags = "<urlset>" + std::string(1'000'000, '<');
  std::string quotes = "<urlset>";
  for (int i = 0; i < 200'000; ++i) quotes += "<a b='";
  std::string ends = "<urlset><url>";
  for (int i = 0; i < 200'000; ++i) ends += "</x>";
  const double start = cpu_seconds();
  for (const std::string& body : {nested, ampersands, tags, quotes, ends})
    EXPECT_TRUE(parse_sitemap(body).urls.empty());
  EXPECT_LT(cpu_seconds() - start, 10.0);
}

}  // namespace
}  // namespace weir::parse
