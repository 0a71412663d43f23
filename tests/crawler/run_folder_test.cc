#include "crawler/run_folder.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <system_error>

namespace weir {
namespace {

namespace fs = std::filesystem;

class RunFolderTest : public ::testing::Test {
 protected:
  RunFolderTest()
      : root_(fs::path(::testing::TempDir()) / ("weir-run-" + std::to_string(::getpid()))) {
    fs::remove_all(root_);
    fs::create_directories(root_);
  }
  ~RunFolderTest() override { fs::remove_all(root_); }

  static std::string content(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  const fs::path root_;
};

TEST_F(RunFolderTest, AFolderThatIsAbsentOrEmptyWillDo) {
  EXPECT_NO_THROW((void)RunFolder::make((root_ / "a" / "b").string(), "x"));
  EXPECT_NO_THROW((void)RunFolder::make((root_ / "a" / "b").string(), "x"));
}

TEST_F(RunFolderTest, AnyOtherIsRefusedByName) {
  std::ofstream(root_ / "file") << "x";
  EXPECT_THROW((void)RunFolder::make(root_.string(), "x"), BadRunFolder);
  EXPECT_THROW((void)RunFolder::make((root_ / "file").string(), "x"), BadRunFolder);
  try {
    (void)RunFolder::make(root_.string(), "x");
  } catch (const BadRunFolder& error) {
    EXPECT_NE(std::string(error.what()).find(root_.string()), std::string::npos);
  }
}

TEST_F(RunFolderTest, AFileIsWrittenWhole) {
  const RunFolder folder = RunFolder::existing(root_.string());
  folder.write("a.txt", "one\n");
  folder.write("a.txt", std::string(200'000, 'x'));
  EXPECT_EQ(content(root_ / "a.txt").size(), 200'000u);
  EXPECT_FALSE(fs::exists(root_ / "a.txt.part"));
}

// A limit on the size of files fails writes just as a full disk does, in mid-record.
TEST_F(RunFolderTest, AFullDiskLeavesWholeRecords) {
  const std::string record = std::string(999, 'r') + "\n";
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  bool failed = false;
  {
    OutputFile out((root_ / "pages.jsonl").string());
    rlimit small = before;
    small.rlim_cur = 100'500;
    ::setrlimit(RLIMIT_FSIZE, &small);
    try {
      for (int i = 0; i < 1000; ++i) out.append(record);
    } catch (const std::system_error& error) {
      failed = true;
      EXPECT_NE(std::string(error.what()).find("pages.jsonl"), std::string::npos);
    }
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_TRUE(failed);
  const std::string stored = content(root_ / "pages.jsonl");
  EXPECT_EQ(stored.size(), 100'000u);
  EXPECT_EQ(stored.back(), '\n');
}

}  // namespace
}  // namespace weir
