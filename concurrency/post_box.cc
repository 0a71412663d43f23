#include "concurrency/post_box.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

namespace weir::concurrency {

PostBox::PostBox() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!event_) throw std::system_error(errno, std::system_category(), "eventfd");
}

bool PostBox::post(Callback callback) {
  const MutexLock lock(mutex_);
  if (closed_) return false;
  callbacks_.push_back(std::move(callback));
  if (asleep_ && !std::exchange(told_, true)) {  // under the lock: close() cannot come in between
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(event_.get(), &one, sizeof one);
  }
  return true;
}

std::vector<PostBox::Callback> PostBox::take() {
  std::vector<Callback> taken;
  const MutexLock lock(mutex_);
  if (std::exchange(told_, false)) {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(event_.get(), &count, sizeof count);
  }
  taken.swap(callbacks_);
  return taken;
}

bool PostBox::may_sleep() {
  const MutexLock lock(mutex_);
  asleep_ = callbacks_.empty();
  return asleep_;
}

void PostBox::woke() {
  const MutexLock lock(mutex_);
  asleep_ = false;
}

void PostBox::close() noexcept {
  std::vector<Callback> dropped;  // destroyed without the lock: a callback may own anything
  const MutexLock lock(mutex_);
  closed_ = true;
  dropped.swap(callbacks_);
}

}  // namespace weir::concurrency
