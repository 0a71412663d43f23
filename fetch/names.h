// Host names to addresses: a cache with lifetimes and negative answers before a few threads that
// ask the system, so that one slow name holds back nobody else.
//
//   Names names({.resolve = {"shop.example:127.0.0.1"}});
//   Future<NameAnswer> answer = names.lookup("www.example.org");
//
// The system's resolver does not tell the lifetime of an answer, so every answer is kept for the
// one set here. Thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "concurrency/future.h"

namespace weir::fetch {

struct NameAnswer {
  std::vector<std::string> addresses;  // numeric, in the order in which to try them
  std::string error;                   // why there is none
};

struct NameOptions {
  std::vector<std::string> resolve;  // "HOST:ADDR": answered so, for ever
  std::size_t threads = 16;          // lookups at once
  std::size_t capacity = 100'000;    // names kept
  std::chrono::milliseconds ttl{300'000};
  std::chrono::milliseconds negative_ttl{30'000};
  // Instead of the system's resolver; runs on Names' threads, may block.
  std::function<NameAnswer(const std::string& host)> resolver;
};

struct NameFigures {
  std::uint64_t lookups = 0;
  std::uint64_t hits = 0;    // answered from the cache, negative answers and `resolve` included
  std::uint64_t joined = 0;  // waited for a lookup already under way
  std::uint64_t failed = 0;  // lookups that ended without an address
  double mean_ms = 0;        // of those that asked the system
  double max_ms = 0;
};

class Names {
 public:
  // Throws std::invalid_argument for a `resolve` that is not HOST:ADDR.
  explicit Names(NameOptions options = {});
  ~Names();  // waits for the lookups that are under way
  Names(const Names&) = delete;
  Names& operator=(const Names&) = delete;

  // Never blocks; done at once where the cache knows. A numeric host is its own answer. The future
  // completes on a thread of Names.
  concurrency::Future<NameAnswer> lookup(std::string_view host);

  NameFigures figures() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir::fetch
