// What the texts among the settings may say.
//
// Thread-compatible.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace weir::config {

bool is_printable(const std::string& text);  // no control characters
bool is_filled(const std::string& text);     // nor empty

// These take the empty text for "off".
bool is_proxy(const std::string& text);    // http://..., socks5h://...
bool is_auth(const std::string& text);     // basic USER:PASSWORD, digest ..., bearer TOKEN
bool is_address(const std::string& text);  // HOST:PORT

bool is_resolve(const std::string& text);  // HOST:ADDRESS, the address numeric

// NAME=SELECTOR.
std::optional<std::pair<std::string, std::string>> split_extract(std::string_view line);

}  // namespace weir::config
