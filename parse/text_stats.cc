#include "parse/text_stats.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

namespace weir::parse {
namespace {

constexpr std::uint64_t mix(std::uint64_t x) {
  x = (x ^ x >> 32) * 0xD6E8FEB86659FD93ull;
  x = (x ^ x >> 32) * 0xD6E8FEB86659FD93ull;
  return x ^ x >> 32;
}

constexpr std::uint64_t kEach = 0x0101010101010101ull;
constexpr std::uint64_t kHigh = 0x80 * kEach;

// The eight bytes at `at`, the first in the lowest bits; those from `size` on are zero.
std::uint64_t load(const char* at, std::size_t size, const char* end) {
  std::uint64_t block = 0;
  if (end - at < 8) {
    for (std::size_t i = 0; i < std::min<std::size_t>(size, end - at); ++i) {
      block |= static_cast<std::uint64_t>(static_cast<unsigned char>(at[i])) << (8 * i);
    }
    return block;
  }
  std::memcpy(&block, at, 8);
  if constexpr (std::endian::native == std::endian::big) block = __builtin_bswap64(block);
  return size < 8 ? block & ((std::uint64_t{1} << (8 * size)) - 1) : block;
}

// Letters in either case give the same value, as do a few other pairs; that does no harm here.
std::uint64_t hash_word(const char* at, std::size_t size, const char* end) {
  constexpr std::uint64_t kLower = 0x20 * kEach;
  const auto step = [&](std::uint64_t hash) {
    hash = (hash ^ (load(at, 8, end) | kLower)) * 0x9E3779B97F4A7C15ull;
    return hash ^ hash >> 29;
  };
  std::uint64_t hash = size;
  for (; size >= 16; at += 8, size -= 8) hash = step(hash);
  // The last whole eight bytes, if any, without a branch that could not be foretold.
  const std::uint64_t whole = size >> 3;
  hash ^= (hash ^ step(hash)) & (0 - whole);
  at += 8 * whole;
  size &= 7;
  const std::uint64_t lower = kLower & ((std::uint64_t{1} << (8 * size)) - 1);
  return (hash ^ (load(at, size, end) | lower)) * 0x9E3779B97F4A7C15ull;
}

// For each byte, its bits spread over eight bytes.
constexpr std::array<std::uint64_t, 256> kSpread = [] {
  std::array<std::uint64_t, 256> table{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      table[byte] |= static_cast<std::uint64_t>(byte >> bit & 1) << (8 * bit);
    }
  }
  return table;
}();

// Three bits in each place, added up.
struct Sum {
  std::uint64_t ones, twos;
  Sum(std::uint64_t a, std::uint64_t b, std::uint64_t c)
      : ones(a ^ b ^ c), twos((a & b) | ((a ^ b) & c)) {}
};

// How many of the features have each bit set. Seven at a time are added up bit by bit in parallel,
// then into eight counters of a byte to the word, which are spilled before they overflow.
class BitCounts {
 public:
  void add(std::uint64_t feature) {
    ++total_;
    waiting_[filled_++] = feature;
    if (filled_ == waiting_.size()) add_seven();
  }
  std::uint64_t majority() {
    std::fill(waiting_.begin() + filled_, waiting_.end(), 0);
    add_seven();
    spill();
    std::uint64_t bits = 0;
    for (unsigned bit = 0; bit < 64; ++bit) {
      if (2 * std::uint64_t{counts_[bit]} > total_) bits |= std::uint64_t{1} << bit;
    }
    return bits;
  }

 private:
  void add_seven() {
    const auto& w = waiting_;
    const Sum first(w[0], w[1], w[2]), second(w[3], w[4], w[5]);
    const Sum ones(first.ones, second.ones, w[6]);
    const Sum twos(first.twos, second.twos, ones.twos);
    for (unsigned i = 0; i < 8; ++i) {
      small_[i] += kSpread[ones.ones >> (8 * i) & 255] + 2 * kSpread[twos.ones >> (8 * i) & 255] +
                   4 * kSpread[twos.twos >> (8 * i) & 255];
    }
    filled_ = 0;
    if (++sevens_ == 36) spill();  // 252 at most
  }
  void spill() {
    for (unsigned bit = 0; bit < 64; ++bit) {
      counts_[bit] += static_cast<std::uint32_t>(small_[bit / 8] >> (8 * (bit % 8)) & 255);
    }
    small_ = {};
    sevens_ = 0;
  }
  std::array<std::uint64_t, 7> waiting_{};
  std::array<std::uint64_t, 8> small_{};
  std::array<std::uint32_t, 64> counts_{};
  std::uint64_t total_ = 0;
  unsigned filled_ = 0;  // of waiting_
  unsigned sevens_ = 0;
};

// The features that came lately. One that a page repeats again and again (a phrase in each row of a
// table) would outvote all else that it says, and pages of one site would all be alike.
class Recent {
 public:
  bool has(std::uint64_t feature) {
    const auto tag = static_cast<std::uint32_t>(feature >> 32);
    return std::exchange(tags_[feature % tags_.size()], tag) == tag;
  }

 private:
  std::array<std::uint32_t, 4096> tags_{};
};

// U+3040 to U+9FFF, of which each character counts as a word: their bytes in UTF-8.
bool is_ideograph(const char* at, const char* end) {
  const auto first = static_cast<unsigned char>(*at);
  if (first < 0xE3 || first > 0xE9 || end - at < 3) return false;
  return first != 0xE3 || static_cast<unsigned char>(at[1]) >= 0x81;
}

// Where words may end: of 64 bytes, a bit for each that is a space or may begin an ideograph.
std::uint64_t word_ends(const char* at, const char* end) {
  std::uint64_t bits = 0;
  for (unsigned i = 0; i < 64 && at + i < end; i += 8) {
    const std::uint64_t block = load(at + i, 8, end);
    const std::uint64_t low = block & ~kHigh;
    const std::uint64_t spaces = ~((low ^ 0x20 * kEach) + 0x7F * kEach) & ~block;
    const std::uint64_t leads = (low + 0x1D * kEach) & ~(low + 0x16 * kEach) & block;  // E3 to E9
    bits |= (((spaces | leads) & kHigh) >> 7) * 0x0102040810204080ull >> 56 << i;
  }
  return bits;
}

}  // namespace

TextStats measure_text(std::string_view text) {
  TextStats stats;
  BitCounts bits;
  Recent recent;
  std::uint64_t before = 0, last = 0;
  const char* const end = text.data() + text.size();
  const auto word = [&](const char* at, std::size_t size) {
    const std::uint64_t hash = hash_word(at, size, end);
    if (++stats.words >= 3) {
      const std::uint64_t feature = mix(before + 3 * last + 5 * hash);
      if (!recent.has(feature)) bits.add(feature);
    }
    before = last;
    last = hash;
  };
  const char* from = text.data();  // of the word
  for (const char* block = from; block < end; block += 64) {
    for (std::uint64_t ends = word_ends(block, end); ends != 0; ends &= ends - 1) {
      const char* at = block + std::countr_zero(ends);
      if (at < from) continue;
      const bool space = *at == ' ';
      if (!space && !is_ideograph(at, end)) continue;
      if (at > from) word(from, at - from);
      if (!space) word(at, 3);
      from = at + (space ? 1 : 3);
    }
  }
  if (from < end) word(from, end - from);
  if (stats.words == 0) return stats;
  if (stats.words < 3) bits.add(mix(before + 3 * last));
  stats.simhash = bits.majority();
  return stats;
}

}  // namespace weir::parse
