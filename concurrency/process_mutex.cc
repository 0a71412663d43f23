#include "concurrency/process_mutex.h"

#include <time.h>

#include <cerrno>
#include <chrono>
#include <system_error>

#include "concurrency/mutex.h"

namespace weir::concurrency {
namespace {

void check(int result) {
  if (result == EDEADLK) throw LockMisuse("process mutex: this thread holds it already");
  if (result == EPERM) throw LockMisuse("process mutex: this thread does not hold it");
  if (result != 0) throw std::system_error(result, std::system_category(), "process mutex");
}

}  // namespace

ProcessMutex::ProcessMutex() {
  pthread_mutexattr_t attributes;
  check(::pthread_mutexattr_init(&attributes));
  ::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  ::pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  ::pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
  const int result = ::pthread_mutex_init(&mutex_, &attributes);
  ::pthread_mutexattr_destroy(&attributes);
  check(result);
}

ProcessMutex::~ProcessMutex() { ::pthread_mutex_destroy(&mutex_); }

Taken ProcessMutex::taken(int result) {
  if (result == EOWNERDEAD) return Taken::kOwnerDied;
  if (result == ENOTRECOVERABLE) return Taken::kNotRecoverable;
  if (result == EBUSY || result == ETIMEDOUT) return Taken::kNo;
  check(result);
  return Taken::kYes;
}

Taken ProcessMutex::lock() { return taken(::pthread_mutex_lock(&mutex_)); }

Taken ProcessMutex::try_lock() {
  const int result = ::pthread_mutex_trylock(&mutex_);
  return result == EDEADLK ? Taken::kNo : taken(result);  // ours: still somebody's
}

Taken ProcessMutex::try_lock_until(Deadline deadline) {
  if (deadline == kNever) return lock();
  const auto since = deadline.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  const timespec until{.tv_sec = seconds.count(),
                       .tv_nsec = std::chrono::nanoseconds(since - seconds).count()};
  // steady_clock is CLOCK_MONOTONIC.
  return taken(::pthread_mutex_clocklock(&mutex_, CLOCK_MONOTONIC, &until));
}

void ProcessMutex::unlock() { check(::pthread_mutex_unlock(&mutex_)); }

void ProcessMutex::mark_consistent() { check(::pthread_mutex_consistent(&mutex_)); }

}  // namespace weir::concurrency
