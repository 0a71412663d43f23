// The store: one thread that ends every URL. It writes the record, sums up the statistics, admits
// the children, and only then completes the lease, so that the count of unfinished URLs reaches
// zero exactly once.
//
//   Store store(settings, folder, parts);
//   store.start();
//   ... inbox closes ...
//   store.join();                        // every record is in the files
//
// Thread-safe for figures(); start() and join() belong to one thread; statistics() after join().
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "concurrency/in_flight.h"
#include "config/settings.h"
#include "crawler/admission.h"
#include "crawler/frontier.h"
#include "crawler/page.h"
#include "crawler/run_folder.h"
#include "crawler/statistics.h"

namespace weir {

class EarlierRun;

struct StoreFigures {
  std::uint64_t records = 0;
  std::uint64_t ok = 0;
  std::uint64_t failed = 0;
  std::uint64_t bytes_wire = 0;
  double busy_seconds = 0;
};

class Store {
 public:
  struct Parts {
    Frontier* frontier = nullptr;
    Admission* admission = nullptr;
    concurrency::InFlight* unfinished = nullptr;
    Inbox* inbox = nullptr;
    const EarlierRun* earlier = nullptr;                 // of --since; may be null
    std::function<void()> completed;                     // after each lease that ended
    std::function<void(const std::string& why)> failed;  // the disk said no; once
    std::function<void(const std::string& line)> log;
  };

  // Creates pages.jsonl, and links.jsonl if asked. Throws std::system_error if it cannot.
  Store(const config::Settings& settings, const RunFolder& folder, Parts parts);
  ~Store();  // Requires: the inbox is closed

  void start();
  void join();

  StoreFigures figures() const;
  const Statistics& statistics() const;
  // URLs that were completed, but whose records are not in the file: not yet, or never if the disk
  // is full.
  std::vector<std::string> unwritten() const;
  // Seeds that came to nothing: their records' outcomes, at most a hundred.
  const std::vector<std::string>& failed_seeds() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir
