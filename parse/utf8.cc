#include "parse/utf8.h"

#include <cstdint>
#include <cstring>

namespace weir::parse {
namespace {

constexpr std::uint64_t kHighBits = 0x8080808080808080;

}  // namespace

std::size_t ascii_prefix(std::string_view bytes) {
  std::size_t i = 0;
  for (; i + 64 <= bytes.size(); i += 64) {  // the compiler makes this four vector ORs
    std::uint64_t words[8];
    std::memcpy(words, bytes.data() + i, sizeof words);
    std::uint64_t any = 0;
    for (const std::uint64_t word : words) any |= word;
    if ((any & kHighBits) != 0) break;
  }
  while (i < bytes.size() && static_cast<signed char>(bytes[i]) >= 0) ++i;
  return i;
}

// Unicode, table 3-7.
int utf8_sequence(std::string_view s) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  const unsigned lead = byte(0);
  if (lead < 0xC2 || lead > 0xF4) return -1;
  const int length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  for (int i = 1; i < length; ++i, low = 0x80, high = 0xBF) {
    const auto at = static_cast<std::size_t>(i);
    if (at >= s.size() || byte(at) < low || byte(at) > high) return -i;
  }
  return length;
}

std::size_t utf8_prefix(std::string_view bytes) {
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  const auto continues = [at](std::size_t i) { return (at[i] & 0xC0) == 0x80; };
  std::size_t i = ascii_prefix(bytes);
  while (i < bytes.size()) {
    if (at[i] < 0x80) {  // runs between other characters are short, mostly
      std::uint64_t word = kHighBits;
      if (i + 8 <= bytes.size()) std::memcpy(&word, at + i, 8);
      i += (word & kHighBits) == 0 ? 8 : 1;
    } else if (i + 1 < bytes.size() && at[i] >= 0xC2 && at[i] < 0xE0 && continues(i + 1)) {
      i += 2;
    } else if (i + 2 < bytes.size() && at[i] > 0xE0 && at[i] < 0xF0 && at[i] != 0xED &&
               continues(i + 1) && continues(i + 2)) {
      i += 3;
    } else {
      const int length = utf8_sequence(bytes.substr(i));
      if (length < 0) return i;
      i += static_cast<std::size_t>(length);
    }
  }
  return i;
}

bool is_ascii(std::string_view bytes) { return ascii_prefix(bytes) == bytes.size(); }

bool is_utf8(std::string_view bytes) { return utf8_prefix(bytes) == bytes.size(); }

}  // namespace weir::parse
