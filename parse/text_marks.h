// A text that was cut out of a page leaves one character there, which says which it was: the one
// with that number in the last plane of Unicode. That is for private use, and next to unused.
//
//   if (!may_hold_marks(page)) write_mark(7, place);   // four bytes of UTF-8
//   texts[read_mark(place)]
//
// Thread-safe.
#pragma once

#include <cstddef>
#include <string_view>

namespace weir::parse {

inline constexpr std::size_t kMarkSize = 4;
inline constexpr char kMarkLead = '\xF4';          // the first byte of each mark, and of no other
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

// Whether the page's text may hold such a character itself, as it is or by reference: the least of
// them are &#1048576 and &#x100000.
inline bool may_hold_marks(std::string_view page) {
  if (page.find(kMarkLead) != std::string_view::npos) return true;
  constexpr std::string_view kDigits = "0123456789abcdefABCDEFxX";
  for (std::size_t at = page.find("&#"); at != std::string_view::npos; at = page.find("&#", at)) {
    const std::size_t end = page.find_first_not_of(kDigits, at += 2);
    if ((end == std::string_view::npos ? page.size() : end) - at >= 7) return true;
  }
  return false;
}

}  // namespace weir::parse
