#include "concurrency/poller.h"

#include <fcntl.h>

#include <cerrno>
#include <stdexcept>
#include <string>

#include "concurrency/poller_kinds.h"
#include "concurrency/throw_errno.h"

namespace weir::concurrency {

std::string_view to_string(PollerKind kind) {
  switch (kind) {
    case PollerKind::kSpin:
      return "spin";
    case PollerKind::kSelect:
      return "select";
    case PollerKind::kPoll:
      return "poll";
    case PollerKind::kEpoll:
      return "epoll";
    case PollerKind::kUring:
      return "uring";
  }
  return "?";
}

std::unique_ptr<Poller> make_poller(PollerKind kind) {
  switch (kind) {
    case PollerKind::kSpin:
      return make_spin_poller();
    case PollerKind::kSelect:
      return make_select_poller();
    case PollerKind::kPoll:
      return make_poll_poller();
    case PollerKind::kEpoll:
      return make_epoll_poller();
    case PollerKind::kUring:
      return make_uring_poller();
  }
  throw std::invalid_argument("unknown kind of poller");
}

void Poller::require_open() const {
  if (closed_) throw std::logic_error("the poller is closed");
}

void Poller::require_interest(unsigned interest) {
  if (interest == 0 || (interest & ~(kRead | kWrite)) != 0)
    throw std::invalid_argument("a poller's interest is reading, writing or both");
}

unsigned Poller::interest(int fd) const noexcept {
  const auto index = static_cast<std::size_t>(fd);
  return fd >= 0 && index < slots_.size() ? slots_[index].interest : 0;
}

void Poller::add(int fd, unsigned interest) {
  require_open();
  require_interest(interest);
  if (fd < 0) throw std::invalid_argument("negative descriptor");
  if (this->interest(fd) != 0)
    throw std::invalid_argument("descriptor " + std::to_string(fd) + " was added already");
  if (::fcntl(fd, F_GETFD) < 0) throw_errno("descriptor " + std::to_string(fd));
  changed(fd, 0, interest);
  if (slots_.size() <= static_cast<std::size_t>(fd))
    slots_.resize(static_cast<std::size_t>(fd) + 1);
  slots_[static_cast<std::size_t>(fd)] = {interest, static_cast<unsigned>(registered_.size())};
  registered_.push_back(fd);
}

void Poller::modify(int fd, unsigned interest) {
  require_open();
  require_interest(interest);
  const unsigned before = this->interest(fd);
  if (before == 0) throw std::invalid_argument("descriptor " + std::to_string(fd) + " is unknown");
  if (before == interest) return;
  changed(fd, before, interest);
  slots_[static_cast<std::size_t>(fd)].interest = interest;
}

void Poller::remove(int fd) {
  require_open();
  const unsigned before = interest(fd);
  if (before == 0) throw std::invalid_argument("descriptor " + std::to_string(fd) + " is unknown");
  changed(fd, before, 0);
  const unsigned place = slots_[static_cast<std::size_t>(fd)].place;
  slots_[static_cast<std::size_t>(fd)].interest = 0;
  const int last = registered_.back();
  registered_[place] = last;
  slots_[static_cast<std::size_t>(last)].place = place;
  registered_.pop_back();
}

void Poller::wait(TimePoint deadline, std::vector<Ready>& ready) {
  require_open();
  ready.clear();
  do_wait(deadline, ready);
}

void Poller::close() noexcept {
  if (closed_) return;
  closed_ = true;
  registered_.clear();
  slots_.clear();
  do_close();
}

int timeout_ms(TimePoint deadline) {
  if (deadline == kNever) return -1;
  const TimePoint now = std::chrono::steady_clock::now();
  if (deadline <= now) return 0;
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(deadline - now).count();
  return ms > 1'000'000'000 ? 1'000'000'000 : static_cast<int>(ms);
}

}  // namespace weir::concurrency
