#include "concurrency/tcp.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>

#include "concurrency/throw_errno.h"

namespace weir::concurrency {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int flag(Blocking blocking) { return blocking == Blocking::kNo ? SOCK_NONBLOCK : 0; }

IoResult result_of(ssize_t count, bool empty_means_closed) {
  if (count > 0 || (count == 0 && !empty_means_closed))
    return {IoStatus::kOk, static_cast<std::size_t>(count)};
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return {IoStatus::kWouldBlock};
  return {IoStatus::kClosed};
}

}  // namespace

UniqueFd listen_loopback(std::uint16_t port, int backlog, Blocking blocking) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flag(blocking), 0));
  if (!fd) throw_errno("socket");
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in address = loopback(port);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0)
    throw_errno("bind");
  if (::listen(fd.get(), backlog) < 0) throw_errno("listen");
  return fd;
}

std::uint16_t local_port(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) < 0)
    throw_errno("getsockname");
  return ntohs(address.sin_port);
}

UniqueFd accept_one(int listener, Blocking blocking) {
  UniqueFd fd;
  do {
    fd.reset(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | flag(blocking)));
  } while (!fd && errno == EINTR);
  if (!fd && errno != EAGAIN && errno != EWOULDBLOCK && errno != ECONNABORTED)
    throw_errno("accept4");
  const int on = 1;
  if (fd) ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

UniqueFd connect_loopback(std::uint16_t port, Blocking blocking) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) throw_errno("socket");
  const sockaddr_in address = loopback(port);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0)
    throw_errno("connect");
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (blocking == Blocking::kNo && ::fcntl(fd.get(), F_SETFL, O_NONBLOCK) < 0) throw_errno("fcntl");
  return fd;
}

IoResult receive(int fd, std::span<char> into) {
  ssize_t count;
  do {
    count = ::recv(fd, into.data(), into.size(), 0);
  } while (count < 0 && errno == EINTR);
  return result_of(count, true);
}

IoResult send_some(int fd, std::string_view data) {
  ssize_t count;
  do {
    count = ::send(fd, data.data(), data.size(), MSG_NOSIGNAL);
  } while (count < 0 && errno == EINTR);
  return result_of(count, false);
}

}  // namespace weir::concurrency
