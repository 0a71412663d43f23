#include "config/field_type.h"

#include <algorithm>
#include <cstdio>
#include <type_traits>

namespace weir::config {
namespace {

const std::string* as_text(const Raw& raw) { return std::get_if<std::string>(&raw); }

// The texts of an array, or of lines: the environment and a single flag give one string.
std::optional<std::vector<std::string>> as_texts(const Raw& raw) {
  if (const auto* list = std::get_if<std::vector<std::string>>(&raw)) return *list;
  const std::string* text = as_text(raw);
  if (text == nullptr) return std::nullopt;
  std::vector<std::string> lines;
  std::size_t start = 0;
  while (start <= text->size()) {
    const std::size_t end = std::min(text->find('\n', start), text->size());
    if (end > start) lines.push_back(text->substr(start, end - start));
    start = end + 1;
  }
  return lines;
}

// Integers of a config file count as their digits.
std::optional<std::string> as_digits(const Raw& raw) {
  if (const auto* number = std::get_if<std::int64_t>(&raw)) {
    return std::to_string(*number);
  }
  if (const std::string* text = as_text(raw)) return *text;
  return std::nullopt;
}

}  // namespace

std::string toml_string(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04X", static_cast<unsigned>(c));
      result += escape;
    } else {
      result += c;
    }
  }
  return result + '"';
}

std::string toml_array(const std::vector<std::string>& texts) {
  std::string result = "[";
  for (const std::string& text : texts) {
    if (result.size() > 1) result += ", ";
    result += toml_string(text);
  }
  return result + "]";
}

std::string quoted(const Raw& raw) {
  return std::visit(
      [](const auto& value) -> std::string {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, bool>) {
          return value ? "true" : "false";
        } else if constexpr (std::is_same_v<T, std::int64_t>) {
          return std::to_string(value);
        } else if constexpr (std::is_same_v<T, double>) {
          char text[32];
          std::snprintf(text, sizeof text, "%g", value);
          return text;
        } else if constexpr (std::is_same_v<T, std::string>) {
          std::string text = value.size() > 60 ? value.substr(0, 60) + "..." : value;
          for (char& c : text) {
            if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
          }
          return "'" + text + "'";
        } else if constexpr (std::is_same_v<T, Headers>) {
          return "a table";
        } else {
          return value.size() == 1 ? quoted(Raw(value[0])) : "this array";
        }
      },
      raw);
}

Type<std::uint64_t> count(std::string what, std::uint64_t least, std::uint64_t most,
                          std::string example, std::optional<CountWord> word) {
  Type<std::uint64_t> type;
  type.what = std::move(what);
  type.expected = most == kNoLimit
                      ? "a count" + (least == 0 ? "" : " of at least " + std::to_string(least))
                      : "a count from " + std::to_string(least) + " to " + std::to_string(most);
  type.expected += " such as " + example;
  if (word) type.expected += " or " + word->word;
  type.read = [=](const Raw& raw) -> std::optional<std::uint64_t> {
    if (word && as_text(raw) != nullptr && *as_text(raw) == word->word) return word->meaning;
    const auto digits = as_digits(raw);
    const auto value = digits ? parse_count(*digits) : std::nullopt;
    return value && *value >= least && *value <= most ? value : std::nullopt;
  };
  type.write = [=](const std::uint64_t& value) {
    return word && value == word->meaning ? toml_string(word->word) : std::to_string(value);
  };
  return type;
}

Type<std::uint64_t> size(std::string what, std::uint64_t least, std::string example) {
  Type<std::uint64_t> type;
  type.what = std::move(what);
  type.expected = "a size such as " + example;
  if (least > 1) type.expected += ", at least " + format_size(least);
  type.read = [least](const Raw& raw) -> std::optional<std::uint64_t> {
    const auto digits = as_digits(raw);
    const auto value = digits ? parse_size(*digits) : std::nullopt;
    // TOML's integers end at 2^63; no machine has that much.
    return value && *value >= least && *value <= (1ull << 62) ? value : std::nullopt;
  };
  type.write = [](const std::uint64_t& value) { return toml_string(format_size(value)); };
  return type;
}

