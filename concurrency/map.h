// The same function over many inputs, on an executor, with the results in the order of the inputs.
//
//   auto sizes = map(pool, download_size, urls, {.deadline = limit});
//   while (auto size = sizes.next()) total += *size;
//
// Thread-bound.
#pragma once

#include <cstddef>
#include <deque>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "concurrency/executor.h"

namespace weir::concurrency {

struct MapOptions {
  Deadline deadline = kNever;            // for all results together
  std::optional<std::ptrdiff_t> buffer;  // inputs taken ahead of the reader; none: all, at once
};

template <typename Result>
class MapResults {
 public:
  using Feed = UniqueFunction<std::optional<Future<Result>>()>;

  MapResults(Feed feed, MapOptions options) : feed_(std::move(feed)), options_(options) {
    if (options.buffer && *options.buffer < 1) throw std::invalid_argument("map: buffer below 1");
    fill();
  }
  MapResults(MapResults&&) noexcept = default;
  ~MapResults() { cancel(); }

  // Blocks for the next result; empty after the last. Throws what the task threw, at its place: the
  // next call goes on behind it. Throws TimedOut after the deadline, having cancelled the rest.
  std::optional<Result> next() {
    if (ahead_.empty()) return std::nullopt;
    if (!ahead_.front().wait_until(options_.deadline)) {
      cancel();
      throw TimedOut("map: not all results in time");
    }
    Future<Result> first = std::move(ahead_.front());
    ahead_.pop_front();
    fill();
    return std::move(first).get();
  }

 private:
  void fill() {
    while (feed_ && (!options_.buffer || std::ssize(ahead_) < *options_.buffer)) {
      if (auto submitted = feed_()) {
        ahead_.push_back(std::move(*submitted));
      } else {
        feed_ = nullptr;
      }
    }
  }
  void cancel() {
    feed_ = nullptr;
    for (const Future<Result>& each : ahead_) each.cancel();
    ahead_.clear();
  }

  Feed feed_;
  MapOptions options_;
  std::deque<Future<Result>> ahead_;
};

// `source` is called for the next input until it returns an empty optional; it may never do so if
// there is a buffer. `function` is copied for each task.
template <typename F, typename Source>
requires std::is_invocable_v<Source&>
auto map(Executor& executor, F function, Source source, MapOptions options = {}) {
  using Input = typename std::invoke_result_t<Source&>::value_type;
  using Result = std::invoke_result_t<F&, Input>;
  auto feed = [&executor, function,
               source = std::move(source)]() mutable -> std::optional<Future<Result>> {
    std::optional<Input> input = source();
    if (!input) return std::nullopt;
    return executor.submit(function, std::move(*input));
  };
  return MapResults<Result>(std::move(feed), options);
}

// Over a container, which is kept by value.
template <typename F, typename Container>
requires requires(Container& c) { std::begin(c), std::end(c); }
auto map(Executor& executor, F function, Container inputs, MapOptions options = {}) {
  auto kept = std::make_shared<Container>(std::move(inputs));
  using Input = std::decay_t<decltype(*std::begin(*kept))>;
  auto source = [kept, next = std::begin(*kept)]() mutable -> std::optional<Input> {
    if (next == std::end(*kept)) return std::nullopt;
    return std::move(*next++);
  };
  return map(executor, std::move(function), std::move(source), options);
}

}  // namespace weir::concurrency
