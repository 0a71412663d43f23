// A lasting watch over a file descriptor: a callback whenever it is ready, on a loop's thread.
//
//   FdWatch watch(loop, fd, Poller::kRead, [&](unsigned events) { drain(fd); });
//   watch.set(Poller::kRead | Poller::kWrite);
//
// Thread-bound to the loop, which outlives it. Destroy it before closing the descriptor.
#pragma once

#include <functional>
#include <memory>

#include "concurrency/poller.h"

namespace weir::concurrency {

class EventLoop;

class FdWatch {
 public:
  using Callback = std::function<void(unsigned events)>;  // bits of Poller

  // `interest` 0 pauses the watch. One watch per descriptor; a second one and what the poller
  // refuses throw as Poller::add does. The callback may change or destroy any watch, this one
  // included; what it throws leaves EventLoop::run.
  FdWatch(EventLoop& loop, int fd, unsigned interest, Callback callback);
  ~FdWatch();
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;

  void set(unsigned interest);
  int fd() const noexcept { return fd_; }

 private:
  friend class EventLoop;
  EventLoop& loop_;
  int fd_;
  unsigned interest_ = 0;
  std::shared_ptr<const Callback> callback_;  // outlives the watch while it runs
};

}  // namespace weir::concurrency
