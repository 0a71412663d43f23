#include "concurrency/wait_fds.h"

#include <poll.h>

#include <cerrno>
#include <chrono>

#include "concurrency/throw_errno.h"

namespace weir::concurrency {
namespace {

timespec time_left(Deadline deadline) {
  const Deadline now = Clock::now();
  if (deadline <= now) return {};
  const auto left = deadline - now;
  timespec limit{};
  limit.tv_sec = std::chrono::duration_cast<std::chrono::seconds>(left).count();
  limit.tv_nsec = (left % std::chrono::seconds(1)).count();
  return limit;
}

// The number of descriptors that are ready; 0 once the deadline has passed.
int poll_until(std::span<pollfd> polls, Deadline deadline) {
  for (;;) {
    const timespec limit = time_left(deadline);
    const int ready =
        ::ppoll(polls.data(), polls.size(), deadline == kNever ? nullptr : &limit, nullptr);
    if (ready >= 0) return ready;
    if (errno != EINTR) throw_errno("ppoll");
  }
}

}  // namespace

std::vector<std::size_t> wait_any(std::span<const int> fds, Deadline deadline) {
  std::vector<pollfd> polls;
  for (int fd : fds) polls.push_back({.fd = fd, .events = POLLIN, .revents = 0});
  std::vector<std::size_t> result;
  if (poll_until(polls, deadline) == 0) return result;
  for (std::size_t i = 0; i < polls.size(); ++i)
    if (polls[i].revents != 0) result.push_back(i);
  return result;
}

bool wait_fd(int fd, short events, Deadline deadline) {
  pollfd poll{.fd = fd, .events = events, .revents = 0};
  return poll_until({&poll, 1}, deadline) > 0;
}

}  // namespace weir::concurrency
