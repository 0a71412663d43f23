// Rows: G02 G03 G09. One number goes round in a queue: who takes it out has it alone, subtracts one
// and puts it back. The queue is the lock. (The notes call it a stack; with one element the order
// does not matter, so --variant=seed uses one and ends at 0 as well.)
//   token_queue [--variant=seed]
#include <vector>

#include "concurrency/queue.h"
#include "concurrency/thread.h"
#include "examples/check.h"

using namespace weir::concurrency;

template <typename AnyQueue>
int pass_round() {
  AnyQueue queue(1);
  queue.put(3);
  {
    std::vector<Thread> takers;
    for (int i = 0; i < 3; ++i) {
      takers.push_back(Thread([&queue] {
        int number = *queue.get();  // blocks while another has it
        queue.put(number - 1);
      }));
      takers.back().start();
    }
    for (Thread& each : takers) each.join();
  }
  return *queue.get();
}

int main(int argc, char** argv) {
  std::puts("Rows: G02 G03 G09");
  if (asked(argc, argv, "--variant=seed"))
    return require(pass_round<LifoQueue<int>>() == 0, "3 - 1 - 1 - 1 is 0 with a stack"), 0;
  require(pass_round<Queue<int>>() == 0, "3 - 1 - 1 - 1 is 0: no update was lost, without a lock");
}
