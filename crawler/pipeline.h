// The crawl itself: the stages wired together, started, watched and ended in order.
//
//   Pipeline pipeline(settings, folder, log);
//   pipeline.start();
//   while (!pipeline.ended(next_tick)) show(pipeline.progress());
//   write(summary(pipeline));
//
// Threads: loop (fetching), parse, store, seeds, and ending, which waits for the count of
// unfinished URLs or for stop(), and then takes the stages down in the order of the flow.
// Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "concurrency/deadline.h"
#include "concurrency/queue_stats.h"
#include "concurrency/slab_arena.h"
#include "config/settings.h"
#include "crawler/admission.h"
#include "crawler/fetch_stage.h"
#include "crawler/frontier.h"
#include "crawler/parse_stage.h"
#include "crawler/run_folder.h"
#include "crawler/store.h"

namespace weir {

// Why a crawl ended; the words of summary.json. Of several the gravest counts.
enum class Finish { kFinished, kPageLimit, kTimeLimit, kStopped, kInterrupted, kError };
const char* finish_name(Finish finish);

struct Progress {
  double elapsed = 0;
  Frontier::Counts urls;
  FetchFigures fetch;
  ParseFigures parse;
  StoreFigures store;
  concurrency::QueueStats pages;  // the page queue
  concurrency::QueueStats inbox;
  concurrency::SlabFigures memory;
  AdmissionCounts admission;
  bool seeds_read = false;
};

class Pipeline {
 public:
  using Log = std::function<void(const std::string& line)>;

  // Throws for settings that cannot be had on this machine, and std::system_error if the folder
  // cannot be written.
  Pipeline(const config::Settings& settings, const RunFolder& folder, Log log);
  ~Pipeline();  // as stop(kInterrupted) and ended(kNever)

  void start();

  // kStopped, kPageLimit, kTimeLimit: what is in flight finishes. kInterrupted, kError: transfers
  // are dropped, their leases returned. Idempotent; may be called again with a graver reason.
  void stop(Finish reason, const std::string& why = {});

  // Blocks until all stages have ended; false if the deadline came first.
  bool ended(concurrency::Deadline deadline);
  // Readable once all stages have ended: for poll().
  int ended_fd() const;

  Progress progress() const;
  // The parser processes, one by one; none with --parse threads or inline.
  std::vector<concurrency::PoolWorkerFigures> parsers() const;

  // After the end.
  Finish finish() const;
  std::string why() const;  // of kError
  const Statistics& statistics() const;
  const std::vector<std::string>& failed_seeds() const;
  std::string url(UrlId id) const;  // of an admitted URL
  // Every URL that has no final outcome and every seed that was not read yet, for pending.txt.
  // Before the end it gives what it can without waiting.
  void for_each_pending(const std::function<void(const std::string& url)>& visit);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir
