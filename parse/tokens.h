// Texts of attributes and elements: split at white space, collapsed, cut to a size.
//
//   for_each_token(" a  b ", [](std::string_view token) { ... });   // a, b
//
// Thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "parse/ascii.h"

namespace weir::parse {

template <class Function>
void for_each_token(std::string_view text, Function function) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (ascii::is_space(text[at])) {
      ++at;
      continue;
    }
    const std::size_t from = at;
    while (at < text.size() && !ascii::is_space(text[at])) ++at;
    function(text.substr(from, at - from));
  }
}

// Stripped, with each run of white space as one space.
inline std::string collapse(std::string_view text) {
  std::string out;
  for_each_token(text, [&out](std::string_view token) {
    if (!out.empty()) out += ' ';
    out += token;
  });
  return out;
}

// At most `limit` bytes of UTF-8, cut between characters.
inline std::string cut_text(std::string_view text, std::size_t limit) {
  if (text.size() > limit) {
    while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80) --limit;
    text = text.substr(0, limit);
  }
  return std::string(text);
}

}  // namespace weir::parse
