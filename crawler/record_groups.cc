#include "crawler/record_groups.h"

#include <fcntl.h>
#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/parallel_reduce.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <string_view>

#include "concurrency/throw_errno.h"
#include "concurrency/unique_fd.h"
#include "crawler/record.h"
#include "parse/url.h"

namespace weir {
namespace {

using nlohmann::json;

constexpr std::size_t kGrain = 256 * 1024;  // bytes of records that one task reads

class MappedFile {
 public:
  explicit MappedFile(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    struct stat info {};
    if (!fd_ || ::fstat(fd_.get(), &info) != 0) fail(path);
    size_ = static_cast<std::size_t>(info.st_size);
    if (size_ == 0) return;
    data_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd_.get(), 0);
    if (data_ == MAP_FAILED) fail(path);
  }
  ~MappedFile() {
    if (size_ != 0) ::munmap(data_, size_);
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::string_view bytes() const { return {static_cast<const char*>(data_), size_}; }

 private:
  [[noreturn]] static void fail(const std::string& path) { concurrency::throw_errno(path); }
  concurrency::UniqueFd fd_;
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

std::string name_of(const json& value) {
  if (value.is_null()) return "(none)";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string host_of(const json& record) {
  const auto url = parse::Url::parse(record.value("url", ""));
  return url ? url->host_port() : "(none)";
}

void add_line(RecordGroups& groups, std::string_view line, const std::string& key) {
  const json record = json::parse(line, nullptr, false);
  if (!record.is_object() || !record.contains("url") || !record.contains("outcome")) {
    ++groups.unreadable;
    return;
  }
  const bool has_key = key == "host" || record.contains(key);
  groups.known_key |= has_key;
  if (!has_key) return;
  try {
    RecordGroup one;
    one.pages = 1;
    const auto outcome = outcome_from(record.at("outcome").get<std::string>());
    one.ok = outcome == Outcome::kOk;
    one.failed = !outcome || is_failure(*outcome);
    one.bytes_wire = record.value("bytes_wire", 0ull);
    one.links = record.value("links", 0ull);
    one.words = record.value("words", 0ull);
    one.fetch_ms = record.value("fetch_ms", 0.0);
    one.parse_ms = record.value("parse_ms", 0.0);
    groups.by_name[key == "host" ? host_of(record) : name_of(record.at(key))] += one;
  } catch (const json::exception&) {
    ++groups.unreadable;
  }
}

void merge(RecordGroups& into, const RecordGroups& other) {
  for (const auto& [name, group] : other.by_name) into.by_name[name] += group;
  into.unreadable += other.unreadable;
  into.known_key |= other.known_key;
}

// The start of the first line that begins at or after `at`: cuts agree on both sides.
std::size_t line_start(std::string_view bytes, std::size_t at) {
  if (at == 0 || at >= bytes.size()) return std::min(at, bytes.size());
  const std::size_t end = bytes.find('\n', at - 1);
  return end == std::string_view::npos ? bytes.size() : end + 1;
}

}  // namespace

RecordGroup& RecordGroup::operator+=(const RecordGroup& other) {
  pages += other.pages;
  ok += other.ok;
  failed += other.failed;
  bytes_wire += other.bytes_wire;
  links += other.links;
  words += other.words;
  fetch_ms += other.fetch_ms;
  parse_ms += other.parse_ms;
  return *this;
}

RecordGroups group_records(const std::string& pages_jsonl, const std::string& key) {
  const MappedFile file(pages_jsonl);
  const std::string_view bytes = file.bytes();
  return oneapi::tbb::parallel_reduce(
      oneapi::tbb::blocked_range<std::size_t>(0, bytes.size(), kGrain), RecordGroups{},
      [&](const auto& range, RecordGroups groups) {
        std::size_t at = line_start(bytes, range.begin());
        const std::size_t end = line_start(bytes, range.end());
        while (at < end) {
          const std::size_t newline = std::min(bytes.find('\n', at), bytes.size());
          add_line(groups, bytes.substr(at, newline - at), key);
          at = newline + 1;
        }
        return groups;
      },
      [](RecordGroups a, const RecordGroups& b) {
        merge(a, b);
        return a;
      });
}

}  // namespace weir
