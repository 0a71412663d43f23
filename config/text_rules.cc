#include "config/text_rules.h"

#include <arpa/inet.h>

#include <algorithm>

#include "config/values.h"

namespace weir::config {

bool is_printable(const std::string& text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool is_filled(const std::string& text) { return !text.empty() && is_printable(text); }

bool is_proxy(const std::string& text) {
  if (text.empty()) return true;
  for (const std::string_view scheme :
       {"http://", "https://", "socks4://", "socks4a://", "socks5://", "socks5h://"}) {
    if (text.size() > scheme.size() && text.compare(0, scheme.size(), scheme) == 0) {
      return is_printable(text);
    }
  }
  return false;
}

bool is_auth(const std::string& text) {
  if (text.empty()) return true;
  const std::size_t space = text.find(' ');
  if (space == std::string::npos || space + 1 == text.size() || !is_printable(text)) return false;
  const std::string scheme = text.substr(0, space);
  if (scheme == "bearer") return true;
  return (scheme == "basic" || scheme == "digest") && text.find(':', space) != std::string::npos;
}

bool is_resolve(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == 0 || colon == std::string::npos || !is_printable(text)) return false;
  std::string address = text.substr(colon + 1);
  if (address.size() > 2 && address.front() == '[' && address.back() == ']') {
    address = address.substr(1, address.size() - 2);
  }
  unsigned char binary[sizeof(in6_addr)];
  return inet_pton(AF_INET, address.c_str(), binary) == 1 ||
         inet_pton(AF_INET6, address.c_str(), binary) == 1;
}

bool is_address(const std::string& text) {
  if (text.empty()) return true;
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || !is_printable(text)) return false;
  if (text.find('/') != std::string::npos) return false;
  const auto port = parse_count(std::string_view(text).substr(colon + 1));
  return port && *port <= 65535;
}

std::optional<std::pair<std::string, std::string>> split_extract(std::string_view line) {
  const std::size_t equals = line.find('=');
  if (equals == 0 || equals == std::string_view::npos || equals + 1 == line.size()) {
    return std::nullopt;
  }
  return std::pair(std::string(line.substr(0, equals)), std::string(line.substr(equals + 1)));
}

}  // namespace weir::config
