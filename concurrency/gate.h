// Counts who is inside and lets nobody in once closed: the way to end what others are still using.
//
//   if (auto pass = gate.enter()) { ... co_await ...; }   // leaves with the scope
//   gate.close();
//   co_await gate.empty();                                // until the last has left
//
// Thread-bound to the loop of its users.
#pragma once

#include <optional>
#include <utility>

#include "concurrency/wait_list.h"

namespace weir::concurrency {

class Gate {
 public:
  class Pass {
   public:
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Pass& operator=(Pass&& other) noexcept {
      std::swap(gate_, other.gate_);
      return *this;
    }
    ~Pass() {
      if (gate_) gate_->leave();
    }

   private:
    friend class Gate;
    explicit Pass(Gate& gate) noexcept : gate_(&gate) {}
    Gate* gate_;
  };

  // None once closed.
  std::optional<Pass> enter() {
    if (closed_) return std::nullopt;
    ++inside_;
    return Pass(*this);
  }

  // Idempotent; those inside stay.
  void close() noexcept {
    closed_ = true;
    if (inside_ == 0) waiters_.wake_all();
  }
  bool closed() const noexcept { return closed_; }
  std::size_t inside() const noexcept { return inside_; }

  // `co_await`: until the gate is closed and the last has left; false if `deadline` came first.
  Park empty(TimePoint deadline = kNever) {
    return Park(waiters_, closed_ && inside_ == 0, deadline);
  }

 private:
  void leave() noexcept {
    if (--inside_ == 0 && closed_) waiters_.wake_all();
  }

  std::size_t inside_ = 0;
  bool closed_ = false;
  WaitList waiters_;
};

}  // namespace weir::concurrency
