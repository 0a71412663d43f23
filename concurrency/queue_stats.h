// What a queue has measured about itself; the bottleneck of a crawl is read off these figures.
//
//   const QueueStats pages = page_queue.stats();
//   if (pages.put_blocked_seconds > pages.get_starved_seconds) advise("more parsers");
//
// Immutable; WaitClock is Thread-compatible.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "concurrency/deadline.h"

namespace weir::concurrency {

struct QueueStats {
  std::ptrdiff_t capacity = 0;     // items; 0 is unbounded
  std::size_t size = 0;            // items inside now
  std::size_t bytes = 0;           // their weight
  std::uint64_t puts = 0;          // items that came in
  std::uint64_t gets = 0;          // items that were taken
  int putters_waiting = 0;         // now, a refused reservation included
  int getters_waiting = 0;         // now
  double put_blocked_seconds = 0;  // waiting of all producers, refused reservations included
  double get_starved_seconds = 0;  // waiting of all consumers
  double mean_fill = 0;            // items inside, as met by puts (after) and gets (before)
  std::size_t max_fill = 0;
};

// Sums the seconds of all who wait at a time, those who still wait included.
class WaitClock {
 public:
  void enter() noexcept { settle(), ++waiting_; }
  void leave() noexcept { settle(), --waiting_; }
  int waiting() const noexcept { return waiting_; }
  double seconds() noexcept { return settle(), seconds_; }

 private:
  void settle() noexcept {
    const Deadline now = Clock::now();
    seconds_ += waiting_ * std::chrono::duration<double>(now - since_).count();
    since_ = now;
  }

  int waiting_ = 0;
  double seconds_ = 0;
  Deadline since_ = Clock::now();
};

}  // namespace weir::concurrency
