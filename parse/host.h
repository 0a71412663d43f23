// The host part of a URL: names, addresses in all their notations, opaque hosts.
//
// Thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "parse/url.h"

namespace weir::parse {

// Appends the serialised host to out and says what it is; none (and out is as it was or longer)
// where the standard says failure. special: the URL's scheme is special. text is not empty.
std::optional<HostKind> append_host(std::string_view text, bool special, std::string& out);

}  // namespace weir::parse
