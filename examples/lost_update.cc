// Rows: E02 J13 K01 K02 K03 M05 M09. Ten threads each take one from a = 10. Read, pause, write: all
// read 10 and 9 is left. Under a Mutex, or with one atomic operation, it is 0. The notes' second
// program
// (--variant=seed) forgets to store its result, so that its lock guards nothing: 10 is left.
//   lost_update [--variant=seed]
#include <atomic>
#include <functional>
#include <latch>
#include <vector>

#include "concurrency/mutex.h"
#include "concurrency/thread.h"
#include "examples/check.h"

using namespace weir::concurrency;

// The notes join every thread that enumerate() lists but the current one, strangers too: join what
// you started.
void in_ten_threads(const std::function<void()>& function) {
  std::vector<Thread> threads;
  for (int i = 0; i < 10; ++i) {
    threads.push_back(Thread(function));
    threads.back().start();
  }
  for (Thread& each : threads) each.join();
}

int main(int argc, char** argv) {
  std::puts("Rows: E02 J13 K01 K02 K03 M05 M09");
  Mutex mutex("a");
  if (asked(argc, argv, "--variant=seed")) {
    int a = 10;
    in_ten_threads([&] {
      const MutexLock lock(mutex);
      int b = a;
      b = b - 1;  // and never a = b
      (void)b;
    });
    return require(a == 10, "what is not stored back is lost with or without a lock"), 0;
  }

  std::atomic<int> racy{10};  // atomic, for a plain int would be undefined behaviour
  std::latch all_have_read(10);
  in_ten_threads([&] {
    const int b = racy - 1;
    all_have_read.arrive_and_wait();  // the notes' sleep(0.1), without the luck
    racy = b;
  });
  require(racy == 9, "without a lock nine of ten updates were lost");

  int guarded = 10;
  in_ten_threads([&] {
    const MutexLock lock(mutex);
    const int b = guarded - 1;
    guarded = b;
  });
  require(guarded == 0, "under the lock none was");

  std::atomic<int> counter{10};
  in_ten_threads([&] { counter.fetch_sub(1); });
  require(counter == 0, "nor with one operation that cannot be divided");
}
