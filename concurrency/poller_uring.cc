// Readiness by io_uring: one poll request for each descriptor, asked again after it has answered,
// which makes it level-triggered. The requests of one wait travel in one system call.
#include <fcntl.h>
#include <liburing.h>
#include <poll.h>
#include <sanitizer/asan_interface.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <system_error>

#include "concurrency/poller_kinds.h"

namespace weir::concurrency {
namespace {

constexpr unsigned kEntries = 256;
constexpr std::uint64_t kNoAnswer = UINT64_MAX;  // tags cancellations

class UringPoller final : public Poller {
 public:
  UringPoller() {
    const int error = -::io_uring_queue_init(kEntries, &ring_, 0);
    if (error != 0)
      throw std::system_error(error, std::system_category(),
                              "the kernel refuses io_uring (see kernel.io_uring_disabled and the "
                              "container's seccomp profile); use epoll");
    ::fcntl(ring_.ring_fd, F_SETFD, FD_CLOEXEC);
    // liburing maps by bare system calls, which AddressSanitizer does not see: what it remembers of
    // an earlier stack at this address would count against the ring. Nothing without it.
    ASAN_UNPOISON_MEMORY_REGION(ring_.sq.ring_ptr, ring_.sq.ring_sz);
    ASAN_UNPOISON_MEMORY_REGION(ring_.cq.ring_ptr, ring_.cq.ring_sz);
    ASAN_UNPOISON_MEMORY_REGION(ring_.sq.sqes, ring_.sq.ring_entries * sizeof(io_uring_sqe));
  }
  ~UringPoller() override { close(); }
  int native_handle() const noexcept override { return ring_.ring_fd; }

 private:
  struct Request {
    std::uint32_t generation = 0;  // of the request under way; older answers are dropped
    bool armed = false;
  };

  void changed(int fd, unsigned before, unsigned now) override {
    if (requests_.size() <= static_cast<std::size_t>(fd))
      requests_.resize(static_cast<std::size_t>(fd) + 1);
    Request& request = requests_[static_cast<std::size_t>(fd)];
    if (before != 0 && request.armed) {
      io_uring_sqe* entry = next_entry();
      ::io_uring_prep_poll_remove(entry, tag(fd, request.generation));
      entry->user_data = kNoAnswer;
      // At once: the request holds the file open, and the caller may be about to close it.
      ::io_uring_submit(&ring_);
    }
    request.armed = false;
    ++request.generation;
    if (now != 0) idle_.push_back(fd);
  }

  void do_wait(TimePoint deadline, std::vector<Ready>& ready) override {
    for (int fd : idle_) arm(fd);
    idle_.clear();
    for (;;) {
      const int result = submit_and_wait(deadline);
      if (result < 0 && result != -EINTR && result != -ETIME && result != -EAGAIN)
        throw std::system_error(-result, std::system_category(), "io_uring_enter");
      collect(ready);
      if (!ready.empty()) return;
      if (deadline != kNever && std::chrono::steady_clock::now() >= deadline) return;
    }
  }

  int submit_and_wait(TimePoint deadline) {
    io_uring_cqe* answer = nullptr;
    if (deadline == kNever) return ::io_uring_submit_and_wait(&ring_, 1);
    const TimePoint now = std::chrono::steady_clock::now();
    if (deadline <= now) return ::io_uring_submit_and_get_events(&ring_);
    const Nanoseconds left = deadline - now;
    __kernel_timespec limit{};
    limit.tv_sec = std::chrono::duration_cast<std::chrono::seconds>(left).count();
    limit.tv_nsec = (left % std::chrono::seconds(1)).count();
    return ::io_uring_submit_and_wait_timeout(&ring_, &answer, 1, &limit, nullptr);
  }

  void arm(int fd) {
    Request& request = requests_[static_cast<std::size_t>(fd)];
    const unsigned wanted = interest(fd);
    if (wanted == 0 || request.armed) return;
    io_uring_sqe* entry = next_entry();
    const unsigned mask = (wanted & kRead ? POLLIN : 0u) | (wanted & kWrite ? POLLOUT : 0u);
    ::io_uring_prep_poll_add(entry, fd, mask);
    entry->user_data = tag(fd, request.generation);
    request.armed = true;
  }

  void collect(std::vector<Ready>& ready) {
    io_uring_cqe* answer = nullptr;
    while (::io_uring_peek_cqe(&ring_, &answer) == 0) {
      const std::uint64_t data = answer->user_data;
      const int result = answer->res;
      ::io_uring_cqe_seen(&ring_, answer);
      const int fd = static_cast<int>(data >> 32);
      if (data == kNoAnswer || static_cast<std::uint32_t>(data) != generation(fd)) continue;
      requests_[static_cast<std::size_t>(fd)].armed = false;
      if (result == -EBADF) continue;  // closed without being removed: never asked again
      idle_.push_back(fd);
      unsigned events = 0;
      if (result >= 0) events = (result & POLLIN ? kRead : 0) | (result & POLLOUT ? kWrite : 0);
      if (result < 0 || (result & (POLLERR | POLLHUP)) != 0) events = interest(fd) | kError;
      ready.push_back({fd, events});
    }
  }

  io_uring_sqe* next_entry() {
    io_uring_sqe* entry = ::io_uring_get_sqe(&ring_);
    while (entry == nullptr) {  // the submission queue is full
      ::io_uring_submit(&ring_);
      entry = ::io_uring_get_sqe(&ring_);
    }
    return entry;
  }

  static std::uint64_t tag(int fd, std::uint32_t generation) {
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(fd)) << 32 | generation;
  }
  std::uint32_t generation(int fd) const {
    return requests_[static_cast<std::size_t>(fd)].generation;
  }

  void do_close() noexcept override {
    ::io_uring_queue_exit(&ring_);
    ring_.ring_fd = -1;
  }

  io_uring ring_{};
  std::vector<Request> requests_;  // by descriptor
  std::vector<int> idle_;          // to be asked for by the next wait; may name one twice
};

}  // namespace

std::unique_ptr<Poller> make_uring_poller() { return std::make_unique<UringPoller>(); }

}  // namespace weir::concurrency
