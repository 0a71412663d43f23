// What a task costs on its way through the process pool and back, the CPU of both sides included.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <chrono>
#include <deque>
#include <string>

#include "concurrency/pool_worker.h"
#include "concurrency/process.h"
#include "concurrency/process_pool.h"
#include "concurrency/queue.h"
#include "concurrency/semaphore.h"
#include "concurrency/slab_arena.h"

namespace weir::concurrency {
namespace {

int answer_role(RoleContext& role) {
  return serve_pool(role,
                    {.handle = [](std::string_view, std::string_view body, ResultWriter& out) {
                      (void)out.append(body.substr(0, 2048));
                    }});
}

double own_cpu_us() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto us = [](const timeval& time) { return 1e6 * time.tv_sec + time.tv_usec; };
  return us(usage.ru_utime) + us(usage.ru_stime);
}

// A 30 KB body, a 100 byte header, a 2 KB result; `depth` tasks in flight over two workers.
void pool_round_trip(benchmark::State& state) {
  SlabArena arena({.memory = 64 << 20, .max_body = 64 << 10, .slots = 16});
  Slab body = *arena.open();
  (void)body.append(std::string(30'000, 'b'));
  body.seal();
  ProcessPool pool({.role = "answer", .workers = 2, .bodies = &arena});
  const auto task = [&] {
    return PoolTask{
        .header = std::string(100, 'h'), .body = &body, .time_limit = std::chrono::seconds(5)};
  };
  const auto depth = static_cast<std::size_t>(state.range(0));
  std::deque<Future<PoolReply>> flying;
  for (int i = 0; i < 100; ++i) pool.submit(task()).wait();
  const double own = own_cpu_us();
  const auto workers = pool.figures().cpu;
  for (auto _ : state) {
    flying.push_back(pool.submit(task()));
    if (flying.size() < depth) continue;
    flying.front().wait();
    flying.pop_front();
  }
  for (auto& reply : flying) reply.wait();
  const auto tasks = static_cast<double>(state.iterations());
  const double own_us = (own_cpu_us() - own) / tasks;
  const double workers_us =
      std::chrono::duration<double, std::micro>(pool.figures().cpu - workers).count() / tasks;
  state.counters["own_us"] = own_us;
  state.counters["workers_us"] = workers_us;
  state.counters["cpu_us"] = own_us + workers_us;
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(pool_round_trip)->Arg(1)->Arg(4)->Arg(16)->UseRealTime();

// The same task, taken by the pool's own thread, a thousand at a time: no thread hands them over.
void pool_from_source(benchmark::State& state) {
  constexpr int kBatch = 1000;
  SlabArena arena({.memory = 64 << 20, .max_body = 64 << 10, .slots = 16});
  Slab body = *arena.open();
  (void)body.append(std::string(30'000, 'b'));
  body.seal();
  Queue<int> todo;
  Semaphore done(0);
  ProcessPool pool({.role = "answer",
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
  const double own = own_cpu_us();
  const auto workers = pool.figures().cpu;
  while (state.KeepRunningBatch(kBatch)) run();
  const auto tasks = static_cast<double>(state.iterations());
  state.counters["own_us"] = (own_cpu_us() - own) / tasks;
  state.counters["workers_us"] =
      std::chrono::duration<double, std::micro>(pool.figures().cpu - workers).count() / tasks;
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(pool_from_source)->UseRealTime();

}  // namespace
}  // namespace weir::concurrency

int main(int argc, char** argv) {
  using namespace weir::concurrency;
  if (auto code = run_role_if_asked(argc, argv, {{"answer", answer_role}})) return *code;
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
