// TCP on loopback for servers beside the crawler (the test site, the examples, the tests): sockets
// are close-on-exec from birth and, but where said, non-blocking.
//
//   UniqueFd listener = listen_loopback(0);
//   int port = local_port(listener.get());
//   if (UniqueFd client = accept_one(listener.get())) ...
//
// Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "concurrency/unique_fd.h"

namespace weir::concurrency {

// Whether a call may wait.
enum class Blocking { kNo, kYes };

// 127.0.0.1, SO_REUSEADDR; port 0 picks a free one. Throws std::system_error.
UniqueFd listen_loopback(std::uint16_t port = 0, int backlog = 1024, Blocking = Blocking::kNo);
std::uint16_t local_port(int fd);

// The next connection; none if there is none now (or it was reset before it was accepted). Throws
// std::system_error for what an operator must know (no descriptors left).
UniqueFd accept_one(int listener, Blocking = Blocking::kNo);

// Blocks until connected; the socket is as asked for. Throws std::system_error.
UniqueFd connect_loopback(std::uint16_t port, Blocking = Blocking::kNo);

enum class IoStatus { kOk, kWouldBlock, kClosed };  // closed: end of file, reset, broken pipe
struct IoResult {
  IoStatus status;
  std::size_t bytes = 0;
};
IoResult receive(int fd, std::span<char> into);
IoResult send_some(int fd, std::string_view data);  // may be a part of it; never SIGPIPE

}  // namespace weir::concurrency
