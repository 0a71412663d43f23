// A lock on a file: between processes, and between threads that opened it each for themselves.
//
//   FileLock lock("runs/a/lock");
//   if (!lock.try_lock()) return "in use by process " + lock.holder();
//
// An open file description lock (OFD): gone with its process however that dies, and not inherited
// by programs that it starts. Thread-compatible; each FileLock is one holder.
#pragma once

#include <string>

#include "concurrency/unique_fd.h"

namespace weir::concurrency {

class FileLock {
 public:
  enum class Mode { kExclusive, kShared };

  // Creates the file if need be. Throws std::system_error.
  explicit FileLock(const std::string& path);

  // Blocks. Taking it again in the other mode converts it.
  void lock(Mode mode = Mode::kExclusive);
  [[nodiscard]] bool try_lock(Mode mode = Mode::kExclusive);
  void unlock();

  // For the one who was refused: what an exclusive holder wrote by sign(), or nothing.
  std::string holder() const;
  // Writes this process's pid into the file. Requires: held exclusively.
  void sign();

 private:
  bool set(short type, bool wait);
  UniqueFd fd_;
  std::string path_;
};

}  // namespace weir::concurrency
