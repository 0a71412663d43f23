// The records of a run summed up by any of their keys, on all CPUs.
//
//   RecordGroups groups = group_records("runs/r/pages.jsonl", "content_type");
//   for (const auto& [name, group] : groups.by_name) print(name, group.pages, group.failed);
//
// Data-parallel work where nothing waits is what oneTBB is for: the file is mapped, cut at line
// ends and reduced.
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace weir {

struct RecordGroup {
  std::uint64_t pages = 0;
  std::uint64_t ok = 0;
  std::uint64_t failed = 0;
  std::uint64_t bytes_wire = 0;
  std::uint64_t links = 0;
  std::uint64_t words = 0;
  double fetch_ms = 0;  // sums; divide by pages
  double parse_ms = 0;

  RecordGroup& operator+=(const RecordGroup& other);
};

struct RecordGroups {
  std::map<std::string, RecordGroup> by_name;
  std::uint64_t unreadable = 0;  // lines that are no record
  bool known_key = false;        // at least one record has the key
};

// `key` is one of a record's, or "host". Throws std::system_error if the file cannot be read.
RecordGroups group_records(const std::string& pages_jsonl, const std::string& key);

}  // namespace weir
