#include "parse/charset.h"

#include <algorithm>
#include <stdexcept>

#include "parse/charset_decoders.h"
#include "parse/charset_tables.h"
#include "parse/utf8.h"

namespace weir::parse {

namespace {

void decode_utf8(std::string_view bytes, std::string& out) {
  while (true) {
    const std::size_t good = utf8_prefix(bytes);
    out += bytes.substr(0, good);
    if (good == bytes.size()) return;
    append_utf8(kReplacement, out);
    bytes.remove_prefix(good + static_cast<std::size_t>(-utf8_sequence(bytes.substr(good))));
  }
}

void decode_utf16(std::string_view bytes, bool big_endian, std::string& out) {
  const auto unit = [&](std::size_t i) {
    const unsigned first = static_cast<unsigned char>(bytes[i]);
    const unsigned second = static_cast<unsigned char>(bytes[i + 1]);
    return big_endian ? first << 8 | second : second << 8 | first;
  };
  std::size_t i = 0;
  for (; i + 2 <= bytes.size(); i += 2) {
    const unsigned c = unit(i);
    if (c < 0xD800 || c > 0xDFFF) {
      append_utf8(c, out);
      continue;
    }
    if (c < 0xDC00 && i + 4 <= bytes.size() && (unit(i + 2) & 0xFC00) == 0xDC00) {
      append_utf8(0x10000 + ((c & 0x3FF) << 10 | (unit(i + 2) & 0x3FF)), out);
      i += 2;
      continue;
    }
    append_utf8(kReplacement, out);
    // A lead surrogate with half a unit behind it is one error, not two.
    if (c < 0xDC00 && i + 3 == bytes.size()) return;
  }
  if (i < bytes.size()) append_utf8(kReplacement, out);
}

void decode_single_byte(std::string_view bytes, const SingleByteTable& table, std::string& out) {
  while (!bytes.empty()) {
    const std::size_t ascii = ascii_prefix(bytes);
    out += bytes.substr(0, ascii);
    bytes.remove_prefix(ascii);
    while (!bytes.empty() && static_cast<signed char>(bytes[0]) < 0) {
      const char16_t c = table[static_cast<unsigned char>(bytes[0]) - 0x80];
      append_utf8(c == 0 ? kReplacement : c, out);
      bytes.remove_prefix(1);
    }
  }
}

}  // namespace

std::string_view to_utf8(std::string_view body, const Charset& charset, std::string& buffer) {
  body.remove_prefix(std::min(charset.bom, body.size()));
  buffer.clear();
  const std::string_view encoding = charset.encoding;
  if (encoding == "UTF-8") {
    if (is_utf8(body)) return body;
    decode_utf8(body, buffer);
  } else if (encoding == "UTF-16LE" || encoding == "UTF-16BE") {
    decode_utf16(body, encoding == "UTF-16BE", buffer);
  } else if (encoding == "replacement") {
    if (!body.empty()) append_utf8(kReplacement, buffer);
  } else if (encoding != "ISO-2022-JP" && is_ascii(body)) {
    return body;
  } else if (const Decoder decode = multi_byte_decoder(encoding)) {
    decode(body, buffer);
  } else if (const SingleByteTable* table = single_byte_table(encoding)) {
    decode_single_byte(body, *table, buffer);
  } else {
    throw std::invalid_argument("no such encoding: " + std::string(encoding));
  }
  return buffer;
}

}  // namespace weir::parse
