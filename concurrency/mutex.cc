#include "concurrency/mutex.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <ctime>
#include <string>
#include <utility>

#include "concurrency/recursive_mutex.h"
#include "concurrency/report.h"

namespace weir::concurrency {

namespace {

timespec to_timespec(Deadline deadline) noexcept {
  const auto since = std::max(deadline.time_since_epoch(), Deadline::duration::zero());
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
  return {.tv_sec = static_cast<time_t>(seconds.count()),
          .tv_nsec = static_cast<long>(std::chrono::nanoseconds(since - seconds).count())};
}

void pause_cpu() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Sleeps while the word holds `seen`. False if the deadline ended it.
bool futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t seen, Deadline deadline) noexcept {
  const timespec limit = to_timespec(deadline);
  const long rc = syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, seen,
                          deadline == kNever ? nullptr : &limit, nullptr, FUTEX_BITSET_MATCH_ANY);
  return !(rc == -1 && errno == ETIMEDOUT);
}

// A sleep and a wake cost microseconds on both sides, and what is waited for often comes sooner.
// The yields matter most: the other side gets to put or take several items before it has to wake
// anyone (300,000 items through a queue of 256: 2 threads 7500 to 130 ns an item, 8 threads 4900 to
// 200).
constexpr int kPauses = 20;
constexpr int kYields = 2;

template <typename Predicate>
bool spin_until(Predicate ready) noexcept {
  for (int i = 0; i < kPauses; ++i) {
    if (ready()) return true;
    pause_cpu();
  }
  for (int i = 0; i < kYields; ++i) {
    if (ready()) return true;
    sched_yield();
  }
  return ready();
}

}  // namespace

void Mutex::lock_contended() {
  constexpr int kTries = 100;
  for (int i = 0; i < kTries; ++i) {
    pause_cpu();
    if (!locked() && mutex_.try_lock()) return;
  }
  mutex_.lock();
}

Mutex::~Mutex() {
  if (!locked()) return;
  report(std::string("destroyed while held: ") + name_);
  if (held_by_me()) mutex_.unlock();  // another thread's hold cannot be undone
}

bool Mutex::try_lock_until(Deadline deadline) {
  chaos_point();
  if (held_by_me()) throw_relock();
#if defined(__SANITIZE_THREAD__)  // that of g++ 12 does not know pthread_mutex_clocklock
  while (!mutex_.try_lock()) {
    if (Clock::now() >= deadline) return false;
    sched_yield();
  }
#else
  if (!mutex_.try_lock()) {
    const timespec limit = to_timespec(deadline);
    if (pthread_mutex_clocklock(mutex_.native_handle(), CLOCK_MONOTONIC, &limit) != 0) return false;
  }
#endif
  own(this_thread_key());
  return true;
}

void Mutex::throw_relock() const {
  throw LockMisuse(std::string(name_) + ": locked again by the thread that holds it");
}

void Mutex::throw_not_held() const {
  throw LockMisuse(std::string(name_) +
                   ": unlocked or waited on by a thread that does not hold it");
}

// The sequence is read with the mutex held. Whoever changes the condition later finds us counted,
// and moves the sequence before it wakes: either we are asleep and are woken, or the kernel sees
// that the sequence has moved and does not let us sleep. So no notification is lost, and a stop
// callback needs no lock.
template <typename Release, typename Retake>
Wake CondVar::wait_between(Release release, Retake retake, Deadline deadline,
                           const std::stop_token& stop) {
  const std::uint32_t seen = sequence_;
  if (stop.stop_requested()) return Wake::kStopped;
  if (deadline == kNow) return Wake::kTimeout;
  const std::stop_callback on_stop(stop, [this] { notify_all(); });
  release();
  chaos_point();
  bool in_time = true;
  if (!spin_until([&] { return sequence_ != seen; })) {
    ++waiters_;
    in_time = futex_wait(sequence_, seen, deadline);
    --waiters_;
  }
  retake();
  if (stop.stop_requested()) return Wake::kStopped;
  return in_time ? Wake::kNotified : Wake::kTimeout;
}

Wake CondVar::wait(Mutex& mutex, Deadline deadline, std::stop_token stop) {
  if (!mutex.held_by_me()) mutex.throw_not_held();
  return wait_between([&]() NO_THREAD_SAFETY_ANALYSIS { mutex.unlock(); },
                      [&]() NO_THREAD_SAFETY_ANALYSIS { mutex.lock(); }, deadline, stop);
}

Wake CondVar::wait(RecursiveMutex& mutex, Deadline deadline, std::stop_token stop) {
  const int depth = mutex.depth();
  if (depth == 0) throw LockMisuse("waited on a recursive mutex that this thread does not hold");
  return wait_between([&] { mutex.release(depth); }, [&] { mutex.take(depth); }, deadline, stop);
}

void CondVar::notify_one() noexcept { notify(1); }

void CondVar::notify_all() noexcept { notify(INT_MAX); }

void CondVar::notify(int threads) noexcept {
  ++sequence_;
  if (waiters_ == 0) return;
  syscall(SYS_futex, &sequence_, FUTEX_WAKE_PRIVATE, threads);
}

}  // namespace weir::concurrency
