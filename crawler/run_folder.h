// The folder of one run: its name, its files, and the log.
//
//   RunFolder folder = RunFolder::make(settings.output.out, "quickstart");
//   folder.write("run.toml", to_toml(settings));
//   OutputFile pages(folder.path("pages.jsonl"));
//
// Thread-compatible; an OutputFile is Thread-bound.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "concurrency/unique_fd.h"

namespace weir {

// The run folder cannot be used: exit 2. What fails later (a full disk) is std::system_error:
// exit 4.
struct BadRunFolder : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class RunFolder {
 public:
  // `out` itself, or runs/NAME-TIME where it is empty. It must be absent or empty, and no other
  // crawl may be at work in it: throws BadRunFolder, which says what to do. Until its last copy is
  // gone, this process holds the folder's file `lock`, in which its pid is.
  static RunFolder make(const std::string& out, const std::string& name);
  static RunFolder existing(const std::string& path) { return RunFolder(path); }

  std::string path(std::string_view file) const { return (folder_ / file).string(); }
  const std::filesystem::path& folder() const { return folder_; }

  // Writes a whole file, all or nothing (a temporary file, then a rename).
  void write(std::string_view file, std::string_view content, mode_t mode = 0666) const;
  // Removes what make() made, and all that was put into it.
  void discard() const;

 private:
  class Lock;
  static RunFolder take(const std::filesystem::path& folder);
  explicit RunFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}
  std::filesystem::path folder_;
  std::filesystem::path made_;  // the topmost folder that make() made; empty if none
  std::shared_ptr<Lock> lock_;
};

// Appends whole records, buffered. After a failed write (a full disk) the file is cut back to its
// last whole record and std::system_error is thrown; the records beyond flushed() are then lost,
// and the caller's to report.
class OutputFile {
 public:
  explicit OutputFile(const std::string& path, mode_t mode = 0666);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void append(std::string_view record);
  // False: append() would write the buffer first.
  bool has_room(std::size_t bytes) const;
  void flush();
  void discard() noexcept;  // what is in the buffer, and whatever is appended from now on
  std::uint64_t flushed() const { return written_; }  // bytes that are in the file

 private:
  const std::string path_;
  concurrency::UniqueFd fd_;
  std::string buffer_;
  std::uint64_t written_ = 0;  // bytes in the file, all of whole records
  bool failed_ = false;
};

}  // namespace weir
