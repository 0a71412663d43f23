// The code tables of the legacy encodings, as the Encoding standard's indexes have them: read from
// ICU's converters once per process and table, and put right where those differ.
//
//   if (const SingleByteTable* table = single_byte_table("KOI8-R")) c = (*table)[byte - 0x80];
//
// Thread-safe.
#pragma once

#include <array>
#include <string_view>
#include <vector>

namespace weir::parse {

using SingleByteTable = std::array<char16_t, 128>;  // 0: no character
using Index = std::vector<char32_t>;                // by pointer; 0: no character

// Null if `encoding` (a WHATWG name) is no single-byte encoding.
const SingleByteTable* single_byte_table(std::string_view encoding);

const Index& big5_index();
const Index& euc_kr_index();
const Index& gb18030_index();
const Index& jis0208_index();
const Index& jis0212_index();

// "Index gb18030 ranges code point" for a pointer of four bytes; 0: none.
char32_t gb18030_ranges(unsigned pointer);

}  // namespace weir::parse
