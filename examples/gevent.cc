// Rows: U01 U02 U03 U04 U06 U07 U08 U09 U10. Spawn and join coroutines of one thread. A virtual
// clock stands in for the seconds.
#include <string>
#include <vector>

#include "concurrency/event_loop.h"
#include "concurrency/join_all.h"
#include "concurrency/task_group.h"
#include "examples/check.h"

using namespace weir::concurrency;
using namespace std::chrono_literals;

Task<> task(EventLoop& loop, std::string name, Nanoseconds time, std::string* out) {
  *out += name + " run, ";
  co_await loop.sleep_for(time);
  *out += name + " over, ";
}

Task<> join_both(std::vector<TaskHandle<>> tasks) { co_await join_all(std::move(tasks)); }
Task<> join_one(TaskHandle<> short_one) { co_await short_one.join(); }

Task<> in_a_group(EventLoop& loop, std::string* out) {
  TaskGroup group(loop);
  group.spawn(task(loop, "task1", 3s, out));
  group.spawn(task(loop, "task2", 1s, out));
  co_await group.join();
}

int main() {
  std::puts("Rows: U01 U02 U03 U04 U06 U07 U08 U09 U10");
  const std::string all = "task1 run, task2 run, task2 over, task1 over, ";
  VirtualClock clock;
  std::string out;
  {
    EventLoop loop(PollerKind::kEpoll, {.clock = &clock});
    const TimePoint start = loop.now();
    const auto slow = loop.spawn(task(loop, "task1", 3s, &out));
    const auto fast = loop.spawn(task(loop, "task2", 1s, &out));
    require(out.empty(), "spawn does not run the body: the loop does");
    const std::vector<TaskHandle<>> both{slow, fast};
    loop.run(join_both(both));
    require(out == all, "joined both: each waits while the other runs");
    require(loop.now() - start == 3s, "3 s and 1 s took 3 s in one thread, not 4");
  }
  out.clear();
  {
    EventLoop loop(PollerKind::kEpoll, {.clock = &clock});
    const auto slow = loop.spawn(task(loop, "task1", 3s, &out));
    const auto fast = loop.spawn(task(loop, "task2", 1s, &out));
    loop.run(join_one(fast));
    require(fast.done() && !slow.done(), "joining the short one leaves the long one unfinished");
  }
  out.clear();
  EventLoop loop(PollerKind::kEpoll, {.clock = &clock});
  loop.run(in_a_group(loop, &out));
  require(out == all, "a group always finishes what it started");
}
