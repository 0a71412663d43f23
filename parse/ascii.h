// The few questions about ASCII that the standards for headers and markup keep asking.
//
//   if (ascii::equal(name, "robots")) ...      // ASCII case-insensitive
//
// Thread-safe.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace weir::parse::ascii {

inline constexpr std::string_view kSpace = " \t\n\f\r";    // HTML's ASCII whitespace
inline constexpr std::string_view kHttpSpace = " \t\n\r";  // HTTP's

constexpr bool is_space(char c) { return kSpace.find(c) != std::string_view::npos; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
constexpr bool is_alpha(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }

inline std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = lower(c);
  return result;
}

inline bool equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

inline bool starts_with(std::string_view text, std::string_view prefix) {
  return equal(text.substr(0, prefix.size()), prefix);
}

inline std::string_view trim(std::string_view text, std::string_view space = kSpace) {
  const auto first = text.find_first_not_of(space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

}  // namespace weir::parse::ascii