Type<Duration> duration(std::string what, Duration least, std::string example) {
  Type<Duration> type;
  type.what = std::move(what);
  type.expected = "a duration with its unit (ms, s, m, h, d) such as " + example;
  type.read = [least](const Raw& raw) -> std::optional<Duration> {
    const auto digits = as_digits(raw);
    const auto value = digits ? parse_duration(*digits) : std::nullopt;
    return value && *value >= least ? value : std::nullopt;
  };
  type.write = [](const Duration& value) { return toml_string(format_duration(value)); };
  return type;
}

Type<bool> boolean() {
  Type<bool> type;
  type.what = "a switch";
  type.expected = "true or false";
  type.read = [](const Raw& raw) -> std::optional<bool> {
    if (const bool* value = std::get_if<bool>(&raw)) return *value;
    return as_text(raw) != nullptr ? parse_boolean(*as_text(raw)) : std::nullopt;
  };
  type.write = [](const bool& value) { return value ? "true" : "false"; };
  return type;
}

Type<std::string> text(std::string what, std::string expected, Check check) {
  Type<std::string> type;
  type.what = std::move(what);
  type.expected = std::move(expected);
  type.read = [check](const Raw& raw) -> std::optional<std::string> {
    const std::string* value = as_text(raw);
    if (value == nullptr || value->find('\0') != std::string::npos || !check(*value)) {
      return std::nullopt;
    }
    return *value;
  };
  type.write = [](const std::string& value) { return toml_string(value); };
  return type;
}

Type<std::vector<std::string>> texts(std::string what, std::string expected, Check check) {
  Type<std::vector<std::string>> type;
  type.what = std::move(what);
  type.expected = std::move(expected);
  type.read = [check](const Raw& raw) -> std::optional<std::vector<std::string>> {
    auto values = as_texts(raw);
    if (values && !std::all_of(values->begin(), values->end(), check)) return std::nullopt;
    return values;
  };
  type.write = toml_array;
  return type;
}

Type<std::vector<Seed>> seeds(std::string what, std::string expected) {
  Type<std::vector<Seed>> type;
  type.what = std::move(what);
  type.expected = std::move(expected);
  type.read = [](const Raw& raw) -> std::optional<std::vector<Seed>> {
    const auto values = as_texts(raw);
    if (!values) return std::nullopt;
    std::vector<Seed> seeds;
    for (const std::string& value : *values) {
      if (value.empty() || value.find('\0') != std::string::npos) return std::nullopt;
      seeds.push_back({value, ""});
    }
    return seeds;
  };
  type.write = [](const std::vector<Seed>& seeds) {
    std::vector<std::string> texts;
    for (const Seed& seed : seeds) texts.push_back(seed.text);
    return toml_array(texts);
  };
  return type;
}

Type<Headers> pairs(std::string what, std::string expected, std::string separator, Split split) {
  Type<Headers> type;
  type.what = std::move(what);
  type.expected = std::move(expected);
  type.read = [=](const Raw& raw) -> std::optional<Headers> {
    Headers result;
    if (const auto* table = std::get_if<Headers>(&raw)) {
      for (const auto& [name, value] : *table) {
        const auto pair = split(name + separator + value);
        if (!pair || pair->first != name) return std::nullopt;
        result.push_back(*pair);
      }
      return result;
    }
    const auto lines = as_texts(raw);
    if (!lines) return std::nullopt;
    for (const std::string& line : *lines) {
      auto pair = split(line);
      if (!pair) return std::nullopt;
      result.push_back(std::move(*pair));
    }
    return result;
  };
  // An array keeps the order; a TOML table would not.
  type.write = [separator](const Headers& pairs) {
    std::vector<std::string> lines;
    for (const auto& [name, value] : pairs) lines.push_back(name + separator + value);
    return toml_array(lines);
  };
  return type;
}

}  // namespace weir::config
