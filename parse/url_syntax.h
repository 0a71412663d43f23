// Small questions of the URL standard about schemes, characters and path segments.
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "parse/percent.h"

namespace weir::parse {

inline std::optional<std::uint16_t> default_port(std::string_view scheme) {
  if (scheme == "https" || scheme == "wss") return 443;
  if (scheme == "http" || scheme == "ws") return 80;
  if (scheme == "ftp") return 21;
  return {};
}

inline bool is_special_scheme(std::string_view scheme) {
  return default_port(scheme).has_value() || scheme == "file";
}

constexpr bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

inline std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = to_lower(c);
  return lower;
}

inline bool is_drive_letter(std::string_view text) {
  return text.size() == 2 && is_alpha(text[0]) && (text[1] == ':' || text[1] == '|');
}

inline bool starts_with_drive_letter(std::string_view text) {
  return is_drive_letter(text.substr(0, 2)) &&
         (text.size() == 2 || std::string_view("/\\?#").find(text[2]) != std::string_view::npos);
}

// How many dots a path segment stands for, "%2e" being one: 1, 2, or 0 for any other segment.
inline int dot_segment(std::string_view segment) {
  if (segment.empty() || segment.size() > 6 || (segment[0] != '.' && segment[0] != '%')) return 0;
  int dots = 0;
  while (!segment.empty()) {
    const bool escaped = escaped_byte(segment) == '.';
    if (!escaped && segment[0] != '.') return 0;
    segment.remove_prefix(escaped ? 3 : 1);
    ++dots;
  }
  return dots <= 2 ? dots : 0;
}

inline std::string_view trim_c0_and_space(std::string_view text) {
  const auto drop = [](unsigned char c) { return c <= 0x20; };
  while (!text.empty() && drop(text.front())) text.remove_prefix(1);
  while (!text.empty() && drop(text.back())) text.remove_suffix(1);
  return text;
}

inline bool has_tab_or_newline(std::string_view text) {
  for (char c : {'\n', '\t', '\r'}) {
    if (!text.empty() && std::memchr(text.data(), c, text.size()) != nullptr) return true;
  }
  return false;
}

}  // namespace weir::parse
