#include "parse/references.h"

#include <algorithm>

namespace weir::parse {
namespace {

// Where the digits of the reference end that begins before `at`.
std::size_t end_of_digits(std::string_view page, std::size_t at) {
  const bool hex = at < page.size() && (page[at] | 0x20) == 'x';
  return std::min(page.size(),
                  page.find_first_not_of(hex ? "0123456789abcdefABCDEF" : "0123456789", at + hex));
}

}  // namespace

bool has_long_reference(std::string_view page, std::size_t digits) {
  for (std::size_t at = page.find("&#"); at != std::string_view::npos; at = page.find("&#", at)) {
    at += 2;
    if (end_of_digits(page, at) - at >= digits) return true;
  }
  return false;
}

void tame_references(std::span<char> text) {
  const std::string_view page(text.data(), text.size());
  for (std::size_t at = page.find("&#"); at != std::string_view::npos; at = page.find("&#", at)) {
    at += 2;
    const std::size_t end = end_of_digits(page, at);
    const bool hex = at < end && (page[at] | 0x20) == 'x';
    const std::size_t first = std::min(end, page.find_first_not_of('0', at + hex));
    if (end - first < (hex ? 7 : 8)) continue;
    const std::string_view replacement = hex ? "FFFD" : "65533";
    const auto digits = text.subspan(first, end - first);
    std::fill(digits.begin(), digits.end(), '0');
    std::copy(replacement.begin(), replacement.end(),
              digits.end() - static_cast<std::ptrdiff_t>(replacement.size()));
  }
}

}  // namespace weir::parse
