#include "concurrency/fd_watch.h"

#include <stdexcept>
#include <string>
#include <utility>

#include "concurrency/fd_table.h"

namespace weir::concurrency {

void EventLoop::FdEntry::update() {
  const unsigned wanted = (watch != nullptr ? watch->interest_ : 0) |
                          (readers.empty() ? 0 : Poller::kRead) |
                          (writers.empty() ? 0 : Poller::kWrite);
  if (wanted == registered) return;
  if (registered == 0) {
    loop.poller_->add(fd, wanted);
    ++loop.fd_interests_;
  } else if (wanted != 0) {
    loop.poller_->modify(fd, wanted);
  } else {
    loop.poller_->remove(fd);
    --loop.fd_interests_;
  }
  registered = wanted;
}

void EventLoop::FdEntry::update_quietly() noexcept {
  try {
    update();
  } catch (...) {  // closed under us: nobody will hear of it again
    if (registered != 0) {
      loop.poller_->remove(fd);
      --loop.fd_interests_;
      registered = 0;
    }
  }
}

void EventLoop::FdEntry::dispatch(unsigned events, std::uint64_t pass) {
  if (events & Poller::kRead) readers.wake_all();
  if (events & Poller::kWrite) writers.wake_all();
  // A watch that came in this pass has a new file behind an old number: the event is not its own.
  if (watch == nullptr || watched_since == pass) return;
  if (const unsigned wanted = events & (watch->interest_ | Poller::kError);
      watch->interest_ != 0 && wanted != 0) {
    const auto callback = watch->callback_;
    (*callback)(wanted);
  }
}

EventLoop::FdEntry& EventLoop::entry(int fd) {
  auto& place = fds_[fd];
  if (!place) place = std::make_unique<FdEntry>(*this, fd);
  return *place;
}

Park EventLoop::wait_fd(int fd, unsigned interest, TimePoint deadline) {
  FdEntry& known = entry(fd);
  return Park(interest == Poller::kRead ? known.readers : known.writers, false, deadline);
}

FdWatch::FdWatch(EventLoop& loop, int fd, unsigned interest, Callback callback)
    : loop_(loop), fd_(fd), callback_(std::make_shared<const Callback>(std::move(callback))) {
  auto& entry = loop_.entry(fd);
  if (entry.watch != nullptr)
    throw std::invalid_argument("descriptor " + std::to_string(fd) + " is watched already");
  entry.watch = this;
  entry.watched_since = loop_.pass_;
  interest_ = interest;
  try {
    entry.update();
  } catch (...) {
    entry.watch = nullptr;
    throw;
  }
}

FdWatch::~FdWatch() {
  auto& entry = loop_.entry(fd_);
  entry.watch = nullptr;
  entry.update_quietly();
}

void FdWatch::set(unsigned interest) {
  const unsigned before = std::exchange(interest_, interest);
  try {
    loop_.entry(fd_).update();
  } catch (...) {
    interest_ = before;
    throw;
  }
}

}  // namespace weir::concurrency
