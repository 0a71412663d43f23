// poll(2), and the spinning poller, which is poll(2) asked without end.
#include <poll.h>

#include <cerrno>

#include "concurrency/poller_kinds.h"
#include "concurrency/throw_errno.h"

namespace weir::concurrency {
namespace {

class PollPoller final : public Poller {
 public:
  explicit PollPoller(bool spin) : spin_(spin) {}

 private:
  void changed(int, unsigned, unsigned) override { stale_ = true; }

  void do_wait(TimePoint deadline, std::vector<Ready>& ready) override {
    if (stale_) rebuild();
    for (;;) {
      const int count = ::poll(fds_.data(), fds_.size(), spin_ ? 0 : timeout_ms(deadline));
      if (count < 0 && errno != EINTR) throw_errno("poll");
      if (count > 0 && collect(ready)) return;
      if (count <= 0 && deadline != kNever && std::chrono::steady_clock::now() >= deadline) return;
    }
  }

  void rebuild() {
    fds_.clear();
    for (int fd : registered()) {
      const unsigned wanted = interest(fd);
      const int events = (wanted & kRead ? POLLIN : 0) | (wanted & kWrite ? POLLOUT : 0);
      fds_.push_back({fd, static_cast<short>(events), 0});
    }
    stale_ = false;
  }

  bool collect(std::vector<Ready>& ready) {
    for (pollfd& one : fds_) {
      if (one.revents == 0) continue;
      if (one.revents & POLLNVAL) {  // closed without being removed: poll ignores negative numbers
        one.fd = -1 - one.fd;
        continue;
      }
      unsigned events = (one.revents & POLLIN ? kRead : 0) | (one.revents & POLLOUT ? kWrite : 0);
      if (one.revents & (POLLERR | POLLHUP)) events = interest(one.fd) | kError;
      ready.push_back({one.fd, events});
    }
    return !ready.empty();
  }

  const bool spin_;
  bool stale_ = false;
  std::vector<pollfd> fds_;
};

}  // namespace

std::unique_ptr<Poller> make_poll_poller() { return std::make_unique<PollPoller>(false); }
std::unique_ptr<Poller> make_spin_poller() { return std::make_unique<PollPoller>(true); }

}  // namespace weir::concurrency
