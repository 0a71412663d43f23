// What the tests of concurrency/ share: threads that are joined, and waiting without sleeping.
//
//   Crew crew;
//   crew.add(5, [&](int i) { lock.lock(); ... });
//   ASSERT_TRUE(eventually([&] { return entered == 5; }));
#pragma once

#include <chrono>
#include <functional>
#include <thread>
#include <vector>

namespace weir::concurrency {

// Plain threads, so that what is tested does not test itself. Joined at the end of the scope.
class Crew {
 public:
  void add(int threads, std::function<void(int)> function) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back(function, i);
  }
  void join() { threads_.clear(); }

 private:
  std::vector<std::jthread> threads_;
};

// Asks until it is true; false after a minute, which no test should take.
inline bool eventually(const std::function<bool()>& condition) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::yield();
  }
  return true;
}

// Gives others every chance to do what they must not do.
inline void let_others_run() {
  for (int i = 0; i < 200; ++i) std::this_thread::yield();
}

}  // namespace weir::concurrency
