// Rows: I01 I02 I03 I04 I05. join() waits until task_done() was called once per item. It counts
// calls, not items: the notes' program (--variant=seed) takes one of two, says done twice, and join
// returns with an item inside. A token that counts by itself cannot do that.
//   joinable [--variant=seed]
#include <vector>

#include "concurrency/in_flight.h"
#include "concurrency/joinable_queue.h"
#include "concurrency/queue.h"
#include "concurrency/thread.h"
#include "examples/check.h"

using namespace weir::concurrency;

void seed() {
  JoinableQueue<int> queue;
  queue.put(1);
  queue.put(2);
  (void)queue.get();
  queue.task_done();
  queue.task_done();
  queue.join();
  require(*queue.get() == 2, "join returned although 2 was still inside");
  bool threw = false;
  try {
    queue.task_done();
  } catch (const LockMisuse&) {
    threw = true;
  }
  require(threw, "one more task_done than puts throws");
}

struct Page {
  int depth;
  TaskToken token;  // unfinished until this page is
};

int main(int argc, char** argv) {
  std::puts("Rows: I01 I02 I03 I04 I05");
  if (asked(argc, argv, "--variant=seed")) return seed(), 0;
  // Nobody knows how many pages there will be: each has two children, put before it is done itself.
  InFlight unfinished;
  Queue<Page> pages;
  std::atomic<int> visited{0};
  pages.put(Page{0, unfinished.add()});
  std::vector<Thread> workers;
  for (int i = 0; i < 3; ++i) {
    workers.push_back(Thread([&] {
      for (Page& page : pages) {
        ++visited;
        for (int child = 0; child < 2 && page.depth < 9; ++child)
          pages.put(Page{page.depth + 1, unfinished.add()});
        page.token.done();
      }
    }));
    workers.back().start();
  }
  unfinished.join();
  require(visited == 1023, "join returned when the last of 1023 pages was done, and not before");
  pages.close();
}
