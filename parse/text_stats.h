// Words of a text and its near-duplicate fingerprint.
//
//   TextStats stats = measure_text("one two three four");   // words 4
//   distance(stats.simhash, other.simhash) <= 3             // near duplicates
//
// Thread-safe.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

namespace weir::parse {

struct TextStats {
  std::uint32_t words = 0;    // runs between white space; of Han and kana each character
  std::uint64_t simhash = 0;  // 0 for a text without words
};

// SimHash (Charikar) of all triples of adjacent words, ASCII case ignored, those left out that came
// shortly before; of a shorter text, of its words. The same on every machine. `text` is UTF-8,
// single spaces.
TextStats measure_text(std::string_view text);

inline int distance(std::uint64_t a, std::uint64_t b) { return std::popcount(a ^ b); }

}  // namespace weir::parse
