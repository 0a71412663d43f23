// Elements that stand within a line: they do not part the words before and after their tags.
//
//   if (!is_inline(element.tag())) space_is_due();
//
// Immutable.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "parse/tokens.h"
#include "parse/tree.h"

namespace weir::parse {

inline constexpr std::string_view kInlineNames =
    "abbr acronym b bdi bdo big button cite code data del dfn em font i input ins kbd label mark "
    "nobr q rp rt ruby s samp small span strike strong sub sup time tt u var wbr";

// Elements that HTML does not know included.
inline bool is_inline(std::uint16_t tag) {
  static const std::array<bool, kTagCount> table = [] {
    std::array<bool, kTagCount> all{};
    for_each_token(kInlineNames, [&](std::string_view name) { all[tag_number(name)] = true; });
    for_each_token("a img script style template",
                   [&](std::string_view name) { all[tag_number(name)] = true; });
    all[kUnknownTag] = true;
    return all;
  }();
  return table[tag];
}

}  // namespace weir::parse
