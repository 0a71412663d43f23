#include "concurrency/fiber.h"

#include <cxxabi.h>

#include <boost/context/fiber.hpp>
#include <boost/context/preallocated.hpp>
#include <boost/context/protected_fixedsize_stack.hpp>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "concurrency/report.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#endif

namespace weir::concurrency {
namespace {

namespace context = boost::context;

// The stack outlives its fiber's last switch: it is freed by ~Fiber, not by the context.
struct KeepStack {
  void deallocate(context::stack_context&) noexcept {}
};

// The exceptions that are being handled belong to a stack, but the C++ runtime keeps them per
// thread (two words behind __cxa_get_globals): they are taken along at a switch.
struct ExceptionState {
  void* caught = nullptr;
  unsigned uncaught = 0;
  static ExceptionState* of_thread() {
    return reinterpret_cast<ExceptionState*>(abi::__cxa_get_globals());
  }
};

bool is_exit(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const FiberExit&) {
    return true;
  } catch (...) {
    return false;
  }
}

}  // namespace

struct Fiber::Impl {
  Body body;
  Fiber* parent = nullptr;
  const void* thread;
  std::size_t stack_bytes = 0;
  bool started = false;
  bool dead = false;
  context::fiber suspended;  // where to go on
  std::optional<context::stack_context> stack;
  std::any value;  // for the one that is switched to
  std::exception_ptr error;
  // For the sanitizers:
  const void* stack_bottom = nullptr;
  std::size_t stack_size = 0;
  void* fake_stack = nullptr;
  void* tsan = nullptr;

  void start(Fiber& self);
  context::fiber run(Fiber& self, context::fiber&& back);
  static void leave(Fiber& from, Fiber& to, bool for_good);
  static void arrive(Fiber& here, context::fiber&& back);

  static thread_local Fiber* current;
  static thread_local Fiber* previous;  // who switched to the current one
  static const void* this_thread() {
    static thread_local char key;
    return &key;
  }
};

thread_local Fiber* Fiber::Impl::current = nullptr;
thread_local Fiber* Fiber::Impl::previous = nullptr;

Fiber::Fiber() : impl_(std::make_unique<Impl>()) {
  impl_->thread = Impl::this_thread();
  impl_->started = true;
#ifdef __SANITIZE_THREAD__
  impl_->tsan = __tsan_get_current_fiber();
#endif
}

Fiber& Fiber::current() {
  static thread_local Fiber own_stack;
  if (Impl::current == nullptr) Impl::current = &own_stack;
  return *Impl::current;
}

Fiber::Fiber(Body body, std::size_t stack_bytes) : impl_(std::make_unique<Impl>()) {
  impl_->body = std::move(body);
  impl_->parent = &current();
  impl_->thread = Impl::this_thread();
  impl_->stack_bytes = stack_bytes;
}

Fiber::~Fiber() {
  if (impl_->parent == nullptr) return;  // a thread's own stack
  if (Impl::current == this) std::terminate();
  try {
    while (impl_->started && !impl_->dead) kill();
  } catch (...) {
    report("exception from a fiber that is being destroyed: " + describe(std::current_exception()));
  }
#ifdef __SANITIZE_THREAD__
  if (impl_->tsan != nullptr) __tsan_destroy_fiber(impl_->tsan);
#endif
  if (impl_->stack) context::protected_fixedsize_stack().deallocate(*impl_->stack);
}

bool Fiber::started() const noexcept { return impl_->started; }
bool Fiber::dead() const noexcept { return impl_->dead; }
Fiber* Fiber::parent() const noexcept { return impl_->parent; }

void Fiber::set_parent(Fiber& parent) {
  if (parent.impl_->thread != impl_->thread || impl_->thread != Impl::this_thread())
    throw std::logic_error("a fiber's parent is a fiber of its own thread");
  for (const Fiber* fiber = &parent; fiber != nullptr; fiber = fiber->parent())
    if (fiber == this) throw std::logic_error("a fiber cannot be among its own parents");
  impl_->parent = &parent;
}

