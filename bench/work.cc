#include "bench/work.h"

#include <poll.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/roles.h"
#include "bench/usage.h"
#include "concurrency/mutex.h"
#include "concurrency/pool_worker.h"
#include "concurrency/process_pool.h"
#include "concurrency/thread_pool.h"

namespace weir::bench {
namespace {

using concurrency::Clock;

constexpr int kTasks = 200;
constexpr int kWaitMs = 5;
constexpr std::string_view kCompute = "compute", kWait = "wait";

// About a millisecond of one CPU.
void compute() {
  volatile long kept = 0;
  long number = 1;
  for (int i = 0; i < 250'000; ++i) number = (number * 31 + i) % 1'000'003;
  kept = number;
  (void)kept;
}

// As for a server that does not answer.
void wait() { ::poll(nullptr, 0, kWaitMs); }

void work(std::string_view kind) { kind == kCompute ? compute() : wait(); }

struct Cost {
  double time_us, cpu_us;  // of a task
};

// The medians of some runs of all tasks; `workers_cpu` is that of other processes, in us.
Cost cost_of(std::uint64_t runs, const std::function<void()>& run,
             const std::function<double()>& workers_cpu) {
  std::vector<double> times, cpu;
  run();  // starts the workers
  for (std::uint64_t i = 0; i < runs; ++i) {
    const double before = ProcessUse::now().cpu_us + workers_cpu();
    const auto start = Clock::now();
    run();
    const std::chrono::duration<double, std::micro> time = Clock::now() - start;
    times.push_back(time.count() / kTasks);
    cpu.push_back((ProcessUse::now().cpu_us + workers_cpu() - before) / kTasks);
  }
  return {median(times), median(cpu)};
}

Cost in_turn(std::uint64_t runs, std::string_view kind) {
  const auto run = [&] {
    for (int i = 0; i < kTasks; ++i) work(kind);
  };
  return cost_of(runs, run, [] { return 0.0; });
}

// With a lock, computing takes turns; waiting lets go of it.
Cost by_threads(std::uint64_t runs, std::string_view kind, int threads, bool locked) {
  concurrency::ThreadPool pool({.threads = threads});
  concurrency::Mutex lock("the one lock");
  const auto task = [&] {
    if (!locked || kind == kWait) return work(kind);
    const concurrency::MutexLock holding(lock);
    work(kind);
  };
  const auto run = [&] {
    std::vector<concurrency::Future<void>> futures;
    for (int i = 0; i < kTasks; ++i) futures.push_back(pool.submit(task));
    for (const auto& each : futures) each.wait();
  };
  return cost_of(runs, run, [] { return 0.0; });
}

Cost by_processes(std::uint64_t runs, std::string_view kind, std::size_t processes) {
  concurrency::ProcessPool pool({.role = kWorkRole, .workers = processes});
  const auto run = [&] {
    std::vector<concurrency::Future<concurrency::PoolReply>> futures;
    for (int i = 0; i < kTasks; ++i) futures.push_back(pool.submit({.header = std::string(kind)}));
    for (const auto& each : futures) {
      if (each.get().kind != concurrency::PoolReply::Kind::kDone) {
        throw std::runtime_error("a worker failed: " + each.get().message);
      }
    }
  };
  return cost_of(runs, run, [&] {
    return std::chrono::duration<double, std::micro>(pool.figures().cpu).count();
  });
}

}  // namespace

int work_role(concurrency::RoleContext& role) {
  return concurrency::serve_pool(role, {.handle = [](std::string_view kind, auto,
                                                     concurrency::ResultWriter&) { work(kind); }});
}

void measure_work(const MicroOptions& options, Report& report) {
  const std::uint64_t runs = options.repetitions;
  for (const std::string_view kind : {kCompute, kWait}) {
    report.table(std::string(kind),
                 kind == kCompute ? "Tasks that compute for about a millisecond"
                                  : "Tasks that wait 5 ms for something that does not come",
                 {{"name", "by"}, {"time_us", "time us/task"}, {"cpu_us", "CPU us/task"}});
    const auto row = [&](const std::string& name, const Cost& cost) {
      report.row({{"name", name}, {"time_us", cost.time_us}, {"cpu_us", cost.cpu_us}});
    };
    row("one thread", in_turn(runs, kind));
    for (const int count : {2, 8}) {
      const std::string threads = std::to_string(count) + " threads";
      row(threads, by_threads(runs, kind, count, false));
      row(threads + ", one lock", by_threads(runs, kind, count, true));
      row(std::to_string(count) + " processes",
          by_processes(runs, kind, static_cast<std::size_t>(count)));
    }
  }
  report.note(
      "How to read it: without a global lock threads compute as fast as processes, up to the "
      "number "
      "of CPUs;\nunder one lock (as in Python) no faster than one thread does. What waits gains "
      "from "
      "either, and from\nas many as wait at once; a thread costs less. Time depends on who else "
      "uses "
      "the machine.");
}

}  // namespace weir::bench
