// Rows: K08 K09 K11. Two names of one reentrant lock are one lock, which its owner may take again;
// others wait until it was given back as often. Two such locks are two: each must be free.
#include "concurrency/recursive_mutex.h"
#include "concurrency/thread.h"
#include "examples/check.h"

using namespace weir::concurrency;

// Whether another thread gets the lock at once.
bool free_for_others(RecursiveMutex& mutex) {
  bool got = false;
  Thread other([&] {
    if (!mutex.try_lock()) return;
    got = true;
    mutex.unlock();
  });
  other.start();
  other.join();
  return got;
}

// Locking by two names is what clang's analysis cannot follow.
int main() NO_THREAD_SAFETY_ANALYSIS {
  std::puts("Rows: K08 K09 K11");
  RecursiveMutex plate, chopsticks;
  RecursiveMutex& alias = plate;
  plate.lock();
  require(alias.try_lock(), "the owner takes the one lock again, by its other name");
  require(plate.depth() == 2, "and has to give it back twice");
  require(free_for_others(chopsticks), "a second lock is a lock of its own");
  alias.unlock();
  require(!free_for_others(plate), "given back once: others still wait");
  plate.unlock();
  require(free_for_others(plate), "given back twice: free");
}
