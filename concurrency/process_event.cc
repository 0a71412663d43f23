#include "concurrency/process_event.h"

#include <unistd.h>

#include <algorithm>
#include <stdexcept>

#include "concurrency/mutex.h"
#include "concurrency/process_futex.h"

namespace weir::concurrency {
void ProcessEvent::set() noexcept {
  word_ = 1;
  wake_sleepers(word_);
}

bool ProcessEvent::wait(Deadline deadline) noexcept {
  while (!is_set() && Clock::now() < deadline) sleep_while(word_, 0, deadline);
  return is_set();
}

bool ProcessSemaphore::try_acquire() noexcept {
  std::uint32_t permits = permits_;
  while (permits > 0)
    if (permits_.compare_exchange_weak(permits, permits - 1)) return true;
  return false;
}

bool ProcessSemaphore::acquire(Deadline deadline) noexcept {
  for (;;) {
    if (try_acquire()) return true;
    if (Clock::now() >= deadline) return false;
    sleep_while(permits_, 0, deadline);
  }
}

void ProcessSemaphore::release(std::uint32_t permits) noexcept {
  permits_ += permits;
  wake_sleepers(permits_, permits);
}

LeasedSemaphore::LeasedSemaphore(std::uint32_t permits) : permits_(permits) {
  if (permits > kMost) throw std::invalid_argument("too many permits for a leased semaphore");
}

bool LeasedSemaphore::try_acquire() noexcept {
  for (std::uint32_t i = 0; i < permits_; ++i) {
    std::int32_t nobody = 0;
    if (holders_[i].compare_exchange_strong(nobody, ::getpid())) return true;
  }
  return false;
}

bool LeasedSemaphore::acquire(Deadline deadline) noexcept {
  for (;;) {
    const std::uint32_t seen = changes_;
    if (try_acquire()) return true;
    if (reclaim() > 0) continue;
    const Deadline now = Clock::now();
    if (now >= deadline) return false;
    sleep_while(changes_, seen, std::min(deadline, now + kReclaimInterval));
  }
}

void LeasedSemaphore::release() {
  for (std::uint32_t i = 0; i < permits_; ++i) {
    std::int32_t mine = ::getpid();
    if (!holders_[i].compare_exchange_strong(mine, 0)) continue;
    ++changes_;
    wake_sleepers(changes_, 1);
    return;
  }
  throw LockMisuse("leased semaphore: this process holds no permit");
}

std::uint32_t LeasedSemaphore::reclaim() noexcept {
  std::uint32_t back = 0;
  for (std::uint32_t i = 0; i < permits_; ++i) {
    std::int32_t holder = holders_[i];
    if (holder != 0 && process_gone(holder) && holders_[i].compare_exchange_strong(holder, 0))
      ++back;
  }
  if (back > 0) {
    ++changes_;
    wake_sleepers(changes_, back);
  }
  return back;
}

std::uint32_t LeasedSemaphore::held() const noexcept {
  return static_cast<std::uint32_t>(
      std::count_if(holders_, holders_ + permits_, [](const auto& holder) { return holder != 0; }));
}

}  // namespace weir::concurrency
