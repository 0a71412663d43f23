#include "fetch/host_pins.h"

namespace weir::fetch {

CurlList HostPins::pin(const std::string& host_port, const std::vector<std::string>& addresses) {
  std::string joined;
  for (const auto& address : addresses) {
    if (!joined.empty()) joined += ',';
    joined += address.find(':') == std::string::npos ? address : '[' + address + ']';
  }
  CurlList lines;
  if (idle_ > idle_limit_) {
    for (auto it = pins_.begin(); it != pins_.end();) {
      if (it->second.users > 0 || it->first == host_port) {
        ++it;
        continue;
      }
      lines.add('-' + it->first);
      it = pins_.erase(it);
      --idle_;
    }
  }
  const auto [it, fresh] = pins_.try_emplace(host_port);
  if (!fresh && it->second.users == 0) --idle_;
  ++it->second.users;
  if (it->second.addresses != joined) {
    lines.add(host_port + ':' + joined);
    it->second.addresses = std::move(joined);
  }
  return lines;
}

void HostPins::release(const std::string& host_port) noexcept {
  const auto it = pins_.find(host_port);
  if (it != pins_.end() && --it->second.users == 0) ++idle_;
}

}  // namespace weir::fetch
