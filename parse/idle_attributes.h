// The attributes that neither carry a fact of a page nor steer the construction of its tree.
//
//   is_idle_attribute("onclick", "=go()")   // and class, id, data-*, aria-*, width, ...
//
// Thread-safe.
#pragma once

#include <string_view>

namespace weir::parse {

// `value` is as it stands in the page, with the equals sign and the quotes.
bool is_idle_attribute(std::string_view name, std::string_view value);

}  // namespace weir::parse
