// A TLS server in a process of its own: each reply ends its connection, so that every request is a
// handshake.
//
//   TlsServer server({.resume = false});
//   fetch(server.url(), server.certificate());    // PEM, to be trusted
//
// Thread-compatible.
#pragma once

#include <string>

#include "bench/apart.h"

namespace weir::bench {

struct TlsServerOptions {
  // Sessions are resumed, and but for the first two requests they have to be; or they never are.
  // What is otherwise is answered with 500.
  bool resume = false;
};

class TlsServer {
 public:
  explicit TlsServer(const TlsServerOptions& options);  // throws std::runtime_error
  const std::string& url() const { return url_; }
  const std::string& certificate() const { return certificate_; }

 private:
  Apart apart_;
  std::string url_, certificate_;
};

inline constexpr char kTlsRole[] = "bench-tls";
int tls_role(concurrency::RoleContext& role);

}  // namespace weir::bench
