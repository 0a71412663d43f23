// Rows: O01 O02 O03 O05 O06 O07 P01. Submit three, then collect: they run side by side. Ask each
// for its result before submitting the next: one after the other, on the same pool. i to the power
// of i.
#include <atomic>
#include <latch>
#include <vector>

#include "concurrency/executor.h"
#include "concurrency/thread_pool.h"
#include "examples/check.h"

using namespace weir::concurrency;

int power(int base) {
  int result = 1;
  for (int i = 0; i < base; ++i) result *= base;
  return result;
}

int main() {
  std::puts("Rows: O01 O02 O03 O05 O06 O07 P01");
  const std::vector<int> expected{1, 1, 4};

  ThreadPool pool({.threads = 3});
  std::latch all_run(3);  // opens only if the three run at the same time
  std::vector<Future<int>> futures;
  for (int i = 0; i < 3; ++i) {
    futures.push_back(pool.submit([&all_run, i] {
      all_run.arrive_and_wait();
      return power(i);
    }));
  }
  pool.shutdown();  // waits for everything submitted
  std::vector<int> results;
  for (auto& each : futures) results.push_back(each.get());
  require(results == expected, "collected afterwards: 1, 1, 4, in the order of submitting");

  bool refused = false;
  try {
    (void)pool.submit(power, 3);
  } catch (const ExecutorShutDown&) {
    refused = true;
  }
  require(refused, "after shutdown nothing can be submitted");

  ThreadPool serial({.threads = 3});
  std::atomic<int> running{0}, most{0};
  results.clear();
  for (int i = 0; i < 3; ++i) {
    results.push_back(serial
                          .submit([&, i] {
                            most = std::max(most.load(), ++running);
                            const int result = power(i);
                            --running;
                            return result;
                          })
                          .get());  // waits here: asynchronous has become synchronous
  }
  require(results == expected, "asked for at once: the same results");
  require(most == 1, "but never two at a time, with three threads in the pool");
}
