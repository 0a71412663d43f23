// How other threads reach an object that lives on a loop, for as long as it lives.
//
//   auto port = std::make_shared<LoopPort>(loop);
//   arena.on_credit([port, this] { port->post([this] { resume(); }); });
//   port->close();                                    // on the loop's thread: nothing comes after
//
// Thread-safe.
#pragma once

#include <functional>
#include <memory>

#include "concurrency/event_loop.h"
#include "concurrency/mutex.h"

namespace weir::fetch {

class LoopPort : public std::enable_shared_from_this<LoopPort> {
 public:
  explicit LoopPort(concurrency::EventLoop& loop) : loop_(&loop) {}

  // Runs `call` on the loop's thread, unless the port is closed by then.
  void post(std::function<void()> call) {
    concurrency::MutexLock lock(mutex_);
    if (loop_ == nullptr) return;
    loop_->post([self = shared_from_this(), call = std::move(call)] {
      if (self->open()) call();
    });
  }

  void close() noexcept {
    concurrency::MutexLock lock(mutex_);
    loop_ = nullptr;
  }

 private:
  bool open() const {
    concurrency::MutexLock lock(mutex_);
    return loop_ != nullptr;
  }

  mutable concurrency::Mutex mutex_{"loop port"};
  concurrency::EventLoop* loop_ GUARDED_BY(mutex_);
};

}  // namespace weir::fetch
