#include "concurrency/post_box.h"

#include <unistd.h>

#include <cstdint>
#include <utility>

#include "concurrency/event_fd.h"

namespace weir::concurrency {

PostBox::PostBox() : event_(make_event_fd()) {}

bool PostBox::post(Callback callback) {
  const MutexLock lock(mutex_);
  if (closed_) return false;
  callbacks_.push_back(std::move(callback));
  // Under the lock: close() cannot come in between.
  if (asleep_ && !std::exchange(told_, true)) notify(event_.get());
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
