#include <fcntl.h>
#include <sys/select.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <string>

#include "concurrency/poller_kinds.h"
#include "concurrency/throw_errno.h"

namespace weir::concurrency {
namespace {

class SelectPoller final : public Poller {
 public:
  SelectPoller() {
    FD_ZERO(&read_);
    FD_ZERO(&write_);
  }

 private:
  void changed(int fd, unsigned, unsigned now) override {
    if (fd >= FD_SETSIZE)  // an fd_set has no room for it: setting its bit would corrupt memory
      throw std::invalid_argument("select cannot watch descriptor " + std::to_string(fd) +
                                  ": its limit is " + std::to_string(FD_SETSIZE - 1));
    now& kRead ? FD_SET(fd, &read_) : FD_CLR(fd, &read_);
    now& kWrite ? FD_SET(fd, &write_) : FD_CLR(fd, &write_);
  }

  void do_wait(TimePoint deadline, std::vector<Ready>& ready) override {
    for (;;) {
      fd_set read = read_, write = write_;
      int highest = -1;
      for (int fd : registered()) highest = std::max(highest, fd);
      timeval limit{};
      if (const int ms = timeout_ms(deadline); ms > 0)
        limit = {ms / 1000, static_cast<suseconds_t>(ms % 1000) * 1000};
      const int count =
          ::select(highest + 1, &read, &write, nullptr, deadline == kNever ? nullptr : &limit);
      if (count < 0 && errno == EBADF) {
        drop_closed();
        continue;
      }
      if (count < 0 && errno != EINTR) throw_errno("select");
      if (count > 0) {
        for (int fd : registered()) {
          const unsigned events =
              (FD_ISSET(fd, &read) ? kRead : 0) | (FD_ISSET(fd, &write) ? kWrite : 0);
          if (events != 0) ready.push_back({fd, events});
        }
        return;
      }
      if (deadline != kNever && std::chrono::steady_clock::now() >= deadline) return;
    }
  }

  // One descriptor closed without being removed makes the whole call fail.
  void drop_closed() {
    for (int fd : registered()) {
      if (::fcntl(fd, F_GETFD) >= 0) continue;
      FD_CLR(fd, &read_);
      FD_CLR(fd, &write_);
    }
  }

  fd_set read_, write_;
};

}  // namespace

std::unique_ptr<Poller> make_select_poller() { return std::make_unique<SelectPoller>(); }

}  // namespace weir::concurrency
