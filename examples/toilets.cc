// Rows: L01 L02 L03. Three public toilets, twenty people: never more than three inside, and all
// three in use. A lock is the toilet at home. Releasing one permit too many lets a fourth in
// unseen; a bounded semaphore refuses.
#include <atomic>
#include <vector>

#include "concurrency/semaphore.h"
#include "concurrency/thread.h"
#include "examples/check.h"

using namespace weir::concurrency;

int main() {
  std::puts("Rows: L01 L02 L03");
  Semaphore toilets(3);
  std::atomic<int> inside{0}, most{0}, visits{0};
  std::vector<Thread> people;
  for (int i = 0; i < 20; ++i) {
    people.push_back(Thread([&] {
      const Permit permit(toilets);
      const int now = ++inside;
      for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
      }
      while (most < 3) std::this_thread::yield();  // the first ones stay until all are taken
      ++visits;
      --inside;
    }));
    people.back().start();
  }
  for (Thread& each : people) each.join();
  require(most == 3, "three at a time, never more");
  require(visits == 20, "and everybody had a turn");

  toilets.release();
  require(toilets.value() == 4, "one release too many: there are four toilets now");
  BoundedSemaphore bounded(3);
  bool refused = false;
  try {
    bounded.release();
  } catch (const LockMisuse&) {
    refused = true;
  }
  require(refused && bounded.value() == 3, "a bounded semaphore refuses it");
}
