// Waiting for descriptors, without a loop.
//
//   const int fds[] = {channel.fd(), child.sentinel()};
//   for (std::size_t ready : wait_any(fds, after(5s))) ...
//
// Signals neither end nor prolong a wait. Both throw std::system_error. Thread-safe.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "concurrency/deadline.h"

namespace weir::concurrency {

// Blocks until a descriptor (of channels, listeners, process sentinels, sockets) has something to
// read or is at its end; the indices of all such, none if the deadline passed.
std::vector<std::size_t> wait_any(std::span<const int> fds, Deadline deadline = kNever);

// Blocks until one of the `events` of poll(2), an error or the end; false if the deadline passed.
bool wait_fd(int fd, short events, Deadline deadline);

}  // namespace weir::concurrency
