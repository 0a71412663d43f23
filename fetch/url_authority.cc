#include "fetch/url_authority.h"

#include <charconv>

#include "fetch/header_block.h"

namespace weir::fetch {

std::optional<Authority> split_authority(std::string_view url) {
  Authority at;
  const auto colon = url.find("://");
  if (colon == std::string_view::npos) return {};
  const auto scheme = url.substr(0, colon);
  at.https = same_name(scheme, "https");
  if (!at.https && !same_name(scheme, "http")) return {};
  at.port = at.https ? 443 : 80;

  auto rest = url.substr(colon + 3);
  rest = rest.substr(0, rest.find_first_of("/?#"));
  // What a curl of another mind could read as a second host never leaves a serialiser.
  if (rest.find_first_of("\\ \t\r\n") != std::string_view::npos) return {};
  if (const auto user = rest.rfind('@'); user != std::string_view::npos) {
    if (rest.find('@') != user) return {};
    rest.remove_prefix(user + 1);
  }
  std::string_view port;
  if (rest.starts_with('[')) {
    const auto end = rest.find(']');
    if (end == std::string_view::npos) return {};
    at.host = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
    if (!rest.empty() && rest[0] != ':') return {};
    port = rest.empty() ? rest : rest.substr(1);
  } else {
    const auto end = rest.find(':');
    at.host = rest.substr(0, end);
    if (end != std::string_view::npos) port = rest.substr(end + 1);
  }
  if (at.host.empty()) return {};
  if (!port.empty()) {
    unsigned value = 0;
    const auto [stop, error] = std::from_chars(port.data(), port.data() + port.size(), value);
    if (error != std::errc{} || stop != port.data() + port.size() || value > 65535) return {};
    at.port = static_cast<std::uint16_t>(value);
  }
  return at;
}

}  // namespace weir::fetch
