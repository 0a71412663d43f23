// The primitives under twenty seeds of injected yields, and with workers killed in the middle:
// nothing hangs, no item is lost, and no zombie, descriptor or process is left.
#include <gtest/gtest.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "concurrency/chaos.h"
#include "concurrency/in_flight.h"
#include "concurrency/joinable_queue.h"
#include "concurrency/pool_worker.h"
#include "concurrency/process.h"
#include "concurrency/process_pool.h"
#include "concurrency/queue.h"
#include "concurrency/thread.h"
#include "concurrency/thread_pool.h"
#include "concurrency/wait.h"

namespace weir::concurrency {
namespace {

using namespace std::chrono_literals;

std::size_t open_fds() {
  return static_cast<std::size_t>(std::distance(
      std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator()));
}

// Every child, the zombies included, without reaping any.
std::set<pid_t> children() {
  std::set<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "stat");
    std::string text;
    int parent = 0;
    if (std::getline(file, text) &&
        std::sscanf(text.c_str() + text.rfind(')') + 1, " %*c %d", &parent) == 1 &&
        parent == ::getpid())
      found.insert(std::stoi(text));
  }
  return found;
}

// Of this thread, which never sleeps: a clock that stands still while the machine does.
double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

class Stress : public testing::TestWithParam<std::uint64_t> {
 protected:
  Stress() { set_chaos(GetParam()); }
  ~Stress() override {
    set_chaos(0);
    EXPECT_EQ(open_fds(), fds_);
    EXPECT_TRUE(children().empty());
    EXPECT_EQ(active_count(), threads_);
  }

 private:
  const std::size_t fds_ = open_fds();
  const std::size_t threads_ = active_count();
};

void start(std::vector<Thread>& threads, std::function<void()> function) {
  threads.emplace_back(std::move(function));
  threads.back().start();
}

// Four put, four get, all of it in a queue of three; then again, cancelled in the middle.
template <typename AnyQueue>
void through(bool cancel) {
  constexpr int kItems = 150;
  AnyQueue queue(3);
  std::atomic<int> put{0}, got{0};
  std::atomic<long> put_sum{0}, got_sum{0};
  std::vector<Thread> producers, consumers;
  for (int i = 0; i < 4; ++i) {
    start(producers, [&, i] {
      for (int k = 0; k < kItems; ++k) {
        if (queue.put(1000 * i + k) != QueueStatus::kOk) return;
        ++put;
        put_sum += 1000 * i + k;
      }
    });
    start(consumers, [&] {
      while (auto item = queue.get()) {
        ++got;
        got_sum += *item;
      }
    });
  }
  std::size_t dropped = 0;
  if (cancel) {
    while (got < 100) std::this_thread::yield();
    dropped = queue.cancel();
  }
  for (Thread& each : producers) each.join();
  queue.close();
  for (Thread& each : consumers) each.join();
  EXPECT_EQ(put, got + static_cast<int>(dropped));
  if (cancel) return;
  EXPECT_EQ(put, 4 * kItems);
  EXPECT_EQ(put_sum, got_sum);
}

TEST_P(Stress, QueuesLoseNothing) {
  for (const bool cancel : {false, true}) {
    through<Queue<int>>(cancel);
    through<LifoQueue<int>>(cancel);
    through<PriorityQueue<int>>(cancel);
  }
}

struct Node {
  int depth;
  TaskToken token;
};

TEST_P(Stress, JoinReturnsWithTheLastAndNotBefore) {
  InFlight unfinished;
  Queue<Node> nodes;
  std::atomic<int> visited{0};
  std::vector<Thread> workers;
  nodes.put(Node{0, unfinished.add()});
  for (int i = 0; i < 4; ++i)
    start(workers, [&] {
      for (Node& node : nodes) {
        for (int k = 0; k < 2 && node.depth < 9; ++k)
          nodes.put(Node{node.depth + 1, unfinished.add()});
        ++visited;
        node.token.done();
      }
    });
  unfinished.join();
  EXPECT_EQ(visited, 1023);
  nodes.close();
}

TEST_P(Stress, FuturesAnswerOnce) {
  constexpr int kTasks = 300;
  std::mt19937 random(static_cast<unsigned>(GetParam()));
  std::atomic<int> answers{0}, cancelled{0}, values{0};
  ThreadPool pool({.threads = 4});
  std::vector<Future<int>> futures;
  for (int i = 0; i < kTasks; ++i) {
    futures.push_back(pool.submit([i] { return i; }));
    futures.back().on_done([&](const Future<int>& done) {
      ++answers;
      ++(done.cancelled() ? cancelled : values);
    });
    if (random() % 3 == 0) futures[random() % futures.size()].cancel();
  }
  EXPECT_TRUE(wait(futures).pending.empty());
  pool.shutdown();
  EXPECT_EQ(answers, kTasks);
  EXPECT_EQ(cancelled + values, kTasks);
  for (int i = 0; i < kTasks; ++i) {
    const auto& each = futures[static_cast<std::size_t>(i)];
    if (each.cancelled()) continue;
    EXPECT_EQ(each.get(kNow), i);
  }
}

// Kills a child now and then, as the replies come in, and watches how long it stays a zombie.
TEST_P(Stress, ProcessPoolOutlivesItsWorkers) {
  constexpr int kTasks = 150;
  std::mt19937 random(static_cast<unsigned>(GetParam()));
  std::atomic<int> replies{0};
  int kills = 0;
  {
    ProcessPool pool({.role = "echo", .workers = 3, .tries = 100, .deaths_in_a_row = 1000});
    Thread killer([&] {
      for (int at = 10; at < kTasks - 10; at += 5 + static_cast<int>(random() % 20)) {
        while (replies < at) std::this_thread::yield();
        const auto alive = children();
        if (alive.empty()) continue;
        const pid_t victim = *std::next(alive.begin(), random() % alive.size());
        if (::kill(victim, SIGKILL) == 0) ++kills;
        for (const double limit = cpu_seconds() + 1; children().contains(victim);)
          ASSERT_LT(cpu_seconds(), limit) << "a zombie older than a second";
      }
    });
    killer.start();
    std::vector<Future<PoolReply>> futures;
    for (int i = 0; i < kTasks; ++i) {
      futures.push_back(pool.submit({.header = std::to_string(i)}));
      futures.back().on_done([&](const auto&) { ++replies; });
    }
    for (int i = 0; i < kTasks; ++i) {
      const PoolReply& reply = futures[static_cast<std::size_t>(i)].get(after(60s));
      EXPECT_EQ(reply.kind, PoolReply::Kind::kDone) << reply.message;
      EXPECT_EQ(reply.result, std::to_string(i) + " done");
    }
    killer.join();
    EXPECT_GT(kills, 0);
    pool.close();
    pool.wait();  // a result can be had before its callbacks have run
    EXPECT_EQ(replies, kTasks);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Stress, testing::Range<std::uint64_t>(1, 21));

int echo_role(RoleContext& role) {
  return serve_pool(role, {.handle = [](std::string_view header, auto, ResultWriter& out) {
                      (void)out.append(header);
                      (void)out.append(" done");
                    }});
}

}  // namespace
}  // namespace weir::concurrency

int main(int argc, char** argv) {
  using namespace weir::concurrency;
  if (auto code = run_role_if_asked(argc, argv, {{"echo", echo_role}})) return *code;
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
