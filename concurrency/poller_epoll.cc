#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <string>

#include "concurrency/poller_kinds.h"
#include "concurrency/throw_errno.h"
#include "concurrency/unique_fd.h"

namespace weir::concurrency {
namespace {

class EpollPoller final : public Poller {
 public:
  EpollPoller() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (!epoll_) throw_errno("epoll_create1");
  }
  int native_handle() const noexcept override { return epoll_.get(); }

 private:
  void changed(int fd, unsigned before, unsigned now) override {
    epoll_event event{};
    event.events = (now & kRead ? EPOLLIN : 0u) | (now & kWrite ? EPOLLOUT : 0u);
    event.data.fd = fd;
    if (now == 0) {  // a closed descriptor has left by itself
      ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, &event);
      return;
    }
    int result = ::epoll_ctl(epoll_.get(), before ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
    if (result < 0 && before != 0 && errno == ENOENT)  // closed, and its number given away again
      result = ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
    if (result < 0) throw_errno("epoll cannot watch descriptor " + std::to_string(fd));
  }

  void do_wait(TimePoint deadline, std::vector<Ready>& ready) override {
    std::array<epoll_event, 256> events;
    for (;;) {
      const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                     timeout_ms(deadline));
      if (count < 0 && errno != EINTR) throw_errno("epoll_wait");
      for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        unsigned bits =
            (event.events & EPOLLIN ? kRead : 0) | (event.events & EPOLLOUT ? kWrite : 0);
        if (event.events & (EPOLLERR | EPOLLHUP)) bits = interest(event.data.fd) | kError;
        ready.push_back({event.data.fd, bits});
      }
      if (count > 0) return;
      if (deadline != kNever && std::chrono::steady_clock::now() >= deadline) return;
    }
  }

  void do_close() noexcept override { epoll_.reset(); }

  UniqueFd epoll_;
};

}  // namespace

std::unique_ptr<Poller> make_epoll_poller() { return std::make_unique<EpollPoller>(); }

}  // namespace weir::concurrency
