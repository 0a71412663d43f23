#include "crawler/frontier.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "crawler/key_table.h"
#include "parse/url.h"

namespace weir {
namespace {

Candidate candidate(const parse::Url& url, std::uint32_t depth = 0) {
  return {.url = url.without_fragment(),
          .origin = "http://h:80",
          .key = parse::key_of(url),
          .depth = depth};
}

class FrontierTest : public ::testing::Test {
 protected:
  Admitted admit(const std::string& text, std::uint32_t depth = 0, UrlId parent = kNoUrl,
                 bool redirected = false) {
    const auto url = parse::Url::parse(text);
    Candidate c = candidate(*url, depth);
    c.parent = parent;
    c.redirected = redirected;
    return frontier_->admit(c);
  }
  std::vector<std::string> drain() {
    std::vector<std::string> urls;
    while (auto lease = frontier_->lease(0)) urls.push_back(lease->url);
    return urls;
  }

  std::unique_ptr<Frontier> frontier_ = make_memory_frontier(config::Order::kBreadth);
};

using Urls = std::vector<std::string>;

TEST_F(FrontierTest, AUrlIsAdmittedOnceWhateverItsSpelling) {
  EXPECT_TRUE(admit("http://h/~a").is_new);
  EXPECT_FALSE(admit("http://h/%7Ea").is_new);
  EXPECT_FALSE(admit("http://H:80/x/../~a#top").is_new);
  EXPECT_EQ(drain(), Urls{"http://h/~a"});
  EXPECT_FALSE(admit("http://h/~a").is_new) << "leased URLs are known too";
}

TEST_F(FrontierTest, BreadthIsTheOrderOfAdmission) {
  admit("http://h/1");
  admit("http://h/2");
  admit("http://h/3");
  EXPECT_EQ(drain(), (Urls{"http://h/1", "http://h/2", "http://h/3"}));
}

TEST_F(FrontierTest, DepthIsTheReverse) {
  frontier_ = make_memory_frontier(config::Order::kDepth);
  admit("http://h/1");
  admit("http://h/2");
  admit("http://h/3");
  EXPECT_EQ(drain(), (Urls{"http://h/3", "http://h/2", "http://h/1"}));
}

TEST_F(FrontierTest, PriorityAsksTheShallowFirstAndIsStable) {
  frontier_ = make_memory_frontier(config::Order::kPriority);
  admit("http://h/a/b/c", 1);
  admit("http://h/x", 3);
  admit("http://h/y?q", 1);
  admit("http://h/z", 3);
  admit("http://h/", 0);
  EXPECT_EQ(drain(),
            (Urls{"http://h/", "http://h/a/b/c", "http://h/x", "http://h/y?q", "http://h/z"}));
}

TEST_F(FrontierTest, ALeaseGivenBackComesBeforeItsSiblings) {
  admit("http://h/1");
  admit("http://h/2");
  auto lease = frontier_->lease(0);
  lease->attempts = 1;
  EXPECT_FALSE(frontier_->give_back(*lease)) << "the origin has another URL waiting";
  const auto again = frontier_->lease(0);
  EXPECT_EQ(again->url, "http://h/1");
  EXPECT_EQ(again->attempts, 1u);
}

TEST_F(FrontierTest, CountsFollowALeaseThroughItsLife) {
  admit("http://h/1");
  admit("http://h/2");
  EXPECT_EQ(frontier_->counts().pending, 2u);
  const auto lease = frontier_->lease(0);
  EXPECT_EQ(frontier_->counts().leased, 1u);
  frontier_->complete(lease->id);
  const auto counts = frontier_->counts();
  EXPECT_EQ(counts.unique, 2u);
  EXPECT_EQ(counts.pending, 1u);
  EXPECT_EQ(counts.leased, 0u);
  EXPECT_EQ(counts.done, 1u);
  Urls unfinished;
  frontier_->for_each_unfinished([&](const std::string& url) { unfinished.push_back(url); });
  EXPECT_EQ(unfinished, Urls{"http://h/2"});
}

TEST_F(FrontierTest, DepthIsTheLeastSeenWhileTheUrlWaits) {
  admit("http://h/1", 5);
  admit("http://h/1", 2);
  EXPECT_EQ(frontier_->lease(0)->depth, 2u);
}

TEST_F(FrontierTest, NewsIsToldWhenAnOriginHadNothing) {
  EXPECT_TRUE(admit("http://h/1").origin_has_news);
  EXPECT_FALSE(admit("http://h/2").origin_has_news);
  drain();
  EXPECT_TRUE(admit("http://h/3").origin_has_news);
}

TEST_F(FrontierTest, TheHopChainIsTheRedirectsThatLedHere) {
  const auto key = [](const char* text) { return parse::key_of(*parse::Url::parse(text)); };
  admit("http://h/page");            // 0
  admit("http://h/a", 1, 0, false);  // 1: linked by 0
  admit("http://h/b", 1, 1, true);   // 2: 1 redirects here
  admit("http://h/c", 1, 2, true);   // 3: 2 redirects here
  EXPECT_TRUE(frontier_->on_hop_chain(3, key("http://h/c")));
  EXPECT_TRUE(frontier_->on_hop_chain(3, key("http://h/a#f")));
  EXPECT_FALSE(frontier_->on_hop_chain(3, key("http://h/page"))) << "a link is no hop";
  EXPECT_FALSE(frontier_->on_hop_chain(3, key("http://h/d")));
}

TEST(KeyTable, RemembersEachKeyWithItsFirstIdHoweverManyAndHoweverAlike) {
  KeyTable table;
  const auto key = [](std::uint32_t i) {
    return parse::Key{.high = i, .low = i < 1000 ? 7 : i * 0x9e3779b97f4a7c15ull};
  };
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    EXPECT_EQ(table.insert(key(i), i), std::pair(i, true));
  }
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    EXPECT_EQ(table.insert(key(i), 100'000 + i), std::pair(i, false));
  }
}

}  // namespace
}  // namespace weir
