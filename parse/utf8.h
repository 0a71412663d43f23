// UTF-8 as the Encoding standard takes it: no surrogates, nothing overlong, nothing beyond
// U+10FFFF.
//
//   if (is_utf8(body)) return body;
//
// Thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace weir::parse {

inline constexpr char32_t kReplacement = 0xFFFD;

bool is_ascii(std::string_view bytes);  // at memory speed
bool is_utf8(std::string_view bytes);

std::size_t ascii_prefix(std::string_view bytes);  // how many bytes at the start are ASCII
std::size_t utf8_prefix(std::string_view bytes);   // how many are whole, well-formed characters

// The length of the well-formed sequence at the start of `bytes`, or minus the length of its
// maximal subpart, which becomes one U+FFFD. Requires: bytes is not empty and does not start with
// ASCII.
int utf8_sequence(std::string_view bytes);

// Requires: c is a scalar value.
inline void append_utf8(char32_t c, std::string& out) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += {static_cast<char>(0xC0 | c >> 6), static_cast<char>(0x80 | (c & 0x3F))};
  } else if (c < 0x10000) {
    out += {static_cast<char>(0xE0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 0x3F)),
            static_cast<char>(0x80 | (c & 0x3F))};
  } else {
    out += {static_cast<char>(0xF0 | c >> 18), static_cast<char>(0x80 | (c >> 12 & 0x3F)),
            static_cast<char>(0x80 | (c >> 6 & 0x3F)), static_cast<char>(0x80 | (c & 0x3F))};
  }
}

}  // namespace weir::parse
