#include "concurrency/channel.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>

#include "concurrency/throw_errno.h"

namespace weir::concurrency {
namespace {

using Length = std::uint32_t;  // before each message; both sides are of one machine

struct Address {
  sockaddr_un name{};
  socklen_t size = 0;

  explicit Address(const std::string& path) {
    name.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof name.sun_path)
      throw std::invalid_argument("not a socket's path: " + path);
    std::memcpy(name.sun_path, path.data(), path.size());
    size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    if (path[0] == '@') {
      name.sun_path[0] = '\0';
    } else {
      ++size;
    }
  }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&name); }
};

UniqueFd make_socket() {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) throw_errno("socket");
  return fd;
}

bool connect_to(int fd, const Address& address) {
  int result;
  do {
    result = ::connect(fd, address.get(), address.size);
  } while (result != 0 && errno == EINTR);
  return result == 0;
}

}  // namespace

Channel::Channel(UniqueFd fd, std::size_t most_bytes)
    : fd_(std::move(fd)), most_bytes_(most_bytes) {
  if (!fd_) throw std::invalid_argument("a channel needs a socket");
}

std::pair<Channel, Channel> Channel::pair() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) throw_errno("socketpair");
  UniqueFd one(fds[0]), two(fds[1]);
  return {Channel(std::move(one)), Channel(std::move(two))};
}

Channel Channel::connect(const std::string& path) {
  UniqueFd fd = make_socket();
  if (!connect_to(fd.get(), Address(path))) throw_errno("connect to " + path);
  return Channel(std::move(fd));
}

void Channel::check_open() const {
  if (!fd_) throw std::logic_error("the channel is closed");
}

bool Channel::send(std::string_view bytes, Deadline deadline, int fd) {
  check_open();
  if (bytes.size() > most_bytes_) throw std::length_error("a message is too long");
  const Length length = static_cast<Length>(bytes.size());
  const std::string_view head(reinterpret_cast<const char*>(&length), sizeof length);
  if (write(head, deadline, fd) == Moved::kAll && write(bytes, deadline, -1) == Moved::kAll)
    return true;
  close();
  return false;
}

Channel::Moved Channel::write(std::string_view bytes, Deadline deadline, int fd) {
  while (!bytes.empty()) {
    iovec part{.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    if (fd >= 0) {
      message.msg_control = control;
      message.msg_controllen = sizeof control;
      cmsghdr* header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(sizeof(int));
      std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
    }
    const ssize_t sent = ::sendmsg(fd_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
      fd = -1;  // it went with the first byte
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!wait_fd(fd_.get(), POLLOUT, deadline)) return Moved::kTimeout;
    } else if (errno == EBADF) {
      throw_errno("a descriptor to send");
    } else if (errno != EINTR) {
      return Moved::kEnd;
    }
  }
  return Moved::kAll;
}

Received Channel::receive(Deadline deadline) {
  check_open();
  Received received;
  Length length = 0;
  std::size_t got = 0;
  Moved moved = read(reinterpret_cast<char*>(&length), sizeof length, deadline, &received.fd, &got);
  if (moved == Moved::kAll && length <= most_bytes_) {
    received.bytes.resize(length);
    got = sizeof length;
    moved = read(received.bytes.data(), length, deadline, &received.fd, &got);
    if (moved == Moved::kAll) {
      received.status = Receipt::kMessage;
      return received;
    }
  }
  received = Received{};
  if (got == 0) {
    received.status = moved == Moved::kTimeout ? Receipt::kTimeout : Receipt::kEnd;
    return received;
  }
  // A part of a message was taken, or its length is a lie: what follows would be misread.
  close();
  received.status = moved == Moved::kTimeout ? Receipt::kTimeout : Receipt::kCorrupt;
  return received;
}

Channel::Moved Channel::read(char* to, std::size_t size, Deadline deadline, UniqueFd* fd,
                             std::size_t* got) {
  while (size > 0) {
    iovec part{.iov_base = to, .iov_len = size};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t read = ::recvmsg(fd_.get(), &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (read < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) return Moved::kEnd;
      if (!wait_fd(fd_.get(), POLLIN, deadline)) return Moved::kTimeout;
      continue;
    }
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
      if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
      // A hostile peer passes several at a time; each is ours to close.
      for (std::size_t at = 0; CMSG_LEN(at + sizeof(int)) <= header->cmsg_len; at += sizeof(int)) {
        int passed;
        std::memcpy(&passed, CMSG_DATA(header) + at, sizeof passed);
        fd->reset(passed);
      }
    }
    if (read == 0) return Moved::kEnd;
    to += read;
    size -= static_cast<std::size_t>(read);
    *got += static_cast<std::size_t>(read);
  }
  return Moved::kAll;
}

bool Channel::poll(Deadline deadline) {
  check_open();
  return wait_fd(fd_.get(), POLLIN, deadline);
}

Listener::Listener(const std::string& path) : fd_(make_socket()), path_(path) {
  const Address address(path);
  ::fchmod(fd_.get(), 0600);  // the path gets the socket's mode
  if (::bind(fd_.get(), address.get(), address.size) != 0) {
    const int error = errno;
    // Refused means that nobody listens there any more.
    const UniqueFd probe = make_socket();
    const bool stale = error == EADDRINUSE && path[0] != '@' && !connect_to(probe.get(), address) &&
                       errno == ECONNREFUSED;
    errno = error;
    if (!stale || ::unlink(path.c_str()) != 0 ||
        ::bind(fd_.get(), address.get(), address.size) != 0)
      throw_errno("listen at " + path);
  }
  if (::listen(fd_.get(), 64) != 0) throw_errno("listen at " + path);
  ::fcntl(fd_.get(), F_SETFL, O_NONBLOCK);
}

std::optional<Channel> Listener::accept(Deadline deadline) {
  for (;;) {
    if (!fd_) throw std::logic_error("the listener is closed");
    UniqueFd fd(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (fd) return Channel(std::move(fd));
    if (errno == EINTR || errno == ECONNABORTED) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) throw_errno("accept at " + path_);
    if (!wait_fd(fd_.get(), POLLIN, deadline)) return std::nullopt;
  }
}

void Listener::close() noexcept {
  if (!fd_) return;
  fd_.reset();
  if (path_[0] != '@') ::unlink(path_.c_str());
}

}  // namespace weir::concurrency
