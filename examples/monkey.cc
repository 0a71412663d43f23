// Rows: U05. gevent's monkey.patch_all() replaces blocking calls under the program's feet. The
// nearest honest thing here is the linker: --wrap=nanosleep sends this program's calls of nanosleep
// to a version that switches to the next task. What was bound earlier (here: __real_nanosleep, in
// Python a name imported before the patch) stays blocking.
#include <time.h>

#include <algorithm>
#include <any>
#include <memory>
#include <vector>

#include "concurrency/fiber.h"
#include "examples/check.h"

using weir::concurrency::Fiber;

extern "C" int __real_nanosleep(const timespec*, timespec*);

double now_ms() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) * 1e-6;
}

// The patched call: wait by letting the others run.
extern "C" int __wrap_nanosleep(const timespec* time, timespec*) {
  const double end = now_ms() + static_cast<double>(time->tv_sec) * 1e3 +
                     static_cast<double>(time->tv_nsec) * 1e-6;
  do Fiber::current().parent()->switch_to();
  while (now_ms() < end);
  return 0;
}

struct Took {
  double ms;
  int asleep;  // at once, at most
};

Took five_tasks(int (*sleep)(const timespec*, timespec*)) {
  const double start = now_ms();
  int asleep = 0, most = 0;
  std::vector<std::unique_ptr<Fiber>> tasks;
  for (int i = 0; i < 5; ++i) {
    tasks.push_back(std::make_unique<Fiber>([&, sleep](std::any) -> std::any {
      const timespec time{0, 20'000'000};
      most = std::max(most, ++asleep);
      sleep(&time, nullptr);
      --asleep;
      return {};
    }));
  }
  for (bool alive = true; alive;) {
    alive = false;
    for (auto& task : tasks) {
      if (!task->dead()) task->switch_to();
      alive = alive || !task->dead();
    }
  }
  return {now_ms() - start, most};
}

int main() {
  std::puts("Rows: U05");
  const Took bound_before = five_tasks(&__real_nanosleep);
  const Took patched = five_tasks(&nanosleep);
  std::printf("five tasks of 20 ms: bound before the patch %.0f ms, patched %.0f ms\n",
              bound_before.ms, patched.ms);
  require(bound_before.ms >= 100 && bound_before.asleep == 1,
          "unpatched sleeps block the thread one after the other");
  require(patched.ms >= 20 && patched.asleep == 5, "patched sleeps overlap");
}
