// What a loop knows of one descriptor: the tasks and the watch that wait for it. Not for use beyond
// the loop.
#pragma once

#include <cstdint>

#include "concurrency/event_loop.h"

namespace weir::concurrency {

struct EventLoop::FdEntry {
  FdEntry(EventLoop& owner, int descriptor) : loop(owner), fd(descriptor) {}

  class Waiters final : public WaitList {
   public:
    explicit Waiters(FdEntry& entry) : entry_(entry) {}

   private:
    void joined() override { entry_.update(); }
    void left() noexcept override { entry_.update_quietly(); }
    FdEntry& entry_;
  };

  void update();  // what the poller watches; throws what it throws
  void update_quietly() noexcept;
  void dispatch(unsigned events, std::uint64_t pass);

  EventLoop& loop;
  const int fd;
  unsigned registered = 0;
  FdWatch* watch = nullptr;
  std::uint64_t watched_since = 0;  // the pass in which `watch` came
  Waiters readers{*this};
  Waiters writers{*this};
};

}  // namespace weir::concurrency
