#include "config/values.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <iterator>
#include <numeric>

namespace weir::config {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array<Unit, 5> kDurationUnits{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};

// The writer uses the first that divides.
constexpr std::array<Unit, 10> kSizeUnits{{{"TiB", 1024 * 1024 * kMiB},
                                           {"GiB", 1024 * kMiB},
                                           {"MiB", kMiB},
                                           {"KiB", kKiB},
                                           {"B", 1},
                                           {"", 1},
                                           {"TB", 1'000'000'000'000},
                                           {"GB", 1'000'000'000},
                                           {"MB", 1'000'000},
                                           {"kB", 1000}}};

constexpr std::uint64_t kHundredYears = 36'500ull * 86'400'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

// Takes the leading run of characters that satisfy the predicate.
template <class Predicate>
std::string_view take(std::string_view& text, Predicate predicate) {
  const auto end = std::find_if_not(text.begin(), text.end(), predicate);
  const std::string_view taken = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(taken.size());
  return taken;
}

// Takes `12` or `1.5` and the unit behind it.
struct Quantity {
  std::uint64_t whole = 0;
  std::uint64_t millionths = 0;
  std::string_view unit;

  // Rounded down; none on overflow.
  std::optional<std::uint64_t> times(std::uint64_t factor) const {
    std::uint64_t result = 0;
    if (__builtin_mul_overflow(whole, factor, &result)) return std::nullopt;
    if (__builtin_add_overflow(result, millionths * factor / 1'000'000, &result)) {
      return std::nullopt;
    }
    return result;
  }
};

std::optional<Quantity> take_quantity(std::string_view& text) {
  Quantity quantity;
  const auto whole = parse_count(take(text, is_digit));
  if (!whole) return std::nullopt;
  quantity.whole = *whole;
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    std::string digits(take(text, is_digit));
    if (digits.empty() || digits.size() > 6) return std::nullopt;
    digits.resize(6, '0');
    quantity.millionths = *parse_count(digits);
  }
  quantity.unit = take(text, [](char c) { return std::isalpha(static_cast<unsigned char>(c)); });
  return quantity;
}

}  // namespace

std::optional<std::uint64_t> parse_count(std::string_view text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  return value;
}

std::optional<Duration> parse_duration(std::string_view text) {
  if (text == "0") return Duration{0};
  std::uint64_t total = 0;
  auto larger = kDurationUnits.begin();  // units come largest first, each once
  while (!text.empty()) {
    const auto quantity = take_quantity(text);
    if (!quantity) return std::nullopt;
    const auto unit = std::find_if(larger, kDurationUnits.end(),
                                   [&](const Unit& u) { return u.name == quantity->unit; });
    if (unit == kDurationUnits.end()) return std::nullopt;
    const auto part = quantity->times(unit->factor);
    if (!part || *part > kHundredYears) return std::nullopt;
    total += *part;
    larger = std::next(unit);
  }
  if (larger == kDurationUnits.begin() || total > kHundredYears) return std::nullopt;
  return Duration{static_cast<Duration::rep>(total)};
}

std::string format_duration(Duration duration) {
  auto rest = static_cast<std::uint64_t>(duration.count());
  if (rest == 0) return "0ms";
  std::string text;
  for (const Unit& unit : kDurationUnits) {
    if (rest < unit.factor) continue;
    text += std::to_string(rest / unit.factor);
    text += unit.name;
    rest %= unit.factor;
  }
  return text;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  const auto quantity = take_quantity(text);
  if (!quantity || !text.empty()) return std::nullopt;
  for (const Unit& unit : kSizeUnits) {
    if (equal_ignoring_case(unit.name, quantity->unit)) return quantity->times(unit.factor);
  }
  return std::nullopt;
}

std::string format_size(std::uint64_t bytes) {
  for (const Unit& unit : kSizeUnits) {
    if (bytes == 0 || unit.factor == 1) break;
    if (bytes % unit.factor == 0) {
      return std::to_string(bytes / unit.factor) + std::string(unit.name);
    }
  }
  return std::to_string(bytes) + "B";
}

std::optional<bool> parse_boolean(std::string_view text) {
  for (const std::string_view word : {"true", "yes", "on", "1"}) {
    if (equal_ignoring_case(text, word)) return true;
  }
  for (const std::string_view word : {"false", "no", "off", "0"}) {
    if (equal_ignoring_case(text, word)) return false;
  }
  return std::nullopt;
}

std::optional<std::pair<std::string, std::string>> parse_header(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  const std::string_view name = line.substr(0, colon);
  std::string_view value = line.substr(colon + 1);
  const auto is_token = [](char c) {  // RFC 9110, section 5.6.2
    return std::isalnum(static_cast<unsigned char>(c)) ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  };
  if (!std::all_of(name.begin(), name.end(), is_token)) return std::nullopt;
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  take(value, is_space);
  while (!value.empty() && is_space(value.back())) value.remove_suffix(1);
  const auto is_control = [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  };
  if (std::any_of(value.begin(), value.end(), is_control)) return std::nullopt;
  return std::pair(std::string(name), std::string(value));
}

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i++]);
    if (lead < 0x80) continue;
    const int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    if (lead < 0xc2 || lead > 0xf4) return false;
    std::uint32_t point = lead & (0x3f >> more);
    for (int k = 0; k < more; ++k) {
      if (i == text.size() || (static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) return false;
      point = point << 6 | (static_cast<unsigned char>(text[i++]) & 0x3f);
    }
    const bool overlong = point < (more == 3 ? 0x10000u : more == 2 ? 0x800u : 0x80u);
    if (overlong || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return false;
  }
  return true;
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
  // Levenshtein distance, one row at a time; a third of the letters may be wrong.
  std::size_t best = std::max<std::size_t>(1, std::min<std::size_t>(word.size(), 12) / 3) + 1;
  std::string_view found;
  if (word.size() > 64) return found;
  for (const std::string_view candidate : candidates) {
    std::vector<std::size_t> row(candidate.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < word.size(); ++i) {
      std::size_t diagonal = std::exchange(row[0], i + 1);
      for (std::size_t j = 0; j < candidate.size(); ++j) {
        const std::size_t replaced = diagonal + (lower(word[i]) != lower(candidate[j]));
        diagonal = row[j + 1];
        row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
      }
    }
    if (row.back() < best) {
      best = row.back();
      found = candidate;
    }
  }
  return found;
}

}  // namespace weir::config
