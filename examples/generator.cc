// Rows: S02 S03 S04 S05 S06. A generator is re-entered at each step with its state kept: two tasks
// in one thread. It makes computing slower, not faster, for nothing here waits.
#include "concurrency/generator.h"

#include <chrono>
#include <string>
#include <vector>

#include "examples/check.h"

using weir::concurrency::Generator;
using Clock = std::chrono::steady_clock;

Generator<int> task1(std::vector<std::string>* lines) {
  for (int step = 0;; ++step) {
    if (step > 0) lines->push_back("task1 run");
    co_yield step;
  }
}

Generator<long> up_to(long n) {
  for (long i = 0; i < n; ++i) co_yield i;
}

int main() {
  std::puts("Rows: S02 S03 S04 S05 S06");
  std::vector<std::string> lines;
  auto first = task1(&lines);
  for (int i = 0; i < 3; ++i) {  // task2
    first.next();
    lines.push_back("task2 run");
  }
  for (const auto& line : lines) std::puts(line.c_str());
  require(lines == std::vector<std::string>{"task2 run", "task1 run", "task2 run", "task1 run",
                                            "task2 run"},
          "the tasks alternate; task1 speaks from the second step on");

  constexpr long kSteps = 1'000'000;
  auto start = Clock::now();
  volatile long serial = 0;
  for (long i = 0; i < kSteps; ++i) serial = serial + i;
  const auto serial_time = Clock::now() - start;
  start = Clock::now();
  volatile long switched = 0;
  for (long i : up_to(kSteps)) switched = switched + i;
  const auto switched_time = Clock::now() - start;
  std::printf("serial %.2f ns a step, generator %.2f ns\n",
              std::chrono::duration<double, std::nano>(serial_time).count() / kSteps,
              std::chrono::duration<double, std::nano>(switched_time).count() / kSteps);
  require(serial == switched, "both compute the same; switching only adds its own cost");
}
