// `weir bench queue`, what the primitives cost: an item through a queue, ours and oneTBB's; making
// a thread and a process; a switch by generator, fiber, coroutine, thread and process; the CPU of
// an idle wait by each poller.
#include <benchmark/benchmark.h>
#include <sys/socket.h>
#include <tbb/concurrent_queue.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "bench/benchmarks.h"
#include "bench/micro.h"
#include "bench/roles.h"
#include "bench/usage.h"
#include "concurrency/binary_lock.h"
#include "concurrency/channel.h"
#include "concurrency/event_loop.h"
#include "concurrency/fiber.h"
#include "concurrency/generator.h"
#include "concurrency/poller.h"
#include "concurrency/process.h"
#include "concurrency/queue.h"
#include "concurrency/thread.h"
#include "concurrency/unique_fd.h"

namespace weir::bench {

using namespace concurrency;

int nothing_role(RoleContext&) { return 0; }

int echo_role(RoleContext& role) {
  Channel channel{UniqueFd(role.fd(0))};
  for (;;) {
    const Received got = channel.receive();
    if (got.status != Receipt::kMessage || !channel.send(got.bytes)) return 0;
  }
}

namespace {

double cpu_us() { return ProcessUse::now().cpu_us + ProcessUse::now(RUSAGE_CHILDREN).cpu_us; }

// Counts the CPU of all threads and of the children that have ended, per item: unlike the time, it
// hardly depends on who else uses the machine. At the end of its scope.
class CpuPerItem {
 public:
  CpuPerItem(benchmark::State& state, double items) : state_(state), items_(items) {}
  ~CpuPerItem() {
    state_.counters["cpu_ns"] =
        1e3 * (cpu_us() - before_) / (items_ * static_cast<double>(state_.iterations()));
  }

