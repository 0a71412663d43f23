// The part of a host name that somebody registered: "bbc.co.uk" of "www.bbc.co.uk".
//
//   registrable_domain("a.b.co.uk");                       // "b.co.uk"
//   registrable_domain("me.github.io", Suffixes::kIcann);  // "github.io"
//
// By the Public Suffix List of the distribution. Thread-safe. The first call reads the list.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weir::parse {

enum class Suffixes { kAll, kIcann };  // kAll: also the private ones (github.io, blogspot.com)

// None for addresses, for suffixes themselves and for what is no host name. U-labels are
// understood and answered as they came, in lower case.
std::optional<std::string> registrable_domain(std::string_view host,
                                              Suffixes suffixes = Suffixes::kAll);

}  // namespace weir::parse
