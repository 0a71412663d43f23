#include "crawler/earlier_run.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "crawler/record.h"

namespace weir {
namespace {

class EarlierRunTest : public ::testing::Test {
 protected:
  EarlierRunTest()
      : folder_(std::filesystem::path(::testing::TempDir()) /
                ("weir-earlier-run-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~EarlierRunTest() override { std::filesystem::remove_all(folder_); }

  void write(const char* file, const std::string& text) { std::ofstream(folder_ / file) << text; }
  static std::string record(const std::string& url, Outcome outcome, const std::string& etag,
                            const std::string& robots = {}) {
    PageRecord page;
    page.url = url;
    page.outcome = outcome;
    page.etag = etag;
    page.robots = robots;
    return to_json_line(page);
  }

  std::filesystem::path folder_;
};

TEST_F(EarlierRunTest, KnowsTheValidatorsOfPagesAlone) {
  write("pages.jsonl", record("http://a/", Outcome::kOk, "\"1\"") +
                           record("http://a/again", Outcome::kNotModified, "W/\"2\"") +
                           record("http://a/gone", Outcome::kHttpError, "\"3\"") +
                           record("http://a/plain", Outcome::kOk, "") + "{\"url\": \"http://a/cu");
  const EarlierRun earlier(folder_.string());
  ASSERT_TRUE(earlier.find("http://a/"));
  EXPECT_EQ(earlier.find("http://a/")->etag, "\"1\"");
  ASSERT_TRUE(earlier.find("http://a/again"));
  EXPECT_EQ(earlier.find("http://a/again")->etag, "W/\"2\"");
  EXPECT_FALSE(earlier.find("http://a/gone"));
  EXPECT_FALSE(earlier.find("http://a/plain"));
  EXPECT_FALSE(earlier.has_links());
  EXPECT_FALSE(earlier.links("http://a/"));
}

TEST_F(EarlierRunTest, GivesTheLinksOfAPageAsItsParserDid) {
  write("pages.jsonl", record("http://a/", Outcome::kOk, "x") +
                           record("http://a/no", Outcome::kOk, "y", "nofollow"));
  write("links.jsonl", links_json_line("http://other/", {{"http://a/z", "a", ""}}) +
                           links_json_line("http://a/", {{"http://a/1", "a", "nofollow ugc"},
                                                         {"http://a/2", "link", "next"},
                                                         {"http://a/3", "img", ""},
                                                         {"http://a/4", "meta", ""}}) +
                           links_json_line("http://a/no", {}) + "{\"url\":\"http://a/\",\"li");
  const EarlierRun earlier(folder_.string());
  const auto facts = earlier.links("http://a/");
  ASSERT_TRUE(facts);
  ASSERT_EQ(facts->links.size(), 4u);
  EXPECT_EQ(facts->links[0].url, "http://a/1");
  EXPECT_TRUE(facts->links[0].has_rel("nofollow"));
  EXPECT_TRUE(facts->links[0].has_rel("ugc"));
  EXPECT_EQ(facts->links[0].kind, parse::LinkKind::kNav);
  EXPECT_EQ(facts->links[1].kind, parse::LinkKind::kLink);
  EXPECT_EQ(facts->links[2].kind, parse::LinkKind::kRes);
  EXPECT_EQ(facts->links[3].kind, parse::LinkKind::kRefresh);
  EXPECT_FALSE(facts->nofollow);
  ASSERT_TRUE(earlier.links("http://a/no"));
  EXPECT_TRUE(earlier.links("http://a/no")->nofollow);
  EXPECT_FALSE(earlier.links("http://other/")) << "it cannot answer 304";
}

TEST_F(EarlierRunTest, AFolderThatIsNoRunIsRefused) {
  EXPECT_THROW(EarlierRun{folder_.string()}, std::invalid_argument);
}

}  // namespace
}  // namespace weir
