// Host names to ASCII by UTS 46, as the URL standard asks (domain to ASCII, beStrict false).
//
// Thread-safe. The first call loads tables: make one before a sandbox closes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weir::parse {

// None where the standard says failure. domain is UTF-8; ASCII without "xn--" is only lowered.
std::optional<std::string> domain_to_ascii(std::string_view domain);

}  // namespace weir::parse
