// A flag that threads can wait for: something has happened (Python's Event).
//
//   Event robots_known;
//   robots_known.set();                          // by the one who knows
//   if (robots_known.wait_until(limit)) ...      // by everybody who needs it
//
// Thread-safe.
#pragma once

#include <cstdint>

#include "concurrency/mutex.h"

namespace weir::concurrency {

class Event {
 public:
  // Sets the flag and wakes every thread that waits, also those that a clear() right behind this
  // call would overtake.
  void set();
  void clear();
  bool is_set() const;

  // Blocks until the event is set. False if the deadline passed or the stop was requested first.
  bool wait(std::stop_token stop = {}) { return wait_until(kNever, std::move(stop)); }
  bool wait_until(Deadline deadline, std::stop_token stop = {});

 private:
  mutable Mutex mutex_{"event"};
  CondVar changed_;
  bool set_ GUARDED_BY(mutex_) = false;
  std::uint64_t times_set_ GUARDED_BY(mutex_) = 0;
};

}  // namespace weir::concurrency
