#include "fetch/header_block.h"

#include <algorithm>

namespace weir::fetch {

bool same_name(std::string_view a, std::string_view b) noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [&](char x, char y) { return lower(x) == lower(y); });
}

void HeaderBlock::add(std::string_view name, std::string_view value) {
  const auto begin = static_cast<std::uint32_t>(text_.size());
  text_.append(name).append(value);
  fields_.push_back(
      {begin, static_cast<std::uint32_t>(name.size()), static_cast<std::uint32_t>(value.size())});
}

void HeaderBlock::fold(std::string_view more) {
  if (fields_.empty() || more.empty()) return;
  text_.append(" ").append(more);
  fields_.back().value += static_cast<std::uint32_t>(more.size() + 1);
}

void HeaderBlock::clear() noexcept {
  text_.clear();
  fields_.clear();
}

std::string_view HeaderBlock::first(std::string_view wanted) const noexcept {
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (same_name(name(i), wanted)) return value(i);
  }
  return {};
}

bool HeaderBlock::has(std::string_view wanted) const noexcept {
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (same_name(name(i), wanted)) return true;
  }
  return false;
}

}  // namespace weir::fetch
