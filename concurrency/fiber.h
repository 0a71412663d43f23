// A coroutine with a stack of its own (Python's greenlet): it can switch away from any depth of
// calls and so turns code that is called (push) into code that asks (pull). Nothing detects IO
// here: what blocks in a fiber blocks the thread.
//
//   Fiber upper([](std::any first) -> std::any { ... Fiber::current().parent()->switch_to(x); ...
//   }); std::any answer = upper.switch_to(std::string("hello"));
//
// Thread-bound to the thread that made it.
#pragma once

#include <any>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>

namespace weir::concurrency {

// Thrown into a fiber that is killed. Not a std::exception, so that handlers of failures let it
// pass.
struct FiberExit {};

class Fiber {
 public:
  using Body = std::function<std::any(std::any)>;
  static constexpr std::size_t kStackBytes = 256 * 1024;

  // Its parent is the current fiber. `body` starts at the first switch; the value of that switch is
  // its argument. A parent outlives its children.
  explicit Fiber(Body body, std::size_t stack_bytes = kStackBytes);
  // Kills it, so that the destructors on its stack run; what it throws meanwhile is reported.
  // Requires: not current; the body lets FiberExit pass; this thread.
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Suspends the current fiber and goes on with this one, where `value` is what its own last switch
  // returns. Gives the value of the switch that comes back; rethrows what is thrown into the
  // current fiber. When a body returns or throws, its value or exception goes to its parent.
  // Switching to a dead fiber goes to its nearest living parent. Throws std::logic_error on another
  // thread.
  std::any switch_to(std::any value = {});

  // As switch_to, but throws `error` where this fiber is suspended. One that has not started is
  // dead then, and its parent gets the error. FiberExit that leaves a body is no error: the parent
  // gets an empty value.
  std::any throw_into(std::exception_ptr error);

  // Throws FiberExit into it and returns here when it is dead. Idempotent.
  void kill();

  bool started() const noexcept;
  bool dead() const noexcept;
  Fiber* parent() const noexcept;  // null for a thread's own stack
  // Throws std::logic_error for a cycle or a fiber of another thread.
  void set_parent(Fiber& parent);

  // A thread's own stack is a fiber too, without a parent.
  static Fiber& current();

 private:
  struct Impl;
  Fiber();  // of a thread's own stack
  static std::any go(Fiber* target, std::any value, std::exception_ptr error);

  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::concurrency