 private:
  benchmark::State& state_;
  const double items_;
  const double before_ = cpu_us();
};

struct TbbQueue {
  explicit TbbQueue(std::ptrdiff_t items) { queue.set_capacity(items); }
  void put(long item) { queue.push(item); }
  long get() {
    long item = 0;
    queue.pop(item);
    return item;
  }
  tbb::concurrent_bounded_queue<long> queue;
};

struct OurQueue {
  explicit OurQueue(std::ptrdiff_t items) : queue(items) {}
  void put(long item) { queue.put(std::move(item)); }
  long get() { return *queue.get(); }
  Queue<long> queue;
};

// Half of the threads put, half get; an iteration is 100,000 items.
template <typename AnyQueue>
void queue(benchmark::State& state) {
  constexpr long kItems = 100'000;
  const long pairs = state.range(0) / 2;
  const CpuPerItem cpu(state, kItems);
  for (auto _ : state) {
    AnyQueue queue(1024);
    std::vector<std::jthread> threads;
    for (long i = 0; i < pairs; ++i) {
      threads.emplace_back([&] {
        for (long k = 0; k < kItems / pairs; ++k) queue.put(k);
      });
      threads.emplace_back([&] {
        for (long k = 0; k < kItems / pairs; ++k) benchmark::DoNotOptimize(queue.get());
      });
    }
  }
  state.SetItemsProcessed(state.iterations() * (kItems / pairs) * pairs);
}
BENCHMARK(queue<OurQueue>)->Name("queue/weir")->Arg(2)->Arg(8)->UseRealTime();
BENCHMARK(queue<TbbQueue>)->Name("queue/tbb")->Arg(2)->Arg(8)->UseRealTime();

void create_std_thread(benchmark::State& state) {
  const CpuPerItem cpu(state, 1);
  for (auto _ : state) std::jthread([] {});
}
BENCHMARK(create_std_thread)->Name("create/std_thread")->UseRealTime();

void create_thread(benchmark::State& state) {
  const CpuPerItem cpu(state, 1);
  for (auto _ : state) {
    Thread thread([] {});
    thread.start();
    thread.join();
  }
}
BENCHMARK(create_thread)->Name("create/thread")->UseRealTime();

void create_process(benchmark::State& state) {
  const CpuPerItem cpu(state, 1);
  for (auto _ : state) {
    Process process({.role = kNothingRole});
    process.start();
    process.join();
  }
}
BENCHMARK(create_process)->Name("create/process")->UseRealTime();

Generator<long> count() {
  for (long i = 0;; ++i) co_yield i;
}

// Each iteration of a switch goes there and back.
void switch_generator(benchmark::State& state) {
  const CpuPerItem cpu(state, 1);
  auto numbers = count();
  for (auto _ : state) benchmark::DoNotOptimize(numbers.next());
}
BENCHMARK(switch_generator)->Name("switch/generator");

void switch_fiber(benchmark::State& state) {
  const CpuPerItem cpu(state, 1);
  Fiber other([](std::any) -> std::any {
    for (;;) Fiber::current().parent()->switch_to();
  });
  for (auto _ : state) other.switch_to();
}
BENCHMARK(switch_fiber)->Name("switch/fiber");

Task<> take_turns(EventLoop& loop, benchmark::State* state, bool& stop) {
  if (state == nullptr) {
    while (!stop) co_await loop.yield();
    co_return;
  }
  for (auto _ : *state) co_await loop.yield();
  stop = true;
}

void switch_coroutine(benchmark::State& state) {
  const CpuPerItem cpu(state, 1);
  EventLoop loop(PollerKind::kEpoll);
  bool stop = false;
  auto other = loop.spawn(take_turns(loop, nullptr, stop));
  loop.run(take_turns(loop, &state, stop));
}
BENCHMARK(switch_coroutine)->Name("switch/coroutine");

void switch_thread(benchmark::State& state) {
  const CpuPerItem cpu(state, 1);
  BinaryLock ours, theirs;
  ours.lock();
  theirs.lock();
  std::jthread other([&](std::stop_token stop) {
    for (;;) {
      theirs.lock();
      if (stop.stop_requested()) return;
      ours.unlock();
    }
  });
  for (auto _ : state) {
    theirs.unlock();
    ours.lock();
  }
  other.request_stop();
  theirs.unlock();
  other.join();
  ours.unlock();
  theirs.unlock();
}
BENCHMARK(switch_thread)->Name("switch/thread")->UseRealTime();

void switch_process(benchmark::State& state) {
  const CpuPerItem cpu(state, 1);
  auto [ours, theirs] = Channel::pair();
  Process other({.role = kEchoRole, .fds = {theirs.fd()}});
  other.start();
  theirs.close();
  for (auto _ : state) {
    ours.send("x");
    benchmark::DoNotOptimize(ours.receive());
  }
  ours.close();
  other.join();
}
BENCHMARK(switch_process)->Name("switch/process")->UseRealTime();

// A hundred idle connections watched for 300 ms; cpu_percent is of one CPU.
void idle(benchmark::State& state, PollerKind kind) {
  const auto poller = make_poller(kind);
  std::vector<UniqueFd> ends;
  for (int i = 0; i < 100; ++i) {
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0)
      return state.SkipWithError("no socket pair");
    ends.emplace_back(pair[0]);
    ends.emplace_back(pair[1]);
    poller->add(pair[0], Poller::kRead);
  }
  std::vector<Poller::Ready> ready;
  const double before = cpu_us();
  const auto start = std::chrono::steady_clock::now();
  for (auto _ : state) {
    const auto limit = start + std::chrono::milliseconds(300);
    while (std::chrono::steady_clock::now() < limit) poller->wait(limit, ready);
  }
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  state.counters["cpu_percent"] = 1e-4 * (cpu_us() - before) / wall.count();
}
BENCHMARK_CAPTURE(idle, spin, PollerKind::kSpin)->Iterations(1)->UseRealTime();
BENCHMARK_CAPTURE(idle, select, PollerKind::kSelect)->Iterations(1)->UseRealTime();
BENCHMARK_CAPTURE(idle, poll, PollerKind::kPoll)->Iterations(1)->UseRealTime();
BENCHMARK_CAPTURE(idle, epoll, PollerKind::kEpoll)->Iterations(1)->UseRealTime();
BENCHMARK_CAPTURE(idle, uring, PollerKind::kUring)->Iterations(1)->UseRealTime();

// What belongs to a table: the benchmarks of that prefix.
struct Group {
  const char* key;
  const char* title;
  std::vector<Column> columns;
};

const std::vector<Group>& groups() {
  static const Column name{"name", "", 0}, time{"time_ns", "time ns", 0},
      cpu{"cpu_ns", "CPU ns", 0};
  static const std::vector<Group> all{
      {"queue",
       "An item through a bounded queue of 1024, by threads in all (half put, half get)",
       {name, {"item_ns", "time ns"}, cpu}},
      {"create", "Making one, running it, joining it", {name, time, cpu}},
      {"switch", "A switch there and back; CPU of both sides", {name, time, cpu}},
      {"idle", "Waiting on 100 idle connections", {name, {"cpu_percent", "CPU %", 3}}},
  };
  return all;
}

}  // namespace

int queue_bench(const Arguments& arguments) {
  MicroOptions options;
  std::vector<std::string> only{"queue", "create", "switch", "idle"};
  CLI::App app("Measures queues, and making, switching and waiting of threads and processes.",
               "weir bench queue");
  only_flag(app, only, "queue, create, switch, idle");
  add_micro_flags(app, options);
  app.footer(
      "examples:\n"
      "  weir bench queue                          # half a minute\n"
      "  weir bench queue --only queue --json");
  if (const auto code = read_flags(app, arguments)) return *code;
  Report report("queue", options.json);
  for (const Group& group : groups()) {
    if (std::find(only.begin(), only.end(), group.key) == only.end()) continue;
    report.table(group.key, group.title, group.columns);
    const std::string prefix = group.key + std::string("/");
    run_micro("^" + prefix, options, [&](const std::string& name, Json figures) {
      Json row{{"name", name.substr(prefix.size())}};
      row.update(figures);
      report.row(std::move(row));
    });
  }
  report.note(
      "How to read it: CPU is that of all threads and processes together and hardly changes when "
      "others use\nthe machine; time does. A thread is for "
      "what waits, a process for\nwhat must be limited and killed: make it once and keep it.");
  return report.end();
}

}  // namespace weir::bench
