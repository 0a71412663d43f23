// The paths of robots.txt rules (RFC 9309, 2.2.2 and 2.2.3) in the form in which they are compared.
//
//   robots_pattern_matches(normalise_robots_pattern("/a*.gif$"), normalise_robots_path("/a/b.gif"))
//
// Thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace weir::parse {

// Escapes of unreserved characters are undone, what a URL may not hold is escaped, escapes are in
// upper case. An escaped "*" or "$" is the character itself; the wildcard and the end anchor are
// bytes that no path holds. The length is the rule's specificity.
std::string normalise_robots_pattern(std::string_view written);

// The same for the path and query of a URL.
std::string normalise_robots_path(std::string_view path_and_query);

// In time linear in the two lengths, whatever they are.
bool robots_pattern_matches(std::string_view pattern, std::string_view path);

}  // namespace weir::parse
