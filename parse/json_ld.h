// The types that a block of JSON-LD declares.
//
//   std::vector<std::string> types;
//   json_ld_types(R"({"@type": ["Article", "Thing"]})", types);
//
// Thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace weir::parse {

inline constexpr std::size_t kMaxJsonLdTypes = 64;  // of one page
inline constexpr std::size_t kMaxJsonLdTypeBytes = 256;

// Adds each @type, at any depth, that `types` does not hold yet, up to the limits. What stands
// before a syntax error counts. Neither recurses nor builds the document.
void json_ld_types(std::string_view json, std::vector<std::string>& types);

}  // namespace weir::parse
