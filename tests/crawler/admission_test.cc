#include "crawler/admission.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

class AdmissionTest : public ::testing::Test {
 protected:
  AdmissionTest() { settings_.lists.emplace_back(); }

  config::ListSettings& list() { return settings_.lists[0]; }
  Admission& admission() {
    if (!admission_) {
      admission_.emplace(
          settings_, *frontier_, unfinished_,
          [this](OriginId, const std::string& origin, std::uint32_t) { news_.push_back(origin); });
    }
    return *admission_;
  }
  void seed(const std::string& text) { EXPECT_FALSE(admission().seed({text, 0, "test"})); }
  // The lease of the seed that was admitted first.
  Lease lease() { return *frontier_->lease(0); }
  static parse::Link link(const std::string& url, const std::string& el = "a",
                          parse::LinkKind kind = parse::LinkKind::kNav) {
    return {.el = el, .attr = "href", .kind = kind, .url = url};
  }
  void follow(const Lease& from, std::vector<parse::Link> links) {
    parse::PageFacts facts;
    facts.links = std::move(links);
    admission().links(from, facts);
  }
  std::vector<std::string> unfinished() {
    std::vector<std::string> urls;
    frontier_->for_each_unfinished([&](const std::string& url) { urls.push_back(url); });
    return urls;
  }
  std::uint64_t skipped(Skipped reason) {
    return admission().counts().skipped[static_cast<std::size_t>(reason)];
  }

  config::Settings settings_;
  std::unique_ptr<Frontier> frontier_ = make_memory_frontier(config::Order::kBreadth);
  concurrency::InFlight unfinished_;
  std::vector<std::string> news_;
  std::optional<Admission> admission_;
};

using Urls = std::vector<std::string>;

TEST_F(AdmissionTest, ScopePageFollowsNoLink) {
  seed("http://a/x/");
  follow(lease(), {link("http://a/x/y")});
  EXPECT_EQ(unfinished(), Urls{"http://a/x/"});
  EXPECT_EQ(skipped(Skipped::kScope), 1u);
}

TEST_F(AdmissionTest, ScopePrefixIsTheFolderOfASeed) {
  list().scope = config::Scope::kPrefix;
  seed("http://a/x/index.html");
  follow(lease(),
         {link("http://a/x/y/z"), link("http://a/xy"), link("http://b/x/y"), link("http://a/")});
  EXPECT_EQ(unfinished(), (Urls{"http://a/x/index.html", "http://a/x/y/z"}));
}

TEST_F(AdmissionTest, ScopeHostIgnoresSchemeAndPort) {
  list().scope = config::Scope::kHost;
  seed("http://a/");
  follow(lease(), {link("https://a/1"), link("http://a:8080/2"), link("http://www.a/3")});
  EXPECT_EQ(unfinished(), (Urls{"http://a/", "https://a/1", "http://a:8080/2"}));
}

TEST_F(AdmissionTest, ScopeDomainIsWhatSomebodyRegistered) {
  list().scope = config::Scope::kDomain;
  seed("http://www.bbc.co.uk/");
  follow(lease(), {link("http://news.bbc.co.uk/"), link("http://other.co.uk/")});
  EXPECT_EQ(unfinished(), (Urls{"http://www.bbc.co.uk/", "http://news.bbc.co.uk/"}));
}

TEST_F(AdmissionTest, DepthIncludeAndExcludeHoldForLinksNotForSeeds) {
  list().scope = config::Scope::kAny;
  list().depth = 1;
  list().exclude = {"\\.zip$"};
  seed("http://a/seed.zip");
  Lease page = lease();
  follow(page, {link("http://a/b.zip"), link("http://a/c")});
  page.depth = 1;
  follow(page, {link("http://a/deep")});
  EXPECT_EQ(unfinished(), (Urls{"http://a/seed.zip", "http://a/c"}));
  EXPECT_EQ(skipped(Skipped::kExcluded), 1u);
  EXPECT_EQ(skipped(Skipped::kDepth), 1u);
}

TEST_F(AdmissionTest, OnlyLinksThatLeadOnAreFollowed) {
  list().scope = config::Scope::kAny;
  seed("http://a/");
  parse::Link next = link("http://a/next", "link", parse::LinkKind::kLink);
  next.rel = {"next"};
  parse::Link nofollow = link("http://a/no");
  nofollow.rel = {"nofollow"};
  follow(lease(), {next, nofollow, link("http://a/i.png", "img", parse::LinkKind::kRes),
                   link("http://a/form", "form", parse::LinkKind::kForm),
                   link("http://a/css", "link", parse::LinkKind::kLink), link("mailto:x@y"),
                   link("http://a/r", "meta", parse::LinkKind::kRefresh)});
  EXPECT_EQ(unfinished(), (Urls{"http://a/", "http://a/next", "http://a/r"}));
  EXPECT_EQ(skipped(Skipped::kNofollow), 1u);
  EXPECT_EQ(skipped(Skipped::kScheme), 1u);
}

TEST_F(AdmissionTest, ARedirectOfASeedInheritsItsStanding) {
  seed("http://a/");
  std::string target;
  EXPECT_EQ(admission().redirect(lease(), "http://b/x#f", target), RedirectFate::kTaken);
  EXPECT_EQ(target, "http://b/x");
  EXPECT_EQ(unfinished(), (Urls{"http://a/", "http://b/x"})) << "in scope for `page` too";
  EXPECT_FALSE(admission().names_host("b")) << "but not allowed a private address by it";
}

