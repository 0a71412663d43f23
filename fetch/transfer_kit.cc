#include "fetch/transfer_kit.h"

#include <stdexcept>

namespace weir::fetch {
namespace {

ProxyKind kind_of(const std::string& proxy) {
  if (proxy.empty()) return ProxyKind::kNone;
  const auto scheme = proxy.substr(0, proxy.find("://"));
  if (scheme == "socks4" || scheme == "socks5") return ProxyKind::kNamesHere;
  return ProxyKind::kNamesThere;
}

}  // namespace

TransferKit::TransferKit(const FetcherParts& given)
    : parts(given), proxy(kind_of(given.settings.proxy)) {
  start_curl();
  if (parts.names == nullptr) throw std::invalid_argument("a fetcher needs Names");
  if (!parts.settings.insecure) authorities = std::make_unique<CaStore>(parts.settings.ca_file);
}

}  // namespace weir::fetch
