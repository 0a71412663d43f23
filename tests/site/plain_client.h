// Asks a server on loopback in the plainest way: one connection, one request, bytes to the end.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir::site {

class PlainClient {
 public:
  explicit PlainClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval limit{.tv_sec = 30, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    (void)!::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address);
  }
  ~PlainClient() { ::close(fd_); }
  PlainClient(const PlainClient&) = delete;
  PlainClient& operator=(const PlainClient&) = delete;

  bool was_reset() const { return reset_; }

  void send(std::string_view bytes) { ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }

  // Up to `most` bytes, or to the end of the connection.
  std::string read(std::size_t most = SIZE_MAX) {
    std::string all;
    char piece[65536];
    while (all.size() < most) {
      const ssize_t count = ::recv(fd_, piece, std::min(sizeof piece, most - all.size()), 0);
      if (count <= 0) {
        reset_ = count < 0 && errno == ECONNRESET;
        break;
      }
      all.append(piece, static_cast<std::size_t>(count));
    }
    return all;
  }

  // A reply with Content-Length, on a connection that stays open: its head and body.
  std::string read_reply() {
    std::string reply;
    while (reply.find("\r\n\r\n") == std::string::npos) {
      const std::string byte = read(1);
      if (byte.empty()) return reply;
      reply += byte;
    }
    const auto at = reply.find("Content-Length: ");
    return at == std::string::npos ? reply : reply + read(std::stoul(reply.substr(at + 16)));
  }

 private:
  int fd_;
  bool reset_ = false;
};

inline std::string get(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
}

}  // namespace weir::site
