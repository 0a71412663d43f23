// Rows: G01 G04 G05 G06 G07 H02 H05. Queue(2) takes two; the third put waits until there is room,
// and a try or a deadline says instead that there is none. So a fast producer is held to its
// consumer.
#include "concurrency/queue.h"
#include "concurrency/thread.h"
#include "examples/check.h"

using namespace weir::concurrency;
using namespace std::chrono_literals;

int main() {
  std::puts("Rows: G01 G04 G05 G06 G07 H02 H05");
  Queue<int> queue(2);
  queue.put(1);
  queue.put(2);
  int third = 3;
  require(queue.try_put(std::move(third)) == QueueStatus::kFull, "full: try_put says so at once");
  require(queue.put_until(std::move(third), after(20ms)) == QueueStatus::kTimeout,
          "full: put_until waits for its deadline; the item stays with the caller");

  std::atomic<bool> put{false};
  Thread producer([&] {
    queue.put(3);
    put = true;
  });
  producer.start();
  while (queue.stats().putters_waiting == 0) {
  }  // it waits inside put()
  require(!put && queue.size() == 2, "the third put is waiting");
  require(*queue.get() == 1, "first in, first out");
  producer.join();
  require(put && queue.size() == 2, "one get let the producer go on");
  queue.close();
  require(*queue.get() == 2 && *queue.get() == 3, "closed: what is left can be taken");
  require(queue.get().status == QueueStatus::kClosed, "then get says that it is closed");
}
