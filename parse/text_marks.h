// A text that was cut out of a page leaves one character there, which says which it was: the one
// with that number in the last plane of Unicode. That is for private use, and next to unused: where
// a page holds one itself, no text is to be cut.
//
//   write_mark(7, place);   // four bytes of UTF-8
//   texts[read_mark(place)]
//
// Thread-safe.
#pragma once

#include <cstddef>

namespace weir::parse {

inline constexpr std::size_t kMarkSize = 4;
inline constexpr char kMarkLead = '\xF4';          // the first byte of no other character
inline constexpr std::size_t kMarkDigits = 7;      // of a reference to one, at least: &#1048576
inline constexpr std::size_t kMostMarks = 0xFFFE;  // the last two of the plane are no characters

inline void write_mark(std::size_t number, char* to) {
  to[0] = kMarkLead;
  to[1] = static_cast<char>(0x80 | (number >> 12 & 15));
  to[2] = static_cast<char>(0x80 | (number >> 6 & 63));
  to[3] = static_cast<char>(0x80 | (number & 63));
}

inline std::size_t read_mark(const char* at) {
  return (at[1] & 15u) << 12 | (at[2] & 63u) << 6 | (at[3] & 63u);
}

}  // namespace weir::parse
