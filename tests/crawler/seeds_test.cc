#include "crawler/seeds.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <system_error>

#include "concurrency/unique_fd.h"

namespace weir {
namespace {

class SeedsTest : public ::testing::Test {
 protected:
  SeedsTest() : path_(::testing::TempDir() + "weir-seeds-" + std::to_string(::getpid())) {}
  ~SeedsTest() override { std::filesystem::remove(path_); }

  std::vector<SeedLine> read(const std::vector<config::ListSettings>& lists) {
    std::vector<SeedLine> all;
    auto lines = read_seeds(lists, stop_.get());
    while (auto line = lines.next()) all.push_back(*line);
    return all;
  }
  std::vector<config::ListSettings> file_list() const {
    config::ListSettings list;
    list.name = "l";
    list.files = {{path_, "--list"}};
    return {list};
  }
  void write(const std::string& text) { std::ofstream(path_, std::ios::binary) << text; }
  void write_gzip(const std::string& text, const char* mode) {
    gzFile out = ::gzopen(path_.c_str(), mode);
    ASSERT_NE(out, nullptr);
    ::gzwrite(out, text.data(), static_cast<unsigned>(text.size()));
    ::gzclose(out);
  }

  const std::string path_;
  concurrency::UniqueFd stop_{::eventfd(0, EFD_CLOEXEC)};
};

TEST_F(SeedsTest, LinesAreTrimmedAndCommentsAndBlanksLeftOut) {
  write("\xEF\xBB\xBFhttp://a/\r\n# no\n\n  http://b/ \t\nlast");
  const auto seeds = read(file_list());
  ASSERT_EQ(seeds.size(), 3u);
  EXPECT_EQ(seeds[0].text, "http://a/");
  EXPECT_EQ(seeds[1].text, "http://b/");
  EXPECT_EQ(seeds[2].text, "last");
  EXPECT_EQ(seeds[1].origin, path_ + ":4");
}

TEST_F(SeedsTest, UrlsOfTheConfigComeFirstWithWhereTheyStand) {
  write("http://b/\n");
  auto lists = file_list();
  lists[0].urls = {{"http://a/", "crawl.toml:7"}};
  const auto seeds = read(lists);
  ASSERT_EQ(seeds.size(), 2u);
  EXPECT_EQ(seeds[0].origin, "crawl.toml:7");
}

TEST_F(SeedsTest, GzipIsRecognisedAlsoInSeveralMembers) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += "http://h/" + std::to_string(i) + "\n";
  write_gzip(text, "wb");
  write_gzip("http://h/end\n", "ab");
  const auto seeds = read(file_list());
  ASSERT_EQ(seeds.size(), 50'001u);
  EXPECT_EQ(seeds[49'999].text, "http://h/49999");
  EXPECT_EQ(seeds.back().text, "http://h/end");
}

TEST_F(SeedsTest, ABrokenGzipIsAnErrorThatNamesTheFile) {
  write_gzip(std::string(100'000, 'x') + "\n", "wb");
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) - 12);
  try {
    read(file_list());
    FAIL() << "no error";
  } catch (const std::system_error& error) {
    EXPECT_NE(std::string(error.what()).find(path_), std::string::npos) << error.what();
  }
}

TEST_F(SeedsTest, ALineOfAnyLengthCostsBoundedMemory) {
  write(std::string(10'000'000, 'x') + "\nhttp://a/\n");
  const auto seeds = read(file_list());
  ASSERT_EQ(seeds.size(), 2u);
  EXPECT_LE(seeds[0].text.size(), 64u * 1024);
  EXPECT_EQ(seeds[1].text, "http://a/");
}

TEST_F(SeedsTest, AReadOfAnOpenPipeEndsWhenStopped) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const int saved = ::dup(STDIN_FILENO);
  ::dup2(ends[0], STDIN_FILENO);
  ASSERT_EQ(::write(ends[1], "http://a/\n", 10), 10);
  config::ListSettings list;
  list.files = {{"-", "--list"}};
  const std::vector<config::ListSettings> lists{list};
  auto lines = read_seeds(lists, stop_.get());
  ASSERT_TRUE(lines.next()) << "what is there is given before more is waited for";
  ::eventfd_write(stop_.get(), 1);
  EXPECT_FALSE(lines.next());
  ::dup2(saved, STDIN_FILENO);
  for (const int fd : {saved, ends[0], ends[1]}) ::close(fd);
}

TEST(SeedUrl, PeopleLeaveTheSchemeOut) {
  EXPECT_EQ(seed_url("example.org/a")->href(), "http://example.org/a");
  EXPECT_EQ(seed_url("localhost:8080")->href(), "http://localhost:8080/");
  EXPECT_EQ(seed_url("https://x/")->href(), "https://x/");
  EXPECT_EQ(seed_url("localhost:8080/a?b")->href(), "http://localhost:8080/a?b");
  EXPECT_EQ(seed_url("example.org/a:b")->href(), "http://example.org/a:b");
  EXPECT_FALSE(seed_url("ftp://x/"));
  EXPECT_FALSE(seed_url("mailto:me@example.org"));
  EXPECT_FALSE(seed_url("javascript:void(0)"));
  EXPECT_FALSE(seed_url("http://"));
  EXPECT_FALSE(seed_url("http://a b/"));
}

}  // namespace
}  // namespace weir
