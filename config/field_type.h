// How one kind of setting is read and written: what the table of keys is built from.
//
//   Type<std::size_t> transfers = count("a number of transfers", 1, 100'000, "64");
//   transfers.read(Raw("x"))   // none: "'x' is not a number of transfers; expected a count ..."
//
// Immutable.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/keys.h"
#include "config/values.h"

namespace weir::config {

template <class T>
struct Type {
  std::function<std::optional<T>(const Raw&)> read;
  std::function<std::string(const T&)> write;  // a TOML literal; empty: nothing to write
  std::string what;                            // "a number of transfers"
  std::string expected;                        // "a count from 1 to 100000 such as 64"
  // More on why a text was refused; may be absent.
  std::function<std::optional<std::string>(std::string_view)> detail;
};

// The raw value as a message quotes it, cut where it is long and without control characters.
std::string quoted(const Raw& raw);

// A TOML basic string, an array of them.
std::string toml_string(std::string_view text);
std::string toml_array(const std::vector<std::string>& texts);

// "'x' is not ...; expected ...". Of an array, the first element that is to blame.
template <class T>
std::string complaint(const Raw& raw, const Type<T>& type) {
  if (const auto* texts = std::get_if<std::vector<std::string>>(&raw)) {
    for (const std::string& text : *texts) {
      if (!type.read(std::vector<std::string>{text})) return complaint(Raw(text), type);
    }
  }
  std::string message = quoted(raw) + " is not " + type.what;
  const auto* text = std::get_if<std::string>(&raw);
  const auto detail = text && type.detail ? type.detail(*text) : std::nullopt;
  if (detail) message += " (" + detail->substr(0, 100) + ")";
  return message + "; expected " + type.expected;
}

// A count between the limits. `word` ("none", "auto") stands for the value `meaning`.
struct CountWord {
  std::string word;
  std::uint64_t meaning;
};
Type<std::uint64_t> count(std::string what, std::uint64_t least, std::uint64_t most,
                          std::string example, std::optional<CountWord> word = std::nullopt);

Type<std::uint64_t> size(std::string what, std::uint64_t least, std::string example);
Type<Duration> duration(std::string what, Duration least, std::string example);
Type<bool> boolean();

using Check = std::function<bool(const std::string&)>;
Type<std::string> text(std::string what, std::string expected, Check check);
Type<std::vector<std::string>> texts(std::string what, std::string expected, Check check);
Type<std::vector<Seed>> seeds(std::string what, std::string expected);
// A table of strings, or an array of lines that `split` cuts at the separator.
using Split = std::optional<std::pair<std::string, std::string>> (*)(std::string_view line);
Type<Headers> pairs(std::string what, std::string expected, std::string separator, Split split);

// The same, with "none" for no value.
template <class T>
Type<std::optional<T>> or_none(Type<T> type) {
  Type<std::optional<T>> result;
  result.what = type.what;
  result.expected = type.expected + " or none";
  result.read = [read = type.read](const Raw& raw) -> std::optional<std::optional<T>> {
    const auto* word = std::get_if<std::string>(&raw);
    if (word != nullptr && *word == "none") return std::optional<T>{};
    if (auto value = read(raw)) return std::optional<T>(std::move(*value));
    return std::nullopt;
  };
  result.write = [write = type.write](const std::optional<T>& value) {
    return value ? write(*value) : toml_string("none");
  };
  return result;
}

// The words stand in the order of the enumerators, which start at 0.
template <class Enum>
Type<Enum> choice(std::string what, std::vector<std::string> words) {
  Type<Enum> type;
  type.what = std::move(what);
  type.expected = "one of";
  for (const std::string& word : words) type.expected += (&word == &words[0] ? " " : ", ") + word;
  type.read = [words](const Raw& raw) -> std::optional<Enum> {
    const auto* text = std::get_if<std::string>(&raw);
    for (std::size_t i = 0; text != nullptr && i < words.size(); ++i) {
      if (words[i] == *text) return static_cast<Enum>(i);
    }
    return std::nullopt;
  };
  type.write = [words](const Enum& value) {
    return toml_string(words[static_cast<std::size_t>(value)]);
  };
  return type;
}

}  // namespace weir::config
