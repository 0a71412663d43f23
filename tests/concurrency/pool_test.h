// What the tests of the process pool share; their workers' role is in pool_role.cc.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>

#include "concurrency/process_pool.h"
#include "process_test_roles.h"

namespace weir::concurrency {

// A file by which a task says that it began, and counts how often.
class Mark {
 public:
  Mark() {
    char path[] = "/tmp/weir-pool-test-XXXXXX";
    ::close(::mkstemp(path));
    path_ = path;
  }
  ~Mark() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }
  std::uintmax_t count() const { return std::filesystem::file_size(path_); }
  // Blocks until it was left so often.
  bool reaches(std::uintmax_t count) const {
    for (const Deadline deadline = soon(); this->count() < count; std::this_thread::yield())
      if (Clock::now() > deadline) return false;
    return true;
  }

 private:
  std::string path_;
};

inline ProcessPoolOptions options(std::size_t workers, std::string init = "") {
  return {.role = "pool",
          .workers = workers,
          .init = std::move(init),
          .result_bytes = 2 << 20,
          .grace = std::chrono::milliseconds(kSanitized ? 5000 : 500)};
}

inline PoolReply run(ProcessPool& pool, std::string header, const Slab* body = nullptr) {
  return pool.submit({.header = std::move(header), .body = body}).get(soon());
}

inline pid_t pid_of(ProcessPool& pool) { return std::stoi(run(pool, "pid").result); }

inline bool alive_becomes(const ProcessPool& pool, std::size_t count) {
  for (const Deadline deadline = soon(); pool.figures().alive != count; std::this_thread::yield())
    if (Clock::now() > deadline) return false;
  return true;
}

}  // namespace weir::concurrency
