// Chaos scheduling: with WEIR_CHAOS=SEED in the environment every lock, queue and future operation
// may yield or sleep a little, in an order drawn from the seed. It shakes out the interleavings
// that an idle machine never shows. Compiled in always; when off it costs one load and a branch.
//
//   WEIR_CHAOS=7 ctest --preset release -L unit
//
// Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>

namespace weir::concurrency {

namespace internal {
extern constinit std::atomic<std::uint64_t> chaos_seed;
void chaos_step() noexcept;
}  // namespace internal

// Starts (or with 0 ends) the disturbance by program; the environment does it at start-up.
void set_chaos(std::uint64_t seed) noexcept;

// A place where another thread may get in between.
inline void chaos_point() noexcept {
  // Relaxed: it orders nothing, and it stands in front of every lock.
  if (internal::chaos_seed.load(std::memory_order_relaxed) != 0) [[unlikely]]
    internal::chaos_step();
}

}  // namespace weir::concurrency
