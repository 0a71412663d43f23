// Names the part of a crawl that held up the rest, from measured times.
//
//   Bottleneck b = find_bottleneck(flow);   // {"parse", "2 parsers were busy 97 % ...", "--parsers
//   4"}
//
// Immutable inputs, pure. The thresholds and their reasons stand in bottleneck.cc.
#pragma once

#include <cstddef>
#include <string>

namespace weir {

// Where the time of a run went. Seconds are of wall time.
struct Flow {
  double elapsed = 0;
  std::size_t cpus = 1;
  std::size_t transfers = 0;  // allowed at once
  double transfers_mean = 0;  // in flight, on the average
  double fetch_blocked = 0;   // seconds with a URL due and no room in the page queue
  double credit_paused = 0;   // seconds that a transfer, on the average, was paused for memory
  double polite_wait = 0;     // seconds with URLs pending, room, and no host due
  double frontier_empty = 0;  // seconds with nothing to lease at all
  double loop_busy = 0;       // share of elapsed, 0..1
  double store_busy = 0;
  bool parses_apart = true;  // parsers are processes or threads, not the stage itself
  std::size_t parsers = 0;
  double parse_busy = 0;  // share of parsers * elapsed
};

struct Bottleneck {
  std::string stage;    // parse, memory, store, loop, fetch, politeness, frontier, none
  std::string because;  // the measured reason
  std::string advice;   // the flag to change, or why none helps
};

Bottleneck find_bottleneck(const Flow& flow);

}  // namespace weir
