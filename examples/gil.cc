// Rows: A06 A08 A09 M01 M03 M07 M08. What Python's global lock does, with a mutex in its place:
// threads that compute take turns however many there are; it is let go while a thread waits, so
// waits overlap. And without it: more threads than CPUs do not compute faster.
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>
#include <vector>

#include "concurrency/cpus.h"
#include "concurrency/event.h"
#include "concurrency/mutex.h"
#include "concurrency/thread.h"
#include "examples/check.h"

using namespace weir::concurrency;

void in_threads(int count, const std::function<void()>& function) {
  std::vector<Thread> threads;
  for (int i = 0; i < count; ++i) {
    threads.push_back(Thread(function));
    threads.back().start();
  }
  for (Thread& each : threads) each.join();
}

// How many were inside at once, at most.
class Crowd {
 public:
  void enter() {
    const int now = ++inside_;
    for (int seen = most_; now > seen && !most_.compare_exchange_weak(seen, now);) {
    }
  }
  void leave() { --inside_; }
  int most() const { return most_; }

 private:
  std::atomic<int> inside_{0}, most_{0};
};

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

int main() {
  std::puts("Rows: A06 A08 A09 M01 M03 M07 M08");
  Mutex gil("GIL");
  Crowd computing, waiting;
  Event answer;
  std::atomic<int> asked_for{0};
  in_threads(8, [&] {
    for (int slice = 0; slice < 100; ++slice) {  // bytecode, a slice at a time
      const MutexLock holding(gil);
      computing.enter();
      std::this_thread::yield();
      computing.leave();
    }
    waiting.enter();  // IO: the lock is let go
    if (++asked_for == 8) answer.set();
    answer.wait();
    waiting.leave();
  });
  require(computing.most() == 1, "under the lock eight threads compute one at a time");
  require(waiting.most() == 8, "but wait all at once");

  const auto start = std::chrono::steady_clock::now();
  const double cpu_before = cpu_seconds();
  std::atomic<long> sum{0};
  in_threads(4 * available_cpus(), [&] {
    long mine = 0;
    for (int i = 0; i < 1'000'000; ++i) mine = (mine * 31 + i) % 1'000'003;
    sum += mine;
  });
  const double cpu = cpu_seconds() - cpu_before;
  const double wall =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("%d threads on %d CPUs: %.1f ms of CPU in %.1f ms\n", 4 * available_cpus(),
              available_cpus(), cpu * 1e3, wall * 1e3);
  const auto hardware = static_cast<double>(std::thread::hardware_concurrency());
  require(wall >= cpu / hardware * 0.9, "computing is as fast as there are CPUs, not threads");
}
