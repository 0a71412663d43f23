#include "crawler/run_folder.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <mutex>
#include <optional>
#include <set>
#include <system_error>
#include <thread>
#include <vector>

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

std::string refusal(const std::string& folder) {
  try {
    (void)RunFolder::make(folder, "x");
    return {};
  } catch (const BadRunFolder& error) {
    return error.what();
  }
}

TEST_F(RunFolderTest, AFolderInUseIsRefusedByTheHoldersPid) {
  std::optional<RunFolder> first = RunFolder::make(root_.string(), "x");
  const std::string pid = std::to_string(::getpid());
  EXPECT_EQ(content(root_ / "lock"), pid);
  EXPECT_EQ(refusal(root_.string()), root_.string() + " is in use by process " + pid);
  first->write("pages.jsonl", "");
  EXPECT_EQ(refusal(root_.string()), root_.string() + " is in use by process " + pid);
  EXPECT_EQ(content(root_ / "lock"), pid);
  const RunFolder copy = *first;  // as a stage has
  first.reset();
  EXPECT_NE(refusal(root_.string()).find("in use"), std::string::npos);
}

TEST_F(RunFolderTest, TheLockGoesWithTheRun) {
  (void)RunFolder::make(root_.string(), "x");
  EXPECT_TRUE(fs::is_empty(root_));
  std::ofstream(root_ / "lock") << "1";  // of a crawl that was killed before it wrote anything
  EXPECT_EQ(refusal(root_.string()), "");
  std::ofstream(root_ / "lock") << "1";
  std::ofstream(root_ / "pages.jsonl") << "";
  EXPECT_NE(refusal(root_.string()).find("not empty"), std::string::npos);
  EXPECT_EQ(content(root_ / "lock"), "1");  // what is not ours stays as it is
}

TEST_F(RunFolderTest, ALockOfSomebodyElseIsNotTouched) {
  std::ofstream(root_ / "lock") << "of another program";
  EXPECT_NE(refusal(root_.string()).find("not empty"), std::string::npos);
  EXPECT_EQ(content(root_ / "lock"), "of another program");
}

TEST_F(RunFolderTest, RunsThatStartTogetherGetFoldersOfTheirOwn) {
  const fs::path before = fs::current_path();
  fs::current_path(root_);
  std::vector<RunFolder> runs;
  std::mutex mutex;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&] {
        RunFolder run = RunFolder::make("", "x");
        const std::lock_guard lock(mutex);
        runs.push_back(std::move(run));
      });
  }
  std::set<fs::path> folders;
  for (const RunFolder& run : runs) folders.insert(run.folder());
  EXPECT_EQ(folders.size(), 8u);
  fs::current_path(before);
}

TEST_F(RunFolderTest, DiscardLeavesWhatWasThereBefore) {
  {
    const RunFolder run = RunFolder::make((root_ / "a" / "b").string(), "x");
    run.write("run.toml", "x");
    run.discard();
  }
  EXPECT_TRUE(fs::is_empty(root_));
  {
    const RunFolder run = RunFolder::make(root_.string(), "x");
    run.write("run.toml", "x");
    run.discard();
  }
  EXPECT_TRUE(fs::is_empty(root_));
}

TEST_F(RunFolderTest, AFileCanBeForItsOwnerAlone) {
  const RunFolder folder = RunFolder::existing(root_.string());
  folder.write("run.toml", "secret", 0600);
  EXPECT_EQ(fs::status(root_ / "run.toml").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
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
