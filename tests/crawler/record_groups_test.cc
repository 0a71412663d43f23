#include "crawler/record_groups.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <system_error>

#include "crawler/record.h"

namespace weir {
namespace {

class RecordGroupsTest : public ::testing::Test {
 protected:
  RecordGroupsTest() : path_(::testing::TempDir() + "weir-groups-" + std::to_string(::getpid())) {}
  ~RecordGroupsTest() override { std::filesystem::remove(path_); }
  const std::string path_;
};

// Far more lines than one task reads, so that the file is cut in many places.
TEST_F(RecordGroupsTest, EveryRecordIsCountedOnceWhereverTheFileIsCut) {
  {
    std::ofstream out(path_);
    for (int i = 0; i < 6000; ++i) {
      PageRecord record;
      record.url = "http://h" + std::to_string(i % 7) + "/" + std::to_string(i);
      record.depth = static_cast<std::uint32_t>(i % 3);
      record.outcome = i % 10 == 0 ? Outcome::kHttpError : Outcome::kOk;
      record.bytes_wire = 2;
      out << to_json_line(record);
    }
  }
  const RecordGroups by_depth = group_records(path_, "depth");
  ASSERT_EQ(by_depth.by_name.size(), 3u);
  EXPECT_EQ(by_depth.by_name.at("0").pages, 2000u);
  EXPECT_EQ(by_depth.by_name.at("1").pages, 2000u);
  EXPECT_EQ(by_depth.by_name.at("2").pages, 2000u);
  RecordGroup all;
  for (const auto& [name, group] : group_records(path_, "host").by_name) all += group;
  EXPECT_EQ(all.pages, 6000u);
  EXPECT_EQ(all.failed, 600u);
  EXPECT_EQ(all.ok, 5400u);
  EXPECT_EQ(all.bytes_wire, 12'000u);
  EXPECT_EQ(group_records(path_, "host").by_name.size(), 7u);
}

TEST_F(RecordGroupsTest, WhatIsNoRecordIsCountedAndLeftOut) {
  std::ofstream(path_)
      << "nonsense\n{\"url\":1}\n{\"url\":\"http://a/\",\"outcome\":\"ok\",\"lang\":null}\n"
         "{\"url\":\"http://a/\",\"outcome\":7,\"lang\":\"en\"}";
  const RecordGroups groups = group_records(path_, "lang");
  EXPECT_EQ(groups.unreadable, 3u);
  ASSERT_EQ(groups.by_name.size(), 1u);
  EXPECT_EQ(groups.by_name.begin()->first, "(none)");
  EXPECT_FALSE(group_records(path_, "nope").known_key);
}

TEST_F(RecordGroupsTest, AFileThatCannotBeReadIsNamed) {
  EXPECT_THROW(group_records(path_, "lang"), std::system_error);
  std::ofstream{path_};
  EXPECT_TRUE(group_records(path_, "lang").by_name.empty());
}

}  // namespace
}  // namespace weir
