// `weir bench pool`: what a task costs on its way through the process pool and back, the CPU of
// both sides included; and threads against processes for work that computes and work that waits.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <string>

#include "bench/benchmarks.h"
#include "bench/micro.h"
#include "bench/roles.h"
#include "bench/usage.h"
#include "bench/work.h"
#include "concurrency/pool_worker.h"
#include "concurrency/process.h"
#include "concurrency/process_pool.h"
#include "concurrency/queue.h"
#include "concurrency/semaphore.h"
#include "concurrency/slab_arena.h"

namespace weir::bench {

using namespace concurrency;

int answer_role(RoleContext& role) {
  return serve_pool(role,
                    {.handle = [](std::string_view, std::string_view body, ResultWriter& out) {
                      (void)out.append(body.substr(0, 2048));
                    }});
}

namespace {

// A 30 KB body, a 100 byte header, a 2 KB result; `depth` tasks in flight over two workers.
void pool_round_trip(benchmark::State& state) {
  SlabArena arena({.memory = 64 << 20, .max_body = 64 << 10, .slots = 16});
  Slab body = *arena.open();
  (void)body.append(std::string(30'000, 'b'));
  body.seal();
  ProcessPool pool({.role = kAnswerRole, .workers = 2, .bodies = &arena});
  const auto task = [&] {
    return PoolTask{
        .header = std::string(100, 'h'), .body = &body, .time_limit = std::chrono::seconds(5)};
  };
  const auto depth = static_cast<std::size_t>(state.range(0));
  std::deque<Future<PoolReply>> flying;
  for (int i = 0; i < 100; ++i) pool.submit(task()).wait();
  const double own = ProcessUse::now().cpu_us;
  const auto workers = pool.figures().cpu;
  for (auto _ : state) {
    flying.push_back(pool.submit(task()));
    if (flying.size() < depth) continue;
    flying.front().wait();
    flying.pop_front();
  }
  for (auto& reply : flying) reply.wait();
  const auto tasks = static_cast<double>(state.iterations());
  const double own_us = (ProcessUse::now().cpu_us - own) / tasks;
  const double workers_us =
      std::chrono::duration<double, std::micro>(pool.figures().cpu - workers).count() / tasks;
  state.counters["own_us"] = own_us;
  state.counters["workers_us"] = workers_us;
  state.counters["cpu_us"] = own_us + workers_us;
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(pool_round_trip)->Name("trip/submitted")->Arg(1)->Arg(4)->Arg(16)->UseRealTime();

// The same task, taken by the pool's own thread, a thousand at a time: no thread hands them over.
void pool_from_source(benchmark::State& state) {
  constexpr int kBatch = 1000;
  SlabArena arena({.memory = 64 << 20, .max_body = 64 << 10, .slots = 16});
  Slab body = *arena.open();
  (void)body.append(std::string(30'000, 'b'));
  body.seal();
  Queue<int> todo;
  Semaphore done(0);
  ProcessPool pool({.role = kAnswerRole,
                    .workers = 2,
                    .source = [&]() -> Got<PoolTask> {
                      const auto next = todo.try_get();
                      if (!next) return {next.status, std::nullopt};
                      PoolTask task{.header = std::string(100, 'h'),
                                    .body = &body,
                                    .time_limit = std::chrono::seconds(5)};
                      task.reply.future().on_done([&, last = *next.item == kBatch](auto) {
                        if (last) done.release();
                      });
                      return {QueueStatus::kOk, std::move(task)};
                    },
                    .bodies = &arena});
  todo.on_item([&] { pool.wake(); });
  pool.wake();
  const auto run = [&] {
    for (int i = 1; i <= kBatch; ++i) todo.put(int(i));
    done.acquire();
  };
  run();
  const double own = ProcessUse::now().cpu_us;
  const auto workers = pool.figures().cpu;
  while (state.KeepRunningBatch(kBatch)) run();
  const auto tasks = static_cast<double>(state.iterations());
  state.counters["own_us"] = (ProcessUse::now().cpu_us - own) / tasks;
  state.counters["workers_us"] =
      std::chrono::duration<double, std::micro>(pool.figures().cpu - workers).count() / tasks;
  state.counters["cpu_us"] = state.counters["own_us"] + state.counters["workers_us"];
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(pool_from_source)->Name("trip/from_source")->UseRealTime();

}  // namespace

int pool_bench(const Arguments& arguments) {
  MicroOptions options;
  std::vector<std::string> only{"trip", "work"};
  CLI::App app("Measures the process pool, and threads against processes.", "weir bench pool");
  only_flag(app, only, "trip: a task there and back; work: threads against processes");
  add_micro_flags(app, options);
  app.footer(
      "examples:\n"
      "  weir bench pool                           # about 20 seconds\n"
      "  weir bench pool --only trip --json");
  if (const auto code = read_flags(app, arguments)) return *code;
  Report report("pool", options.json);
  const auto wanted = [&](const char* what) {
    return std::find(only.begin(), only.end(), what) != only.end();
  };
  if (wanted("trip")) {
    report.table("trip", "A task to a worker process and back: 30 KB of body, 2 KB of result",
                 {{"name", "tasks in flight"},
                  {"time_ns", "time ns"},
                  {"own_us", "own us", 1},
                  {"workers_us", "workers us", 1},
                  {"cpu_us", "CPU us", 1}});
    run_micro("^trip/", options, [&](const std::string& name, Json figures) {
      Json row{{"name", name.substr(5)}};
      row.update(figures);
      report.row(std::move(row));
    });
    report.note(
        "The body lies in shared memory and does not move. CPU us: both sides of a task; 15 is the "
        "aim.\nfrom_source is the crawler's way: the pool's thread takes the tasks itself.");
  }
  if (wanted("work")) measure_work(options, report);
  return report.end();
}

}  // namespace weir::bench
