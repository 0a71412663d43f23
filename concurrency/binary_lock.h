// Python's Lock: locked or not, without an owner. One thread may lock it and another unlock it,
// which makes it a hand-over, not a guard of data; to guard data use Mutex.
//
//   BinaryLock turn;
//   turn.lock();                        // the other thread calls turn.unlock()
//   turn.lock();                        // blocks until it did
//
// Thread-safe.
#pragma once

#include "concurrency/mutex.h"

namespace weir::concurrency {

class BinaryLock {
 public:
  BinaryLock() = default;
  ~BinaryLock();  // reports if it is held
  BinaryLock(const BinaryLock&) = delete;
  BinaryLock& operator=(const BinaryLock&) = delete;

  void lock();
  [[nodiscard]] bool try_lock();
  // False if the deadline passed or the stop was requested first.
  [[nodiscard]] bool try_lock_until(Deadline deadline, std::stop_token stop = {});
  // From any thread. Throws LockMisuse if it is not locked.
  void unlock();
  bool locked() const;

 private:
  mutable Mutex mutex_{"inside a BinaryLock"};
  CondVar free_;
  bool locked_ GUARDED_BY(mutex_) = false;
};

}  // namespace weir::concurrency
