// Percent-encoding as the URL standard defines it, one bit for each of its sets.
//
//   append_encoded("a b", kPathSet, out);  // "a%20b"
//
// Thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "parse/utf8.h"

namespace weir::parse {

using EncodeSet = std::uint8_t;
inline constexpr EncodeSet kC0Set = 1;
inline constexpr EncodeSet kFragmentSet = 2;
inline constexpr EncodeSet kQuerySet = 4;
inline constexpr EncodeSet kSpecialQuerySet = 8;
inline constexpr EncodeSet kPathSet = 16;
inline constexpr EncodeSet kUserinfoSet = 32;
// Two more classes of bytes, for the path: what ends a segment, and what does in a special URL.
inline constexpr EncodeSet kSegmentEnd = 64;
inline constexpr EncodeSet kSpecialSegmentEnd = 128;

// For each byte the sets that it is in. What is not ASCII is in all of them.
inline constexpr std::array<EncodeSet, 256> kEncodeSets = [] {
  std::array<EncodeSet, 256> sets{};
  const auto add = [&](std::string_view bytes, int to) {
    for (unsigned char c : bytes) sets[c] |= static_cast<EncodeSet>(to);
  };
  const int all = kC0Set | kFragmentSet | kQuerySet | kSpecialQuerySet | kPathSet | kUserinfoSet;
  for (int c = 0; c < 256; ++c) {
    if (c < 0x20 || c > 0x7e) sets[c] = static_cast<EncodeSet>(all);
  }
  add(" \"<>`", kFragmentSet);
  add(" \"#<>", kQuerySet | kSpecialQuerySet | kPathSet | kUserinfoSet);
  add("'", kSpecialQuerySet);
  add("?^`{}", kPathSet | kUserinfoSet);
  add("/:;=@[\\]|", kUserinfoSet);
  add("/?#", kSegmentEnd);
  add("/?#\\", kSpecialSegmentEnd);
  return sets;
}();

// Appends text (UTF-8, what is not becomes U+FFFD) with the bytes of set as %XX.
void append_encoded(std::string_view text, EncodeSet set, std::string& out);

// Appends "%XX".
void append_escape(unsigned char byte, std::string& out);

// The value of a hex digit, or -1.
constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The byte that the escape at the start of text stands for, or -1 if there is none.
constexpr int escaped_byte(std::string_view text) {
  if (text.size() < 3 || text[0] != '%') return -1;
  const int high = hex_value(text[1]);
  const int low = hex_value(text[2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

// RFC 3986, 2.3: characters that mean the same escaped or not.
constexpr bool is_unreserved(unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

std::string percent_decode(std::string_view text);

// Takes one character off the front of text, which must not be empty: U+FFFD for what is no
// UTF-8 (each maximal part of a sequence, as the Encoding standard counts them).
char32_t take_utf8(std::string_view& text);

}  // namespace weir::parse
