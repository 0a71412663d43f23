#include "concurrency/chaos.h"

#include <chrono>
#include <cstdlib>
#include <thread>

namespace weir::concurrency {

namespace internal {

constinit std::atomic<std::uint64_t> chaos_seed{0};

namespace {

std::uint64_t splitmix(std::uint64_t& state) noexcept {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

const bool started_by_environment = [] {
  if (const char* seed = std::getenv("WEIR_CHAOS")) set_chaos(std::strtoull(seed, nullptr, 10));
  return true;
}();

}  // namespace

void chaos_step() noexcept {
  // Each thread draws its own sequence: the seed, and its place in the order of first use.
  static constinit std::atomic<std::uint64_t> threads{0};
  thread_local std::uint64_t state = chaos_seed.load() * 1'000'003 + threads++;
  const std::uint64_t draw = splitmix(state) & 0xff;
  if (draw == 0) {
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  } else if (draw < 32) {
    std::this_thread::yield();
  }
}

}  // namespace internal

void set_chaos(std::uint64_t seed) noexcept { internal::chaos_seed = seed; }

}  // namespace weir::concurrency
