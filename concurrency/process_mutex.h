// Mutual exclusion between processes that survives the death of its holder.
//
//   SharedMemory memory = SharedMemory::anonymous(sizeof(ProcessMutex));
//   auto* mutex = new (memory.data()) ProcessMutex;          // once, by the creator
//   if (mutex->lock() == Taken::kOwnerDied) repair(), mutex->mark_consistent();
//   mutex->unlock();
//
// Thread-safe. Process-shared: lies in shared memory. If a holder dies, the next one gets the lock
// and kOwnerDied; unless it repairs what the lock guards and says so, all later calls give
// kNotRecoverable, and nobody hangs.
#pragma once

#include <pthread.h>

#include "concurrency/deadline.h"

namespace weir::concurrency {

enum class Taken {
  kYes,
  kNo,              // in time
  kOwnerDied,       // taken, but what it guards may be half written
  kNotRecoverable,  // not taken, never again
};

class ProcessMutex {
 public:
  ProcessMutex();
  ~ProcessMutex();
  ProcessMutex(const ProcessMutex&) = delete;
  ProcessMutex& operator=(const ProcessMutex&) = delete;

  // Throws LockMisuse if this thread holds it.
  [[nodiscard]] Taken lock();
  // kNo if anybody holds it, this thread included.
  [[nodiscard]] Taken try_lock();
  [[nodiscard]] Taken try_lock_until(Deadline deadline);
  // Throws LockMisuse if this thread does not hold it.
  void unlock();
  // What it guards is whole again. Requires: held, and kOwnerDied was the answer.
  void mark_consistent();

 private:
  static Taken taken(int result);
  pthread_mutex_t mutex_;
};

}  // namespace weir::concurrency
