// Numbers that follow from what they are for: the same for the same seed, page and purpose, on
// every machine and in any order of asking.
//
//   Random random(seed, page, Random::kLinks);
//   random.below(10);
//
// Thread-compatible.
#pragma once

#include <cstdint>

namespace weir::site {

class Random {
 public:
  enum Purpose : std::uint64_t { kKind, kTitle, kLinks, kSize, kText, kPool, kRedirect };

  Random(std::uint64_t seed, std::uint64_t page, Purpose purpose)
      : state_(mix(seed * 31 + purpose) ^ mix(page + 0x51ed2701)) {}

  std::uint64_t next() { return mix(state_ += 0x9e3779b97f4a7c15); }  // splitmix64
  std::uint64_t below(std::uint64_t limit) { return limit == 0 ? 0 : next() % limit; }
  double share() { return static_cast<double>(next() >> 11) * 0x1p-53; }  // 0 up to, not with, 1

 private:
  static std::uint64_t mix(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
  }
  std::uint64_t state_;
};

}  // namespace weir::site
