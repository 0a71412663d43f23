#include "parse/percent.h"

namespace weir::parse {
namespace {

void append_escaped_utf8(char32_t c, std::string& out) {
  std::string bytes;
  append_utf8(c, bytes);
  for (unsigned char byte : bytes) append_escape(byte, out);
}

}  // namespace

void append_escape(unsigned char byte, std::string& out) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  const char escape[] = {'%', kDigits[byte >> 4], kDigits[byte & 15]};
  out.append(escape, 3);
}

void append_encoded(std::string_view text, EncodeSet set, std::string& out) {
  while (!text.empty()) {
    std::size_t clean = 0;
    while (clean < text.size() && !(kEncodeSets[static_cast<unsigned char>(text[clean])] & set)) {
      ++clean;
    }
    out.append(text.substr(0, clean));
    text.remove_prefix(clean);
    if (text.empty()) return;
    if (static_cast<unsigned char>(text[0]) < 0x80) {
      append_escape(text[0], out);
      text.remove_prefix(1);
    } else {
      append_escaped_utf8(take_utf8(text), out);
    }
  }
}

std::string percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const int byte = escaped_byte(text);
    out.push_back(byte < 0 ? text[0] : static_cast<char>(byte));
    text.remove_prefix(byte < 0 ? 1 : 3);
  }
  return out;
}

char32_t take_utf8(std::string_view& text) {
  const unsigned char lead = text[0];
  text.remove_prefix(1);
  if (lead < 0x80) return lead;
  int more = 0;
  unsigned char least = 0x80;  // the second byte's range is narrower after some leads
  unsigned char most = 0xbf;
  char32_t c = 0;
  if (lead >= 0xc2 && lead <= 0xdf) {
    more = 1;
    c = lead & 0x1f;
  } else if (lead >= 0xe0 && lead <= 0xef) {
    more = 2;
    c = lead & 0x0f;
    if (lead == 0xe0) least = 0xa0;
    if (lead == 0xed) most = 0x9f;
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    more = 3;
    c = lead & 0x07;
    if (lead == 0xf0) least = 0x90;
    if (lead == 0xf4) most = 0x8f;
  } else {
    return kReplacement;
  }
  for (; more > 0; --more) {
    if (text.empty()) return kReplacement;
    const unsigned char next = text[0];
    if (next < least || next > most) return kReplacement;
    c = (c << 6) | (next & 0x3f);
    text.remove_prefix(1);
    least = 0x80;
    most = 0xbf;
  }
  return c;
}

}  // namespace weir::parse
