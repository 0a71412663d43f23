// Rows: E04 K04 K05 K06 K07 K10. A plate, chopsticks, and two eaters who each hold one and want the
// other. The cures: one order for all, both at once, or give back and try again. A reentrant lock
// is none (--rlock): it forgives only the thread that holds it. The notes start one eater only,
// which cannot show it (--variant=seed). Deadlocks here end by a deadline.
//   dinner [--fix=order | --fix=scoped_lock | --fix=try_backoff | --rlock | --variant=seed]
#include <latch>
#include <mutex>
#include <thread>

#include "concurrency/mutex.h"
#include "concurrency/recursive_mutex.h"
#include "concurrency/thread.h"
#include "examples/check.h"

using namespace weir::concurrency;
using namespace std::chrono_literals;

// What only a run can show, clang's static analysis is told to pass over.
#define AT_RUN_TIME NO_THREAD_SAFETY_ANALYSIS

// Takes one, waits until the other eater holds the other, and then wants that.
template <typename Lock>
bool eat_naively(Lock& first, Lock& second, std::latch& both_hold_one) AT_RUN_TIME {
  first.lock();
  both_hold_one.arrive_and_wait();
  const bool ate = second.try_lock_until(after(100ms));
  if (ate) second.unlock();
  first.unlock();
  return ate;
}

template <typename Lock>
bool both_eat_naively(int eaters) {
  Lock plate, chopsticks;
  std::latch both_hold_one(eaters);
  std::atomic<int> ate{0};
  Thread one([&] { ate += eat_naively(plate, chopsticks, both_hold_one); });
  one.start();
  if (eaters == 2) ate += eat_naively(chopsticks, plate, both_hold_one);
  one.join();
  return ate == eaters;
}

struct Table {
  Mutex plate{"plate"}, chopsticks{"chopsticks"};
  int meals = 0;
};

void in_order(Table& table, bool) AT_RUN_TIME {  // the plate first, whoever eats
  const MutexLock plate(table.plate), chopsticks(table.chopsticks);
  ++table.meals;
}

void at_once(Table& table, bool left) AT_RUN_TIME {
  Mutex& first = left ? table.plate : table.chopsticks;
  Mutex& second = left ? table.chopsticks : table.plate;
  const std::scoped_lock both(first, second);
  ++table.meals;
}

void back_off(Table& table, bool left) AT_RUN_TIME {
  Mutex& first = left ? table.plate : table.chopsticks;
  Mutex& second = left ? table.chopsticks : table.plate;
  for (;; std::this_thread::yield()) {
    first.lock();
    if (second.try_lock()) break;
    first.unlock();  // hold nothing while wanting something
  }
  ++table.meals;
  second.unlock();
  first.unlock();
}

void dine(void (*eat)(Table&, bool), const char* claim) {
  Table table;
  Thread one([&] {
    for (int i = 0; i < 1000; ++i) eat(table, true);
  });
  one.start();
  for (int i = 0; i < 1000; ++i) eat(table, false);
  one.join();
  require(table.meals == 2000, claim);
}

bool relock_is_refused() AT_RUN_TIME {
  Mutex mutex("plate");
  const MutexLock lock(mutex);
  try {
    mutex.lock();
  } catch (const LockMisuse&) {
    return true;
  }
  return false;
}

int main(int argc, char** argv) {
  std::puts("Rows: E04 K04 K05 K06 K07 K10");
  if (asked(argc, argv, "--fix=order"))
    return dine(in_order, "one order: there can be no circle"), 0;
  if (asked(argc, argv, "--fix=scoped_lock"))
    return dine(at_once, "std::scoped_lock takes both or neither"), 0;
  if (asked(argc, argv, "--fix=try_backoff"))
    return dine(back_off, "who does not get the second gives the first back"), 0;
  if (asked(argc, argv, "--rlock"))
    return require(!both_eat_naively<RecursiveMutex>(2), "reentrant locks deadlock as well"), 0;
  if (asked(argc, argv, "--variant=seed"))
    return require(both_eat_naively<Mutex>(1), "one eater alone never deadlocks"), 0;
  require(!both_eat_naively<Mutex>(2), "each holds one and wants the other: nobody eats");
  require(relock_is_refused(), "the other kind, one lock twice, is refused instead of hanging");
}
