#include "parse/host.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "parse/idna.h"
#include "parse/percent.h"
#include "parse/url_syntax.h"

namespace weir::parse {
namespace {

enum : std::uint8_t { kForbiddenHost = 1, kForbiddenDomain = 2, kNeedsCare = 4 };

constexpr std::array<std::uint8_t, 256> kHostBytes = [] {
  std::array<std::uint8_t, 256> bytes{};
  for (int c = 0; c <= 0x20; ++c) bytes[c] = kForbiddenDomain;
  bytes[0x7f] = bytes['%'] = kForbiddenDomain;
  for (unsigned char c : std::string_view("\0\t\n\r #/:<>?@[\\]^|", 17)) {
    bytes[c] = kForbiddenHost | kForbiddenDomain;
  }
  for (int c = 0x80; c < 256; ++c) bytes[c] = kNeedsCare;
  bytes['%'] |= kNeedsCare;
  return bytes;
}();

std::uint8_t classes_in(std::string_view text) {
  std::uint8_t found = 0;
  for (unsigned char c : text) found |= kHostBytes[c];
  return found;
}

bool all_digits(std::string_view text) {
  for (char c : text) {
    if (!is_digit(c)) return false;
  }
  return !text.empty();
}

// A number of the IPv4 parser: 0x and 0 lead hex and octal. Too large is 2^32, no matter how much.
std::optional<std::uint64_t> ipv4_number(std::string_view text) {
  constexpr std::uint64_t kTooLarge = std::uint64_t{1} << 32;
  if (text.empty()) return {};
  unsigned base = 10;
  if (text.size() >= 2 && text[0] == '0') {
    const bool hex = text[1] == 'x' || text[1] == 'X';
    text.remove_prefix(hex ? 2 : 1);
    base = hex ? 16 : 8;
  }
  std::uint64_t value = 0;
  for (char c : text) {
    const int digit = hex_value(c);
    if (digit < 0 || static_cast<unsigned>(digit) >= base) return {};
    value = std::min(value * base + static_cast<unsigned>(digit), kTooLarge);
  }
  return value;
}

// Must this name be read as an IPv4 address? (The standard's "ends in a number".)
bool ends_in_number(std::string_view name) {
  if (!name.empty() && name.back() == '.') name.remove_suffix(1);
  const std::string_view last = name.substr(name.rfind('.') + 1);  // npos + 1 is 0
  if (last.empty() || !is_digit(last[0])) return false;
  return all_digits(last) || ipv4_number(last).has_value();
}

bool append_ipv4(std::string_view name, std::string& out) {
  if (name.back() == '.') name.remove_suffix(1);
  std::uint64_t parts[4];
  int count = 0;
  while (true) {
    if (count == 4) return false;
    const std::size_t dot = name.find('.');
    const auto number = ipv4_number(name.substr(0, dot));
    if (!number) return false;
    parts[count++] = *number;
    if (dot == std::string_view::npos) break;
    name.remove_prefix(dot + 1);
  }
  std::uint64_t address = parts[count - 1];
  if (address >= std::uint64_t{1} << (8 * (5 - count))) return false;
  for (int i = 0; i < count - 1; ++i) {
    if (parts[i] > 255) return false;
    address |= parts[i] << (8 * (3 - i));
  }
  for (int shift = 24; shift >= 0; shift -= 8) {
    char digits[3];
    const auto end = std::to_chars(digits, digits + 3, (address >> shift) & 255).ptr;
    out.append(digits, end);
    if (shift > 0) out.push_back('.');
  }
  return true;
}

using Pieces = std::array<std::uint16_t, 8>;

// The dotted tail of an IPv6 address: exactly four numbers without leading zeros.
bool read_ipv4_tail(std::string_view text, std::uint16_t& high, std::uint16_t& low) {
  std::uint32_t address = 0;
  for (int i = 0; i < 4; ++i) {
    unsigned value = 0;
    std::size_t digits = 0;
    while (digits < text.size() && is_digit(text[digits])) {
      if (digits > 0 && value == 0) return false;
      value = value * 10 + static_cast<unsigned>(text[digits++] - '0');
      if (value > 255) return false;
    }
    if (digits == 0) return false;
    text.remove_prefix(digits);
    address = address << 8 | value;
    if (i < 3) {
      if (text.empty() || text[0] != '.') return false;
      text.remove_prefix(1);
    }
  }
  high = static_cast<std::uint16_t>(address >> 16);
  low = static_cast<std::uint16_t>(address & 0xffff);
  return text.empty();
}

std::optional<Pieces> read_ipv6(std::string_view text) {
  Pieces pieces{};
  std::size_t count = 0;
  std::optional<std::size_t> gap;  // where "::" stands
  if (text.substr(0, 1) == ":") {
    if (text.substr(0, 2) != "::") return {};
    text.remove_prefix(2);
    gap = 0;
  }
  while (!text.empty()) {
    if (count == 8) return {};
    if (text[0] == ':') {
      if (gap) return {};
      text.remove_prefix(1);
      gap = count;
      continue;
    }
    unsigned value = 0;
    std::size_t digits = 0;
    while (digits < 4 && digits < text.size() && hex_value(text[digits]) >= 0) {
      value = value * 16 + static_cast<unsigned>(hex_value(text[digits++]));
    }
    if (digits < text.size() && text[digits] == '.') {
      if (digits == 0 || count > 6) return {};
      if (!read_ipv4_tail(text, pieces[count], pieces[count + 1])) return {};
      count += 2;
      break;
    }
    if (digits == 0 && text[0] != ':') return {};
    pieces[count++] = static_cast<std::uint16_t>(value);
    text.remove_prefix(digits);
    if (text.empty()) break;
    if (text[0] != ':') return {};
    text.remove_prefix(1);
    if (text.empty()) return {};
  }
  if (!gap) return count == 8 ? std::optional(pieces) : std::nullopt;
  if (count == 8) return {};
  const std::size_t moved = count - *gap;
  for (std::size_t i = 1; i <= moved; ++i) {
    pieces[8 - i] = pieces[count - i];
    if (8 - i != count - i) pieces[count - i] = 0;
  }
  return pieces;
}

void append_ipv6(const Pieces& pieces, std::string& out) {
  std::size_t best = 8;  // the first longest run of two or more zeros is written "::"
  std::size_t best_length = 1;
  for (std::size_t i = 0; i < 8;) {
    std::size_t end = i;
    while (end < 8 && pieces[end] == 0) ++end;
    if (end - i > best_length) {
      best = i;
      best_length = end - i;
    }
    i = end + 1;
  }
  out.push_back('[');
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == best) {
      out.append(i == 0 ? "::" : ":");
      i += best_length - 1;
      continue;
    }
    char digits[4];
    out.append(digits, std::to_chars(digits, digits + 4, pieces[i], 16).ptr);
    if (i < 7) out.push_back(':');
  }
  out.push_back(']');
}

std::optional<HostKind> append_name(std::string_view ascii, std::string& out) {
  if (ascii.empty() || classes_in(ascii) & kForbiddenDomain) return {};
  if (ends_in_number(ascii)) {
    if (!append_ipv4(ascii, out)) return {};
    return HostKind::kIpv4;
  }
  for (char c : ascii) out.push_back(to_lower(c));
  return HostKind::kDomain;
}

}  // namespace

std::optional<HostKind> append_host(std::string_view text, bool special, std::string& out) {
  if (text[0] == '[') {
    if (text.size() < 2 || text.back() != ']') return {};
    const auto pieces = read_ipv6(text.substr(1, text.size() - 2));
    if (!pieces) return {};
    append_ipv6(*pieces, out);
    return HostKind::kIpv6;
  }
  if (!special) {
    if (classes_in(text) & kForbiddenHost) return {};
    append_encoded(text, kC0Set, out);
    return HostKind::kOpaque;
  }
  if (!(classes_in(text) & kNeedsCare)) return append_name(text, out);
  const auto ascii = domain_to_ascii(percent_decode(text));
  if (!ascii) return {};
  return append_name(*ascii, out);
}

}  // namespace weir::parse
