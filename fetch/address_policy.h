// Which addresses a crawler may connect to when nobody named them: those of the public internet.
//
//   is_public("93.184.216.34")   // true
//   is_public("::ffff:10.0.0.1") // false: what is embedded counts
//
// Thread-safe.
#pragma once

#include <string>
#include <string_view>

struct sockaddr;

namespace weir::fetch {

// False for what the IANA special-purpose registries (RFC 6890 and its successors) do not mark as
// globally reachable: private, shared (CGNAT), loopback, link-local (cloud metadata among them),
// multicast, documentation, benchmarking, reserved, unspecified. IPv6 forms that embed an IPv4
// address (mapped, compatible, translated, NAT64, 6to4) are judged by it as well; Teredo and site-
// local never pass, nor any family but IPv4 and IPv6.
bool is_public(const sockaddr& address) noexcept;
// False too for text that is not a numeric address.
bool is_public(const std::string& numeric) noexcept;

bool is_numeric_address(const std::string& text) noexcept;

}  // namespace weir::fetch
