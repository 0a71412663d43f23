#include "config/pattern.h"

#include <re2/re2.h>

#include <algorithm>

namespace weir::config {
namespace {

RE2::Options options() {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_encoding(RE2::Options::EncodingLatin1);  // URLs are ASCII once serialised
  options.set_never_capture(true);
  return options;
}

using Expressions = std::vector<std::unique_ptr<RE2>>;

bool any_matches(const Expressions& expressions, std::string_view url) {
  return std::any_of(expressions.begin(), expressions.end(), [&](const auto& expression) {
    return RE2::PartialMatch(re2::StringPiece(url.data(), url.size()), *expression);
  });
}

}  // namespace

struct Patterns::Compiled {
  Expressions include;
  Expressions exclude;
};

Patterns::Patterns() : compiled_(std::make_shared<Compiled>()) {}

std::variant<Patterns, std::string> Patterns::compile(const std::vector<std::string>& include,
                                                      const std::vector<std::string>& exclude) {
  auto compiled = std::make_shared<Compiled>();
  for (const auto& [texts, expressions] :
       {std::pair(&include, &compiled->include), std::pair(&exclude, &compiled->exclude)}) {
    for (const std::string& text : *texts) {
      expressions->push_back(std::make_unique<RE2>(text, options()));
      if (!expressions->back()->ok()) return "'" + text + "': " + expressions->back()->error();
    }
  }
  Patterns patterns;
  patterns.compiled_ = std::move(compiled);
  return patterns;
}

bool Patterns::admits(std::string_view url) const {
  if (any_matches(compiled_->exclude, url)) return false;
  return compiled_->include.empty() || any_matches(compiled_->include, url);
}

std::optional<std::string> pattern_error(std::string_view pattern) {
  const RE2 expression(re2::StringPiece(pattern.data(), pattern.size()), options());
  if (expression.ok()) return std::nullopt;
  return expression.error();
}

}  // namespace weir::config
