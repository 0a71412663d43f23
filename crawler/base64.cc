#include "crawler/base64.h"

namespace weir {

std::string from_base64(std::string_view text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  unsigned value = 0;
  int bits = 0;
  for (const char c : text) {
    const auto digit = kDigits.find(c);
    if (digit == std::string_view::npos) continue;
    value = (value << 6 | static_cast<unsigned>(digit)) & 0xffffff;
    bits += 6;
    if (bits >= 8) bytes.push_back(static_cast<char>(value >> (bits -= 8)));
  }
  return bytes;
}

}  // namespace weir
