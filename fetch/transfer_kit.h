// What all transfers of one fetcher have in common. For fetch/*.cc only.
//
// Thread-safe after construction.
#pragma once

#include <memory>

#include "fetch/ca_store.h"
#include "fetch/curl_handles.h"
#include "fetch/make_fetcher.h"
#include "fetch/shares.h"

namespace weir::fetch {

enum class ProxyKind {
  kNone,
  kNamesHere,   // socks4, socks5: it is given addresses
  kNamesThere,  // http, https, socks4a, socks5h: it is given names, which cannot be checked
};

struct TransferKit {
  // Throws what make_fetcher throws.
  explicit TransferKit(const FetcherParts& given);

  FetcherParts parts;
  // Called instead of close(2) for every socket, if set before the first Transfer.
  curl_closesocket_callback close_socket = nullptr;
  void* close_socket_data = nullptr;
  int fd_limit = 0;  // sockets must be below it; 0: none
  ProxyKind proxy = ProxyKind::kNone;
  std::unique_ptr<CaStore> authorities;  // null with `insecure`
  Shares shares;
};

}  // namespace weir::fetch
