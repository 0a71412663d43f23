// A lazy sequence: a coroutine that is suspended at each co_yield until the next element is asked
// for. The frame is all the memory that it takes, however long the sequence.
//
//   Generator<int> upto(int n) { for (int i = 0; i < n; ++i) co_yield i; }
//   Generator<int> twice(int n) { co_yield elements_of(upto(n)); co_yield elements_of(upto(n)); }
//   for (int i : twice(3)) ...
//
// Generator<T, Sent> also takes values in (Python's send): co_yield gives std::optional<Sent>, none
// after next(). Destroying a generator destroys the locals of its body, wherever that is suspended.
//
// Thread-compatible; may move to another thread between steps.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <variant>

namespace weir::concurrency {

// Thrown at the co_yield of a body by close(). Not a std::exception, so that handlers of failures
// let it pass.
struct GeneratorExit {};

template <typename G>
struct ElementsOf {
  explicit ElementsOf(G generator) : inner(std::move(generator)) {}
  G inner;
};
// `co_yield elements_of(inner)`: all that is left in `inner`, at O(1) for each step at any depth.
template <typename G>
ElementsOf<G> elements_of(G inner) {
  return ElementsOf<G>(std::move(inner));
}

template <typename T, typename Sent = void>
class [[nodiscard]] Generator {
 public:
  struct promise_type;
  using Handle = std::coroutine_handle<promise_type>;

  Generator(Generator&& other) noexcept : frame_(std::exchange(other.frame_, {})) {}
  Generator& operator=(Generator&& other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~Generator() {
    if (frame_) frame_.destroy();
  }

  // Runs the body to its next co_yield; none once it has ended, for ever. Rethrows what the body
  // throws, which ends it. Throws std::logic_error where the body asks itself.
  std::optional<T> next() { return step(); }

  // As next(), with `value` as the result of the co_yield. Throws std::logic_error before the
  // first.
  template <typename U>
  requires(!std::is_void_v<Sent>) std::optional<T> send(U&& value) {
    if (!started()) throw std::logic_error("send to a generator that has not started");
    if (!done()) frame_.promise().sent.emplace(std::forward<U>(value));
    return step();
  }

  // As next(), with `error` thrown at the co_yield; the body may catch it and go on. A body that
  // has not started, or has ended, lets it through.
  std::optional<T> throw_into(std::exception_ptr error) {
    if (started() && !done()) {
      frame_.promise().thrown = std::move(error);
      return step();
    }
    drop();
    std::rethrow_exception(error);
  }

  // Ends it: throws GeneratorExit at the co_yield. Idempotent, also before the first next(). Throws
  // std::logic_error if the body yields instead of ending.
  void close() {
    if (!started() || done()) return drop();
    try {
      if (throw_into(std::make_exception_ptr(GeneratorExit())))
        throw std::logic_error("the generator ignored its close");
    } catch (const GeneratorExit&) {
    }
  }

  bool done() const noexcept { return !frame_ || frame_.done(); }

  class Iterator {
   public:
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    explicit Iterator(Generator& owner) : owner_(&owner), element_(owner.next()) {}
    T& operator*() const { return *element_; }
    Iterator& operator++() {
      element_ = owner_->next();
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return !element_; }

   private:
    Generator* owner_;
    mutable std::optional<T> element_;
  };
  Iterator begin() { return Iterator(*this); }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  explicit Generator(Handle frame) : frame_(frame) {}
  bool started() const noexcept { return frame_ && frame_.promise().started; }
  void drop() noexcept {
    if (auto frame = std::exchange(frame_, {})) frame.destroy();
  }
  std::optional<T> step();

  Handle frame_;
};

template <typename T, typename Sent>
struct Generator<T, Sent>::promise_type {
  using Message = std::conditional_t<std::is_void_v<Sent>, std::monostate, Sent>;

  // Of the outermost frame, for all that it delegates to:
  Handle leaf = Handle::from_promise(*this);  // the frame that yields
  std::optional<T> element;
  std::optional<Message> sent;
  std::exception_ptr thrown;
  bool started = false;
  bool running = false;
  // Of each frame:
  promise_type* root = this;
  Handle parent;  // who delegated to this frame
  std::exception_ptr error;

  struct Yielded {
    promise_type& self;
    bool await_ready() const noexcept { return false; }
    void await_suspend(Handle) const noexcept {}
    auto await_resume() const {
      if (auto error = std::exchange(self.root->thrown, nullptr)) std::rethrow_exception(error);
      if constexpr (!std::is_void_v<Sent>) return std::exchange(self.root->sent, std::nullopt);
    }
  };
  struct Delegated {
    Generator inner;
    bool await_ready() const noexcept { return inner.done(); }
    void await_suspend(Handle outer) noexcept {
      promise_type& promise = inner.frame_.promise();
      promise_type* root = outer.promise().root;
      root->leaf = promise.leaf;
      for (Handle frame = promise.leaf; frame; frame = frame.promise().parent)
        frame.promise().root = root;
      promise.started = true;
      promise.parent = outer;
    }
    void await_resume() const {
      if (inner.frame_ && inner.frame_.promise().error)
        std::rethrow_exception(inner.frame_.promise().error);
    }
  };

  Generator get_return_object() { return Generator(Handle::from_promise(*this)); }
  std::suspend_always initial_suspend() const noexcept { return {}; }
  std::suspend_always final_suspend() const noexcept { return {}; }
  void return_void() const noexcept {}
  void unhandled_exception() noexcept { error = std::current_exception(); }
  Yielded yield_value(T value) {
    root->element.emplace(std::move(value));
    return Yielded{*this};
  }
  Delegated yield_value(ElementsOf<Generator> all) { return Delegated{std::move(all.inner)}; }
  void await_transform() = delete;  // a generator does not await
};

template <typename T, typename Sent>
std::optional<T> Generator<T, Sent>::step() {
  if (done()) return std::nullopt;
  promise_type& promise = frame_.promise();
  if (promise.running) throw std::logic_error("the generator is running already");
  promise.started = promise.running = true;
  while (!promise.element && !frame_.done()) {
    promise.leaf.resume();
    if (promise.leaf.done() && promise.leaf != frame_) promise.leaf = promise.leaf.promise().parent;
  }
  promise.running = false;
  if (auto error = std::exchange(promise.error, nullptr)) std::rethrow_exception(error);
  return std::exchange(promise.element, std::nullopt);
}

}  // namespace weir::concurrency
