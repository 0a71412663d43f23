// The parse stage: one thread that takes pages from the page queue and has them parsed, by worker
// processes (the default), by threads, or by itself.
//
//   ParseStage parse(settings.parse, parts);
//   parse.start();
//   ... page queue closes ...
//   parse.join();                        // every page is in the store's inbox
//
// Threads and inline cannot kill a page that takes too long; the pre-scan of parse/ alone protects
// them. Thread-safe, but for start() and join(), which belong to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "concurrency/process_pool.h"
#include "concurrency/slab_arena.h"
#include "config/settings.h"
#include "crawler/page.h"

namespace weir {

struct ParseFigures {
  std::size_t workers = 0;
  std::uint64_t pages = 0;
  std::uint64_t crashes = 0;   // workers that died of themselves
  std::uint64_t timeouts = 0;  // workers killed for time
  std::uint64_t out_of_memory = 0;
  std::uint64_t restarts = 0;  // workers started beyond the first of each place
  std::uint64_t retries = 0;   // pages parsed again
  double busy_seconds = 0;     // summed over workers
  double cpu_seconds = 0;      // of worker processes
};

class ParseStage {
 public:
  struct Parts {
    const concurrency::SlabArena* arena = nullptr;
    PageQueue* pages = nullptr;
    Inbox* inbox = nullptr;
    std::string agent;                                   // product token
    std::function<void(const std::string& why)> broken;  // the pool cannot go on; once
  };

  ParseStage(const config::ParseSettings& settings, Parts parts);
  ~ParseStage();  // Requires: the page queue is closed, or never had a page

  void start();
  void join();
  void resize(std::size_t parsers);
  ParseFigures figures() const;
  std::vector<concurrency::PoolWorkerFigures> processes() const;  // as ProcessPool::workers()

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The number of parsers that the settings come to on this machine.
std::size_t parser_count(const config::ParseSettings& settings);

}  // namespace weir