std::any Fiber::switch_to(std::any value) { return go(this, std::move(value), nullptr); }

std::any Fiber::throw_into(std::exception_ptr error) { return go(this, {}, std::move(error)); }

void Fiber::kill() {
  if (impl_->dead) return;
  if (!impl_->started) {
    impl_->dead = true;
    return;
  }
  Fiber* parent = std::exchange(impl_->parent, &current());
  struct Restore {
    Fiber*& place;
    Fiber* value;
    ~Restore() { place = value; }
  } restore{impl_->parent, parent};
  throw_into(std::make_exception_ptr(FiberExit()));
}

std::any Fiber::go(Fiber* target, std::any value, std::exception_ptr error) {
  Fiber& from = current();
  if (target->impl_->thread != from.impl_->thread)
    throw std::logic_error("a fiber belongs to the thread that made it");
  if (error && !target->impl_->started) target->impl_->dead = true;
  if (error && target->impl_->dead && is_exit(error)) error = nullptr;
  while (target->impl_->dead) target = target->impl_->parent;
  target->impl_->value = std::move(value);
  target->impl_->error = std::move(error);
  if (target != &from) {
    const ExceptionState handling = *ExceptionState::of_thread();
    *ExceptionState::of_thread() = {};
    if (!target->impl_->started) target->impl_->start(*target);
    Impl::leave(from, *target, false);
    Impl::arrive(from, std::move(target->impl_->suspended).resume());
    *ExceptionState::of_thread() = handling;
  }
  if (auto thrown = std::exchange(from.impl_->error, nullptr)) std::rethrow_exception(thrown);
  return std::exchange(from.impl_->value, {});
}

// What comes before a jump from one stack to another.
void Fiber::Impl::leave(Fiber& from, Fiber& to, [[maybe_unused]] bool for_good) {
  current = &to;
  previous = &from;
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_start_switch_fiber(for_good ? nullptr : &from.impl_->fake_stack,
                                 to.impl_->stack_bottom, to.impl_->stack_size);
#endif
#ifdef __SANITIZE_THREAD__
  __tsan_switch_to_fiber(to.impl_->tsan, 0);
#endif
}

// And after it, on the other stack. `back` is where the fiber that jumped here goes on; nowhere if
// it has ended.
void Fiber::Impl::arrive([[maybe_unused]] Fiber& here, context::fiber&& back) {
  Impl& came_from = *previous->impl_;
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_finish_switch_fiber(here.impl_->fake_stack, &came_from.stack_bottom,
                                  &came_from.stack_size);
#endif
  came_from.suspended = std::move(back);
}

void Fiber::Impl::start(Fiber& self) {
  stack = context::protected_fixedsize_stack(stack_bytes).allocate();
  stack_size = stack->size;
  stack_bottom = static_cast<const char*>(stack->sp) - stack->size;
#ifdef __SANITIZE_THREAD__
  tsan = __tsan_create_fiber(0);
#endif
  started = true;
  suspended = context::fiber(
      std::allocator_arg, context::preallocated(stack->sp, stack->size, *stack), KeepStack{},
      [&self](context::fiber&& back) { return self.impl_->run(self, std::move(back)); });
}

boost::context::fiber Fiber::Impl::run(Fiber& self, context::fiber&& back) {
  arrive(self, std::move(back));
  std::any result;
  std::exception_ptr thrown;
  try {
    if (error) std::rethrow_exception(std::exchange(error, nullptr));
    result = body(std::exchange(value, {}));
  } catch (const FiberExit&) {
  } catch (...) {
    thrown = std::current_exception();
  }
  body = nullptr;
  dead = true;
  Fiber* target = parent;
  while (target->impl_->dead) target = target->impl_->parent;
  if (!target->impl_->started) target->impl_->start(*target);
  target->impl_->value = std::move(result);
  target->impl_->error = std::move(thrown);
  leave(self, *target, true);
  return std::move(target->impl_->suspended);
}

}  // namespace weir::concurrency
