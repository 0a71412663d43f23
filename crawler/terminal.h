// Text of strangers on its way to a terminal, or to a pipe that may end in one: control characters,
// by which it could move the cursor or retitle the window, become U+FFFD. Line ends and tabs stay.
//
//   std::cout << for_terminal(title);
//
// Thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace weir::crawler {

inline std::string for_terminal(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    // U+0080 to U+009F are control characters as well: in UTF-8, C2 and a byte of that value.
    const bool two = c == 0xC2 && i + 1 < text.size() && (text[i + 1] & 0xE0) == 0x80;
    const bool line_end = c == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    if (two || c == 0x7F || (c < ' ' && c != '\n' && c != '\t' && !line_end)) {
      out += "\uFFFD";
      i += two;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace weir::crawler
