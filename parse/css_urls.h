// The URLs that a piece of CSS refers to: url(...) and the string of @import.
//
//   css_urls("a{background:url( 'x.png' )}");   // {"x.png"}
//
// Thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::parse {

// In order, as written, escapes undone, not resolved; empty ones left out. Reads a style sheet or
// the value of a style attribute. Comments and other strings are skipped.
std::vector<std::string> css_urls(std::string_view css);

}  // namespace weir::parse
