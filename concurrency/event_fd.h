// A descriptor that is readable once somebody has notified it, from any thread, process or
// signal handler: eventfd(2).
//
//   UniqueFd bell = make_event_fd();
//   notify(bell.get());                // whoever polls it wakes
//
// Thread-safe.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "concurrency/throw_errno.h"
#include "concurrency/unique_fd.h"

namespace weir::concurrency {

// Without EFD_NONBLOCK a read waits until it is notified. Throws std::system_error.
inline UniqueFd make_event_fd(int flags = EFD_NONBLOCK) {
  UniqueFd fd(::eventfd(0, EFD_CLOEXEC | flags));
  if (!fd) throw_errno("eventfd");
  return fd;
}

// Keeps errno. The write can only fail where the count is full, and then it is readable anyway.
inline void notify(int fd) noexcept {
  const int before = errno;
  const std::uint64_t one = 1;
  while (::write(fd, &one, sizeof one) < 0 && errno == EINTR) {
  }
  errno = before;
}

}  // namespace weir::concurrency
