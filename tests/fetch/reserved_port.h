// A port of loopback that nobody else is given: connections are refused there, unless a server that
// was told the number listens (with SO_REUSEADDR, as servers do).
//
//   const ReservedPort port;
//   RealServer proxy({"microsocks", "-p", std::to_string(port.number())}, port.number());
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>

#include "concurrency/tcp.h"
#include "concurrency/throw_errno.h"
#include "concurrency/unique_fd.h"

namespace weir::fetch {

class ReservedPort {
 public:
  ReservedPort() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int on = 1;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (setsockopt(fd_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
      concurrency::throw_errno("a port");
    }
  }

  std::uint16_t number() const { return concurrency::local_port(fd_.get()); }

 private:
  concurrency::UniqueFd fd_;  // bound, and never listens
};

}  // namespace weir::fetch
