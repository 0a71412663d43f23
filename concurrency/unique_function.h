// A callable that is moved, never copied, so that it can own what it needs: a promise, a slab, a
// token. It is std::move_only_function, which C++20 lacks.
//
//   UniqueFunction<void()> job = [page = std::move(page)] { parse(*page); };
//   job();
//
// Thread-compatible.
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

namespace weir::concurrency {

template <typename Signature>
class UniqueFunction;

template <typename Result, typename... Args>
class UniqueFunction<Result(Args...)> {
 public:
  UniqueFunction() noexcept = default;
  UniqueFunction(std::nullptr_t) noexcept {}
  template <typename F>
  requires(!std::same_as<std::remove_cvref_t<F>, UniqueFunction> &&
           std::is_invocable_r_v<Result, std::decay_t<F>&, Args...>) UniqueFunction(F&& function)
      : target_(std::make_unique<Holder<std::decay_t<F>>>(std::forward<F>(function))) {}

  explicit operator bool() const noexcept { return target_ != nullptr; }
  // Requires: not empty.
  Result operator()(Args... args) { return target_->call(std::forward<Args>(args)...); }

 private:
  struct Target {
    virtual ~Target() = default;
    virtual Result call(Args... args) = 0;
  };
  template <typename F>
  struct Holder final : Target {
    template <typename G>
    explicit Holder(G&& g) : function(std::forward<G>(g)) {}
    Result call(Args... args) override { return function(std::forward<Args>(args)...); }
    F function;
  };

  std::unique_ptr<Target> target_;
};

}  // namespace weir::concurrency
