// Rows: G08 Q02 Q03 Q04. First in first out, last in first out, smallest first. Equal priorities
// come in the order in which they were put, and the values are never compared (Python compares
// them, and fails where it cannot).
#include <string>
#include <utility>

#include "concurrency/queue.h"
#include "examples/check.h"

using namespace weir::concurrency;
using namespace std::chrono_literals;

struct Job {
  int priority;
  std::string name;  // no order is defined on jobs
};
struct ByPriority {
  int operator()(const Job& job) const { return job.priority; }
};

int main() {
  std::puts("Rows: G08 Q02 Q03 Q04");
  Queue<int> fifo;
  LifoQueue<int> lifo;
  PriorityQueue<Job, ByPriority> urgent;
  for (int i : {1, 2, 3}) {
    fifo.put(i);
    lifo.put(i);
  }
  require(*fifo.get() == 1 && *fifo.get() == 2 && *fifo.get() == 3, "Queue: 1 2 3");
  require(*lifo.get() == 3 && *lifo.get() == 2 && *lifo.get() == 1, "LifoQueue: 3 2 1");
  require(fifo.get_until(after(10ms)).status == QueueStatus::kTimeout, "empty: get(timeout) ends");

  for (Job job : {Job{10, "c"}, Job{5, "b"}, Job{5, "a"}, Job{1, "z"}}) urgent.put(std::move(job));
  std::string order;
  while (auto job = urgent.try_get()) order += job->name;
  require(order == "zbac", "PriorityQueue: smallest first, equals as they were put");
}
