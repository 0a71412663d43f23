// The include and exclude rules of a list: regular expressions (RE2 syntax) on the whole URL.
//
//   auto patterns = Patterns::compile(list.include, list.exclude);
//   if (const auto* p = std::get_if<Patterns>(&patterns); p->admits(url)) ...
//
// Matching takes time linear in the URL, whatever the pattern.
//
// Immutable.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace weir::config {

class Patterns {
 public:
  // Admits everything.
  Patterns();

  // A message that names the bad pattern, or the rules.
  static std::variant<Patterns, std::string> compile(const std::vector<std::string>& include,
                                                     const std::vector<std::string>& exclude);

  // A pattern matches anywhere in the URL unless anchored. A URL is admitted if no exclude pattern
  // matches and, where there are include patterns, one of them does.
  bool admits(std::string_view url) const;

 private:
  struct Compiled;
  std::shared_ptr<const Compiled> compiled_;  // immutable, so copies share it
};

// What is wrong with one pattern, or nothing.
std::optional<std::string> pattern_error(std::string_view pattern);

}  // namespace weir::config
