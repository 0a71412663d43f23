// What the primitives cost: an item through a queue, ours and oneTBB's; making a thread and a
// process; a switch by generator, fiber, coroutine, thread and process; the CPU of an idle wait by
// each poller.
//
//   queue_bench [--benchmark_filter=queue]
#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <tbb/concurrent_queue.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

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

namespace weir::concurrency {
namespace {

double cpu_seconds(int who) {
  rusage usage{};
  ::getrusage(who, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}
double cpu_seconds() { return cpu_seconds(RUSAGE_SELF) + cpu_seconds(RUSAGE_CHILDREN); }

// Counts the CPU of all threads and of the children that have ended, per item: unlike the time, it
// hardly depends on who else uses the machine. At the end of its scope.
class CpuPerItem {
 public:
  CpuPerItem(benchmark::State& state, double items) : state_(state), items_(items) {}
  ~CpuPerItem() {
    state_.counters["cpu_ns"] =
        1e9 * (cpu_seconds() - before_) / (items_ * static_cast<double>(state_.iterations()));
  }

 private:
  benchmark::State& state_;
  const double items_;
  const double before_ = cpu_seconds();
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

int nothing_role(RoleContext&) { return 0; }

void create_process(benchmark::State& state) {
  const CpuPerItem cpu(state, 1);
  for (auto _ : state) {
    Process process({.role = "nothing"});
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

int echo_role(RoleContext& role) {
  Channel channel{UniqueFd(role.fd(0))};
  for (;;) {
    const Received got = channel.receive();
    if (got.status != Receipt::kMessage || !channel.send(got.bytes)) return 0;
  }
}

void switch_process(benchmark::State& state) {
  const CpuPerItem cpu(state, 1);
  auto [ours, theirs] = Channel::pair();
  Process other({.role = "echo", .fds = {theirs.fd()}});
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
  const double before = cpu_seconds();
  const auto start = std::chrono::steady_clock::now();
  for (auto _ : state) {
    const auto limit = start + std::chrono::milliseconds(300);
    while (std::chrono::steady_clock::now() < limit) poller->wait(limit, ready);
  }
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  state.counters["cpu_percent"] = 100 * (cpu_seconds() - before) / wall.count();
}
BENCHMARK_CAPTURE(idle, spin, PollerKind::kSpin)->Iterations(1)->UseRealTime();
BENCHMARK_CAPTURE(idle, select, PollerKind::kSelect)->Iterations(1)->UseRealTime();
BENCHMARK_CAPTURE(idle, poll, PollerKind::kPoll)->Iterations(1)->UseRealTime();
BENCHMARK_CAPTURE(idle, epoll, PollerKind::kEpoll)->Iterations(1)->UseRealTime();
BENCHMARK_CAPTURE(idle, uring, PollerKind::kUring)->Iterations(1)->UseRealTime();

}  // namespace
}  // namespace weir::concurrency

int main(int argc, char** argv) {
  using namespace weir::concurrency;
  if (auto code = run_role_if_asked(argc, argv, {{"nothing", nothing_role}, {"echo", echo_role}}))
    return *code;
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
