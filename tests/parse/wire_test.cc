#include "parse/wire.h"

#include <gtest/gtest.h>

#include <random>

#include "html_pages.h"
#include "parse/extract.h"

namespace weir::parse {
namespace {

std::string encoded(const PageFacts& facts, std::size_t room = 1 << 20) {
  std::string region(room, '\0');
  region.resize(encode_facts(facts, region));
  return region;
}

PageFacts rich_facts() {
  PageMemory memory(std::size_t{64} << 20);
  PageFacts facts = parse_text(
      "<html lang=en><title>T \xc3\xa9</title><base href=/b/><meta name=description content=d>"
      "<meta name=robots content=nofollow><meta property=og:x content=y><link rel=canonical href=c>"
      "<link rel=alternate type=application/atom+xml href=f title=F><h1>x</h1><img>"
      "<meta http-equiv=refresh content='1;url=r'><a href=x rel='a b'>text</a><a href='http://['>"
      "<script type=application/ld+json>{\"@type\":\"Thing\"}</script><style>a{b:url(c)}</style>",
      memory);
  facts.cpu_us = 1234;
  facts.links_dropped = 3;
  facts.error = "none";
  return facts;
}

TEST(Wire, FactsComeBackWhole) {
  const PageFacts facts = rich_facts();
  ASSERT_GE(facts.links.size(), 6u);
  const auto back = decode_facts(encoded(facts));
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, facts);
  EXPECT_EQ(decode_facts(encoded(PageFacts{})), PageFacts{});
}

TEST(Wire, ExtractedValuesAreThoseOfTheRulesOrNone) {
  PageFacts facts = rich_facts();
  facts.extracted = {{"one", "\xc3\xa9"}, {}, {""}};
  facts.extracted_dropped = 7;
  EXPECT_EQ(decode_facts(encoded(facts), 50'000, 3), facts);
  EXPECT_FALSE(decode_facts(encoded(facts), 50'000, 2));
  EXPECT_FALSE(decode_facts(encoded(facts), 50'000, 4));
  EXPECT_FALSE(decode_facts(encoded(facts)));
  EXPECT_TRUE(decode_facts(encoded(rich_facts()), 50'000, 3)) << "a page that is no HTML has none";
  const auto refused = [&](std::vector<std::string> values) {
    facts.extracted[1] = std::move(values);
    return !decode_facts(encoded(facts, 8 << 20), 50'000, 3);
  };
  EXPECT_FALSE(refused(std::vector<std::string>(kMaxExtracted, "x")));
  EXPECT_TRUE(refused(std::vector<std::string>(kMaxExtracted + 1, "x")));
  EXPECT_FALSE(refused({std::string(kMaxExtractedBytes, 'x')}));
  EXPECT_TRUE(refused({std::string(kMaxExtractedBytes + 1, 'x')}));
  EXPECT_TRUE(refused({"\xff"}));
  EXPECT_TRUE(refused(std::vector<std::string>(kMaxExtractedOfPage / kMaxExtractedBytes + 1,
                                               std::string(kMaxExtractedBytes, 'x'))));
}

TEST(Wire, RequestsComeBackWithTheHeadersThatMatter) {
  ParseRequest request{
      .url = "http://h/", .truncated = true, .agent = "x", .max_decoded = 77, .max_links = 9};
  request.headers = {{"Content-Type", "text/html"}, {"Server", "s"}, {"Link", "<a>"}};
  const auto back = decode_request(encode_request(request));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->url, request.url);
  EXPECT_EQ(back->headers, (config::Headers{{"Content-Type", "text/html"}, {"Link", "<a>"}}));
  EXPECT_TRUE(back->truncated);
  EXPECT_EQ(back->agent, "x");
  EXPECT_EQ(back->max_decoded, 77u);
  EXPECT_EQ(back->max_links, 9u);
  EXPECT_FALSE(decode_request("nonsense"));
  EXPECT_FALSE(decode_request(encode_request(request) + "x"));
}

TEST(Wire, WhatWasCutIsStillText) {
  PageMemory memory(1 << 22);
  std::string region(kMinFactsRegion, '\0');
  for (std::size_t before = 0; before < 4; ++before) {
    std::string word(before, 'x');
    while (word.size() < 40'000) word += "\u20ac";
    for (const std::string& html :
         {"<a rel=" + word + " href=x>", "<html lang=" + word + ">", "<" + word + ">",
          "<title>" + word, "<meta name=description content=" + word + ">",
          "<meta name=robots content=" + word + ">", "<a href=http://[" + word + "]>" + word,
          "<meta property=og:" + word + " content=" + word + ">",
          "<link rel=feed href=x type=" + word + " title=" + word + ">",
          std::string("<title>&#4294967495;</title><a href=x title='&#4294967495;'>&#4294967495;"),
          "<script type=application/ld+json>{\"@type\":\"" + word + "\"}</script>"}) {
      const PageFacts facts = parse_text(html, memory);
      const std::size_t size = encode_facts(facts, region);
      EXPECT_TRUE(decode_facts({region.data(), size}) == facts) << html.substr(0, 30);
    }
  }
}

TEST(Wire, LinksWithoutRoomAreCounted) {
  PageFacts facts = rich_facts();
  const std::size_t links = facts.links.size();
  for (int i = 0; i < 1000; ++i) facts.links.push_back(facts.links[4]);
  const auto back = decode_facts(encoded(facts, 4096));
  ASSERT_TRUE(back);
  EXPECT_GE(back->links.size(), links);
  EXPECT_EQ(back->links.size() + back->links_dropped, facts.links.size() + 3);
  EXPECT_EQ(encode_facts(facts, std::span<char>()), 0u);
  std::string small(64, '\0');
  EXPECT_EQ(encode_facts(facts, small), 0u);
}

TEST(Wire, LiesAreRefused) {
  const auto refused = [](auto change) {
    PageFacts facts = rich_facts();
    change(facts);
    return !decode_facts(encoded(facts)).has_value();
  };
  EXPECT_FALSE(refused([](PageFacts&) {}));
  EXPECT_TRUE(refused([](PageFacts& f) { f.title = "\xff"; }));
  EXPECT_TRUE(refused([](PageFacts& f) { f.title = std::string(kMaxText + 1, 'x'); }));
  EXPECT_TRUE(refused([](PageFacts& f) { f.links[0].url = "no scheme"; }));
  EXPECT_TRUE(refused([](PageFacts& f) { f.links[0].url = "http://h/\n"; }));
  EXPECT_TRUE(refused([](PageFacts& f) { f.links[0].url = "1http://h/"; }));
  EXPECT_TRUE(
      refused([](PageFacts& f) { f.links[0].url = "h:" + std::string(kMaxLinkBytes, 'x'); }));
  EXPECT_TRUE(refused([](PageFacts& f) { f.links[0].text = "\xc3"; }));
  EXPECT_TRUE(refused([](PageFacts& f) { f.links[0].kind = static_cast<LinkKind>(99); }));
  EXPECT_TRUE(refused([](PageFacts& f) { f.canonical = "//h/"; }));
  EXPECT_TRUE(refused([](PageFacts& f) { f.outcome = static_cast<PageOutcome>(9); }));
  EXPECT_TRUE(refused([](PageFacts& f) { f.robots.resize(2000); }));
  EXPECT_FALSE(decode_facts(encoded(rich_facts()), 2));
}

TEST(Wire, CutAndFlippedBytesNeverCrash) {
  const std::string good = encoded(rich_facts());
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(decode_facts(std::string(good, 0, size))) << size;
  }
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string bad = good;
    for (unsigned flips = 1 + random() % 4; flips > 0; --flips) {
      bad[random() % bad.size()] = static_cast<char>(random());
    }
    const auto facts = decode_facts(bad);
    if (facts) {
      EXPECT_EQ(decode_facts(encoded(*facts)), facts);
    }
  }
}

}  // namespace
}  // namespace weir::parse
