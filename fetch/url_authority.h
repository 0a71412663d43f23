// Where a serialised http or https URL points: scheme, host, port. No more is needed to connect;
// the parser of URLs is parse/url.h.
//
//   split_authority("https://user@[::1]:8443/x")->host   // "::1"
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::fetch {

struct Authority {
  bool https = false;
  std::string host;  // an IPv6 address without its brackets
  std::uint16_t port = 0;
};

// Empty for every other scheme and for what no serialiser writes.
std::optional<Authority> split_authority(std::string_view url);

}  // namespace weir::fetch
