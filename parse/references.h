// Numeric character references of many digits, of which Gumbo forgets how large they are: beyond
// the range of int they become other characters, and bytes that are no UTF-8.
//
//   if (has_long_reference(page, 8)) tame_references(page);   // &#99999999; is &#00065533;
//
// Thread-safe.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace weir::parse {

// Whether a reference has so many digits, the x of hexadecimal ones and leading zeros included.
bool has_long_reference(std::string_view page, std::size_t digits);

// Those that are beyond U+10FFFF by their number of digits become what the HTML standard makes of
// them, U+FFFD, of the same length.
void tame_references(std::span<char> page);

}  // namespace weir::parse
