#include "parse/page.h"

#include <gtest/gtest.h>
#include <time.h>

#include <algorithm>

#include "html_pages.h"
#include "parse/text_stats.h"

namespace weir::parse {
namespace {

class Page : public ::testing::Test {
 protected:
  PageFacts read(std::string_view html) { return parse_text(html, memory_); }
  PageMemory memory_{std::size_t{256} << 20};
};

std::vector<std::string> described(const PageFacts& facts) {
  std::vector<std::string> lines;
  for (const Link& link : facts.links) {
    lines.push_back(link.el + " " + link.attr + " " + std::string(kind_word(link.kind)) + " " +
                    (link.url.empty() ? "!" + link.raw : link.url));
  }
  return lines;
}

TEST_F(Page, LinksFromEveryPlaceInDocumentOrder) {
  const PageFacts facts =
      read(R"html(<html manifest=m><link rel="Alternate nofollow ALTERNATE" href=l>
    <style>@import "i.css"; a{background:url( 'u.png' )} /* url(no) */</style><body background=bg>
    <a href=a>x</a><map><area href=ar alt=" the  area "></map><iframe src=if longdesc=ld></iframe>
    <img srcset="s1 1x, s2 2x" src=im longdesc=ld2><picture><source srcset=so></picture>
    <video src=v poster=po><track src=tr></video><audio src=au></audio><script src=sc></script>
    <embed src=em><object data=ob></object><form action=ac><button formaction=fa></button>
    <input type=image src=is formaction=fb></form><meta http-equiv=Refresh content="3; url=re">
    <svg><a xlink:href=sa>t</a><image href=si /></svg><p style="background:url(st)">
    <blockquote cite=c1></blockquote><a href="http://[bad">b</a><a href="mailto:x@h">m</a>)html");
  const std::string h = "http://h.example/dir/";
  EXPECT_EQ(described(facts), (std::vector<std::string>{"html manifest res " + h + "m",
                                                        "link href link " + h + "l",
                                                        "style  css " + h + "i.css",
                                                        "style  css " + h + "u.png",
                                                        "body background res " + h + "bg",
                                                        "a href nav " + h + "a",
                                                        "area href nav " + h + "ar",
                                                        "iframe src nav " + h + "if",
                                                        "iframe longdesc nav " + h + "ld",
                                                        "img src res " + h + "im",
                                                        "img srcset res " + h + "s1",
                                                        "img srcset res " + h + "s2",
                                                        "img longdesc nav " + h + "ld2",
                                                        "source srcset res " + h + "so",
                                                        "video src res " + h + "v",
                                                        "video poster res " + h + "po",
                                                        "track src res " + h + "tr",
                                                        "audio src res " + h + "au",
                                                        "script src res " + h + "sc",
                                                        "embed src res " + h + "em",
                                                        "object data res " + h + "ob",
                                                        "form action form " + h + "ac",
                                                        "button formaction form " + h + "fa",
                                                        "input src res " + h + "is",
                                                        "input formaction form " + h + "fb",
                                                        "meta content refresh " + h + "re",
                                                        "a xlink:href nav " + h + "sa",
                                                        "image href res " + h + "si",
                                                        "p style css " + h + "st",
                                                        "blockquote cite cite " + h + "c1",
                                                        "a href nav !http://[bad",
                                                        "a href nav mailto:x@h"}));
  EXPECT_EQ(facts.links[1].rel, (std::vector<std::string>{"alternate", "nofollow"}));
  EXPECT_TRUE(facts.links[1].has_rel("nofollow"));
  EXPECT_EQ(facts.links[5].text, "x");
  EXPECT_EQ(facts.links[6].text, "the area");
  EXPECT_EQ(facts.refresh, (PageRefresh{3, h + "re"}));
}

TEST_F(Page, TemplatesDoNotCountAndNoscriptDoes) {
  const PageFacts facts = read(
      "<template><a href=no><img><p>no</template>"
      "<noscript><a href=yes>two words</a></noscript>");
  EXPECT_EQ(described(facts), std::vector<std::string>{"a href nav http://h.example/dir/yes"});
  EXPECT_EQ(facts.words, 2u);
  EXPECT_EQ(facts.images, 0u);
}

TEST_F(Page, HeadFacts) {
  const PageFacts facts = read(R"html(<html lang=de-AT><title> A
    title </title><title>second</title><base href=/b/><base href=/c/>
    <meta name=Description content=" as  written "><meta name=robots content="noindex, x">
    <meta name=weir content=nofollow><meta name=googlebot content=none>
    <meta property="og:title" content=T><meta name="OG:image" content=/i.png>
    <link rel=canonical href=canon><link rel=alternate type="application/rss+xml; q" title=" F "
    href=feed><script type="application/ld+json">{"@type":["Article","Thing"],"author":
    {"@type":"Person","name":"@type"},"x":{"@type":"Person"}}</script><body itemscope>)html");
  EXPECT_EQ(facts.title, "A title");
  EXPECT_EQ(facts.lang, "de-AT");
  EXPECT_TRUE(facts.has_base);
  EXPECT_EQ(facts.base, "http://h.example/b/");
  EXPECT_EQ(facts.description, " as  written ");
  EXPECT_EQ(facts.robots, (std::vector<NamedText>{{"robots", "noindex, x"}, {"weir", "nofollow"}}));
  EXPECT_TRUE(facts.noindex);
  EXPECT_TRUE(facts.nofollow);
  EXPECT_EQ(facts.open_graph, (std::vector<NamedText>{{"og:title", "T"}, {"og:image", "/i.png"}}));
  EXPECT_EQ(facts.canonical, "http://h.example/b/canon");
  ASSERT_EQ(facts.feeds.size(), 1u);
  EXPECT_EQ(facts.feeds[0], (Feed{"http://h.example/b/feed", "application/rss+xml; q", "F"}));
  EXPECT_EQ(facts.json_ld, (std::vector<std::string>{"Article", "Thing", "Person"}));
  EXPECT_EQ(facts.microdata, 1u);
}

TEST_F(Page, Counts) {
  const PageFacts facts = read(
      "<h1>One</h1><h2>Two</h2><h2>Three</h2><p>four<b>teen</b><p>five\n\n"
      "six<img><img alt=''><form></form><script>12345678</script>"
      "<style>1234</style><x-y></x-y><div><div><i>deep");
  EXPECT_EQ(facts.headings, (std::array<std::uint32_t, 6>{1, 2, 0, 0, 0, 0}));
  EXPECT_EQ(facts.words, 7u);  // one two three fourteen five six deep
  EXPECT_EQ(facts.text_bytes, std::string("One Two Three fourteen five six deep").size());
  EXPECT_EQ(facts.images, 2u);
  EXPECT_EQ(facts.images_without_alt, 1u);
  EXPECT_EQ(facts.forms, 1u);
  EXPECT_EQ(facts.script_bytes, 8u);
  EXPECT_EQ(facts.style_bytes, 4u);
  EXPECT_EQ(facts.depth, 5u);  // html body div div i
  const auto count = [&](std::string_view name) {
    for (const auto& [element, number] : facts.elements) {
      if (element == name) return number;
    }
    return 0u;
  };
  EXPECT_EQ(count("div"), 2u);
  EXPECT_EQ(count("x-y"), 1u);
  EXPECT_EQ(count("script"), 1u);
}

TEST_F(Page, AllOfADrawingsStyleCounts) {
  EXPECT_EQ(read("<svg><style>\n          .a{fill:url(x)}\n</style></svg>").style_bytes, 27u);
}

TEST_F(Page, AnEmptyEndTagIsNoPartOfTheNextName) {
  const auto elements = read("<p></></><x-y class='<b'>").elements;
  EXPECT_EQ(std::count(elements.begin(), elements.end(), NamedCount("x-y", 1)), 1);
}

TEST_F(Page, ResponseHeadersCount) {
  ParseRequest request{.url = "http://h.example/a/b", .body = "<p>x"};
  request.headers = {{"Content-Type", "text/html"},
                     {"X-Robots-Tag", "weir: noindex"},
                     {"Refresh", "5; url=next"},
                     {"Link", "<c>; rel=canonical"}};
  const PageFacts facts = parse_page(request, memory_);
  EXPECT_TRUE(facts.noindex);
  EXPECT_FALSE(facts.nofollow);
  EXPECT_EQ(facts.refresh, (PageRefresh{5, "http://h.example/a/next"}));
  EXPECT_EQ(facts.canonical, "http://h.example/a/c");
  EXPECT_TRUE(header_matters("LINK"));
  EXPECT_FALSE(header_matters("server"));
}

TEST_F(Page, OtherContentIsRecordedWithoutATree) {
  ParseRequest request{.url = "http://h.example/x", .body = "<a href=x>"};
  request.headers = {{"content-type", "image/png"}, {"x-robots-tag", "none"}};
  PageFacts facts = parse_page(request, memory_);
  EXPECT_FALSE(facts.html);
  EXPECT_TRUE(facts.links.empty());
  EXPECT_EQ(facts.content_type, "image/png");
  EXPECT_EQ(facts.bytes_decoded, 10u);
  EXPECT_NE(facts.digest, Digest{});
  EXPECT_TRUE(facts.noindex);
  request.headers.clear();
  request.body = "  <!DOCTYPE html><a href=x>";
  EXPECT_EQ(parse_page(request, memory_).links.size(), 1u);
  request.body = "just text";
  EXPECT_FALSE(parse_page(request, memory_).html);
}

TEST_F(Page, CharsetDecidesHowQueriesAreWritten) {
  ParseRequest request{.url = "http://h.example/", .body = "<a href='?q=\xe9'>\xe9</a>"};
  request.headers = {{"content-type", "text/html; charset=latin1"}};
  const PageFacts facts = parse_page(request, memory_);
  EXPECT_EQ(facts.charset, "windows-1252");
  EXPECT_EQ(facts.charset_from, "http");
  EXPECT_EQ(facts.links.at(0).url, "http://h.example/?q=%E9");
  EXPECT_EQ(facts.links.at(0).text, "\xc3\xa9");
}

TEST_F(Page, BrokenContentEncodings) {
  ParseRequest request{.url = "http://h.example/", .body = "not gzip at all"};
  request.headers = {{"content-type", "text/html"}, {"content-encoding", "gzip"}};
  const PageFacts facts = parse_page(request, memory_);
  EXPECT_EQ(facts.outcome, PageOutcome::kBadEncoding);
  EXPECT_EQ(outcome_word(facts.outcome), "bad_encoding");
  EXPECT_FALSE(facts.error.empty());
}

TEST_F(Page, RefusedPagesKeepWhatIsKnown) {
  std::string divs;
  for (int i = 0; i < 100'000; ++i) divs += "<div>";
  const PageFacts facts = read(divs);
  EXPECT_EQ(facts.outcome, PageOutcome::kRefused);
  EXPECT_EQ(facts.bytes_decoded, divs.size());
  EXPECT_NE(facts.digest, Digest{});
  EXPECT_FALSE(facts.title);
}

TEST_F(Page, AFullArenaIsAnOutcomeAndTheNextPageIsRight) {
  PageMemory small(std::size_t{1} << 20);
  std::string page = "<title>t</title>";
  for (int i = 0; i < 20'000; ++i) page += "<p>text</p>";
  EXPECT_EQ(parse_text(page, small).outcome, PageOutcome::kMemory);
  const PageFacts facts = parse_text("<title>t</title><a href=x>y</a>", small);
  EXPECT_EQ(facts.outcome, PageOutcome::kOk);
  EXPECT_EQ(facts.links.size(), 1u);
}

TEST_F(Page, LinksBeyondTheLimitAreCounted) {
  std::string page;
  for (int i = 0; i < 30; ++i) page += "<a href=x" + std::to_string(i) + ">";
  page += "<a href='" + std::string(kMaxLinkBytes + 1, 'x') + "'>";
  ParseRequest request{.url = "http://h.example/", .body = page, .max_links = 10};
  request.headers = {{"content-type", "text/html"}};
  const PageFacts facts = parse_page(request, memory_);
  EXPECT_EQ(facts.links.size(), 10u);
  EXPECT_EQ(facts.links_dropped, 21u);
}

TEST_F(Page, NearDuplicatesAreNear) {
  std::string words;
  for (int i = 0; i < 300; ++i) words += " word" + std::to_string(i * 7919 % 1000);
  const std::uint64_t first = read("<p>" + words).simhash;
  EXPECT_EQ(read("<div>\n" + words + "</div>").simhash, first);
  EXPECT_LE(distance(read("<p>Advert" + words).simhash, first), 6);
  std::reverse(words.begin(), words.end());
  EXPECT_GE(distance(read("<p>" + words).simhash, first), 12);
  EXPECT_EQ(measure_text("\xe6\xbc\xa2\xe5\xad\x97 two").words, 3u);
}

double cpu_seconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Every hostile page ends, with an outcome, within the budget of one page.
TEST_F(Page, HostilePagesEnd) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr std::size_t kScale = 3'000;
#else
  constexpr std::size_t kScale = 100'000;
#endif
  for (const HostilePage& page : hostile_pages(kScale)) {
    const double before = cpu_seconds();
    const PageFacts facts = read(page.html);
    const double took = cpu_seconds() - before;
    EXPECT_LT(took, 5.0) << page.name << " of " << page.html.size() << " bytes";
    RecordProperty(page.name,
                   std::string(outcome_word(facts.outcome)) + " " + std::to_string(took) + " s");
    for (const Link& link : facts.links) EXPECT_LE(link.url.size(), kMaxLinkBytes);
  }
  EXPECT_EQ(read("<title>after</title>").title, "after");
}

}  // namespace
}  // namespace weir::parse