TEST_F(AdmissionTest, RedirectsEndAtTheirLimitAndInLoops) {
  seed("http://a/");
  std::string target;
  Lease from = lease();
  EXPECT_EQ(admission().redirect(from, "http://a/#self", target), RedirectFate::kLimit);
  from.hops = 9;
  EXPECT_EQ(admission().redirect(from, "/x", target), RedirectFate::kTaken);
  from.hops = 10;
  EXPECT_EQ(admission().redirect(from, "/y", target), RedirectFate::kLimit);
  EXPECT_EQ(admission().redirect(from, "mailto:x@y", target), RedirectFate::kBad);
  EXPECT_EQ(admission().redirect(from, "http://[", target), RedirectFate::kBad);
}

TEST_F(AdmissionTest, BytesOfALocationThatAreNoUtf8AreMeantAsTheyAre) {
  seed("http://a/");
  std::string target;
  const Lease from = lease();
  EXPECT_EQ(admission().redirect(from, "/\xFC", target), RedirectFate::kTaken);
  EXPECT_EQ(target, "http://a/%FC");
  EXPECT_EQ(admission().redirect(from, "/\xC3\xBC", target), RedirectFate::kTaken);
  EXPECT_EQ(target, "http://a/%C3%BC");
}

TEST_F(AdmissionTest, CredentialsOfLinksAndRedirectsAreDropped) {
  list().scope = config::Scope::kHost;
  seed("http://a/");
  const Lease from = lease();
  follow(from, {link("http://user:secret@a/x?y")});
  std::string target;
  EXPECT_EQ(admission().redirect(from, "http://user@a:80/z", target), RedirectFate::kTaken);
  EXPECT_EQ(target, "http://a/z");
  EXPECT_EQ(unfinished(), (Urls{"http://a/", "http://a/x?y", "http://a/z"}));
}

TEST_F(AdmissionTest, PathsThatRepeatThemselvesAndUrlsWithoutMeasureAreTraps) {
  list().scope = config::Scope::kHost;
  seed("http://a/");
  follow(lease(),
         {link("http://a/x/x/x/x/"), link("http://a/x/x/x/x/x"),
          link("http://a/x/1/x/2/x/3/x/4/x/"), link("http://a/" + std::string(20'000, 'l')),
          link("http://a////////"), link("http://a/1/2/3/4/5/6/7/8/9")});
  EXPECT_EQ(unfinished(), (Urls{"http://a/", "http://a/x/x/x/x/", "http://a////////",
                                "http://a/1/2/3/4/5/6/7/8/9"}));
  EXPECT_EQ(skipped(Skipped::kTrap), 3u);
}

TEST_F(AdmissionTest, ASitemapNamesPagesOfItsOwnHost) {
  list().exclude = {"secret"};
  seed("http://a/");  // scope page: no link is followed, but what is listed is as good as a seed
  const auto sitemap = *parse::Url::parse("http://a/sitemap.xml");
  for (const char* url :
       {"http://a/1", "https://a/2", "http://b/3", "ftp://a/4", "http://a/secret"}) {
    admission().listed(sitemap, *parse::Url::parse(url), 0);
  }
  EXPECT_EQ(unfinished(), (Urls{"http://a/", "http://a/1", "https://a/2"}));
  EXPECT_EQ(skipped(Skipped::kScope), 1u);
  EXPECT_EQ(skipped(Skipped::kScheme), 1u);
  EXPECT_EQ(skipped(Skipped::kExcluded), 1u);
}

TEST_F(AdmissionTest, AListTrustsTheHostsOfItsSeedsAndTheirHttps) {
  settings_.lists.emplace_back();
  seed("http://a/");
  seed("https://b:8443/");
  const auto trusts = [&](const char* url, std::uint32_t list = 0) {
    return admission().trusts(list, *parse::Url::parse(url));
  };
  EXPECT_TRUE(trusts("http://a/x"));
  EXPECT_TRUE(trusts("https://a/x"));
  EXPECT_TRUE(trusts("https://b:8443/x"));
  EXPECT_FALSE(trusts("http://a:8080/"));
  EXPECT_FALSE(trusts("http://c/"));
  EXPECT_FALSE(trusts("http://a/x", 1)) << "another list's seed";
}

TEST_F(AdmissionTest, BudgetsEndTraps) {
  list().scope = config::Scope::kHost;
  settings_.crawl.max_per_dir = 2;
  settings_.crawl.max_per_host = 4;
  seed("http://a/");
  std::vector<parse::Link> links;
  for (int i = 0; i < 10; ++i) links.push_back(link("http://a/cal/" + std::to_string(i)));
  for (int i = 0; i < 10; ++i) links.push_back(link("http://a/d" + std::to_string(i) + "/"));
  follow(lease(), links);
  EXPECT_EQ(unfinished().size(), 4u);
  EXPECT_EQ(skipped(Skipped::kBudgetDirectory), 8u);
  EXPECT_EQ(skipped(Skipped::kBudgetHost), 9u);
}

TEST_F(AdmissionTest, EveryUrlIsCountedUnfinishedOnce) {
  list().scope = config::Scope::kHost;
  seed("http://a/");
  seed("http://a/#again");
  follow(lease(), {link("http://a/1"), link("http://a/1"), link("http://a/")});
  EXPECT_EQ(unfinished_.count(), 2u);
  EXPECT_EQ(news_.size(), 2u) << "at the seed, and at the link when the origin had run dry";
}

TEST_F(AdmissionTest, ABadSeedIsToldAndCounted) {
  const auto problem = admission().seed({"http://", 0, "list.txt:3"});
  ASSERT_TRUE(problem);
  EXPECT_EQ(skipped(Skipped::kBadSeed), 1u);
  EXPECT_EQ(admission().counts().seeds, 0u);
}

}  // namespace
}  // namespace weir
