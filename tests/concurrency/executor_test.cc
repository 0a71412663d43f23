#include "concurrency/executor.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "concurrency/event.h"
#include "concurrency/map.h"
#include "concurrency/report.h"
#include "concurrency/thread_per_task.h"
#include "concurrency/thread_pool.h"
#include "concurrency/wait.h"
#include "tests/concurrency/crew.h"

namespace weir::concurrency {
namespace {

using namespace std::chrono_literals;

template <typename E>
class Executors : public testing::Test {};
using ExecutorTypes = testing::Types<InlineExecutor, ThreadPerTask, ThreadPool>;
TYPED_TEST_SUITE(Executors, ExecutorTypes);

TYPED_TEST(Executors, EX1_SubmitReturnsTheValue) {
  TypeParam executor;
  EXPECT_EQ(executor.submit([](int a, int b) { return a - b; }, 5, 3).get(), 2);
  auto owned = std::make_unique<int>(4);
  EXPECT_EQ(executor.submit([](std::unique_ptr<int> p) { return *p; }, std::move(owned)).get(), 4);
  EXPECT_THROW(executor.submit([] { throw std::runtime_error("task"); }).get(), std::runtime_error);
}

TYPED_TEST(Executors, EX3_AfterShutdownSubmitThrows) {
  TypeParam executor;
  executor.shutdown();
  executor.shutdown();
  EXPECT_THROW(executor.submit([] {}), ExecutorShutDown);
}

TYPED_TEST(Executors, EX4_ShutdownRunsEverythingQueued) {
  TypeParam executor;
  std::vector<Future<int>> futures;
  for (int i = 0; i < 50; ++i) futures.push_back(executor.submit([i] { return i * i; }));
  executor.shutdown();
  for (int i = 0; i < 50; ++i) EXPECT_EQ(futures[static_cast<std::size_t>(i)].get(kNow), i * i);
}

TEST(ThreadPool, EX2_RefusesLessThanOneThread) {
  EXPECT_THROW(ThreadPool({.threads = 0}), std::invalid_argument);
  EXPECT_THROW(ThreadPool({.threads = -1}), std::invalid_argument);
}

TEST(ThreadPool, EX5_CancelPendingLetsTheRunningFinish) {
  ThreadPool pool({.threads = 1});
  Event running, go;
  const auto first = pool.submit([&] {
    running.set();
    go.wait();
    return 1;
  });
  std::vector<Future<int>> rest;
  for (int i = 0; i < 20; ++i) rest.push_back(pool.submit([] { return 2; }));
  running.wait();
  Crew crew;
  crew.add(1, [&](int) {
    rest.back().wait();
    go.set();
  });
  pool.shutdown(Shutdown::kCancelPending);
  EXPECT_EQ(first.get(kNow), 1);
  for (const auto& each : rest) EXPECT_TRUE(each.cancelled());
}

TEST(ThreadPool, EX6_ShutdownWithoutWaitingReturnsAtOnce) {
  Event go;
  Future<int> last;
  {
    ThreadPool pool({.threads = 1});
    pool.submit([&] { go.wait(); });
    last = pool.submit([] { return 1; });
    pool.shutdown(Shutdown::kNoWait);
    EXPECT_FALSE(last.done());
    EXPECT_THROW(pool.submit([] {}), ExecutorShutDown);
    go.set();
  }
  EXPECT_EQ(last.get(kNow), 1);
}

TEST(ThreadPool, EX7_CancellingWhatWasJustSubmittedDoesNotHang) {
  for (int i = 0; i < 50; ++i) {
    ThreadPool pool({.threads = 2});
    pool.submit([] {}).cancel();
    pool.shutdown();
  }
}

TEST(Map, EX8_KeepsTheOrderAndGoesOnBehindAnException) {
  ThreadPool pool({.threads = 4});
  auto results = map(
      pool,
      [](int i) {
        if (i == 3) throw TimedOut("by the task");
        return 10 / i;
      },
      std::vector{5, 3, 2});
  EXPECT_EQ(results.next(), 2);
  EXPECT_THROW(results.next(), TimedOut);  // the task's own, so the rest is not cancelled
  EXPECT_EQ(results.next(), 5);
  EXPECT_EQ(results.next(), std::nullopt);
}

TEST(Map, EX8_SubmitsEagerlyAndItsLimitCancelsTheRest) {
  ThreadPool pool({.threads = 1});
  Event go;
  std::atomic<int> ran = 0;
  {
    auto results = map(pool,
                       [&](int) {
                         go.wait();
                         ++ran;
                         return 0;
                       },
                       std::vector{1, 2, 3}, {.deadline = after(5ms)});
    EXPECT_TRUE(eventually([&] { return pool.queued() == 2; }));
    EXPECT_THROW(results.next(), TimedOut);
    EXPECT_EQ(results.next(), std::nullopt);
  }
  go.set();
  pool.shutdown();
  EXPECT_EQ(ran, 1);
}

TEST(Map, EX9_ABufferBoundsHowFarItReadsAhead) {
  ThreadPool pool({.threads = 2});
  int pulled = 0;
  const auto endless = [&pulled]() -> std::optional<int> { return pulled++; };
  const auto twice = [](int i) { return 2 * i; };
  auto results = map(pool, twice, endless, {.buffer = 3});
  EXPECT_EQ(pulled, 3);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(results.next(), 2 * i);
    EXPECT_EQ(pulled, i + 4);
  }
  EXPECT_THROW(map(pool, twice, endless, {.buffer = 0}), std::invalid_argument);
}

TEST(ThreadPool, EX10_TheInitializerRunsOncePerWorkerFirst) {
  std::atomic<int> initialized = 0;
  ThreadPool pool({.threads = 3, .initializer = [&] { ++initialized; }});
  for (int i = 0; i < 30; ++i) pool.submit([&] { EXPECT_GE(initialized, 1); });
  pool.shutdown();
  EXPECT_EQ(initialized, pool.threads());
}

TEST(ThreadPool, EX10_AThrowingInitializerBreaksThePool) {
  std::string reported;
  const Reporter before = set_reporter([&](std::string_view line) { reported += line; });
  Event go;
  {
    ThreadPool pool({.threads = 1, .initializer = [&] {
                       go.wait();
                       throw std::runtime_error("no licence");
                     }});
    const auto one = pool.submit([] {});
    const auto two = pool.submit([] {});
    go.set();
    EXPECT_THROW(one.get(), BrokenExecutor);
    EXPECT_THROW(two.get(), BrokenExecutor);
    EXPECT_THROW(pool.submit([] {}), BrokenExecutor);
  }
  set_reporter(before);
  EXPECT_NE(reported.find("no licence"), std::string::npos);
}

TEST(ThreadPool, EX11_ATaskMayWaitForATaskOfItsOwnPool) {
  ThreadPool pool({.threads = 1});
  const auto nested = pool.submit([&] {
    auto inner = pool.submit([&] { return pool.submit([] { return 1; }).get() + 1; });
    std::vector<Future<int>> many;
    for (int i = 0; i < 3; ++i) many.push_back(pool.submit([i] { return i; }));
    int sum = inner.get();
    for (const auto& each : wait(many).done) sum += each.get();
    for (auto& each : as_completed(std::vector{pool.submit([] { return 10; })})) sum += each.get();
    return sum;
  });
  EXPECT_EQ(nested.get(), 15);
  EXPECT_EQ(pool.threads(), 1);
}

TEST(ThreadPool, TP1_ThreadsAreMadeWithTheWorkAndNoMoreThanTheLimit) {
  const std::size_t before = active_count();
  ThreadPool pool({.threads = 3});
  EXPECT_EQ(active_count(), before);
  EXPECT_EQ(pool.threads(), 0);
  Event go;
  for (int i = 0; i < 45; ++i) pool.submit([&] { go.wait(); });
  EXPECT_EQ(pool.threads(), 3);
  EXPECT_EQ(active_count(), before + 3);
  go.set();
  pool.shutdown();
  EXPECT_EQ(active_count(), before);
}

TEST(ThreadPool, TP2_AnIdleWorkerIsReused) {
  ThreadPool pool({.threads = 4});
  for (int i = 0; i < 3; ++i) {
    pool.submit([] {}).get();
    // A worker counts as idle a moment after its future is done.
    ASSERT_TRUE(eventually([&] { return pool.waiting() == pool.threads(); }));
  }
  EXPECT_EQ(pool.threads(), 1);
}

TEST(ThreadPool, TP3_ThreadsAreNamedByPrefixAndNumber) {
  ThreadPool named({.threads = 2, .name = "fetch"});
  EXPECT_EQ(named.submit([] { return current_thread().name; }).get(), "fetch_0");
  ThreadPool one, two;
  const auto name = [] { return current_thread().name; };
  EXPECT_NE(one.submit(name).get(), two.submit(name).get());
}

TEST(ThreadPool, TP4_DefaultSize) {
  EXPECT_EQ(default_pool_size(), std::min(32, available_cpus() + 4));
  EXPECT_GE(available_cpus(), 1);
  EXPECT_EQ(ThreadPool().free_count(), default_pool_size());
}

TEST(ThreadPool, TP5_ThePoolsEndComputesWhatIsOutstanding) {
  std::vector<Future<int>> futures;
  {
    ThreadPool pool({.threads = 2});
    for (int i = 0; i < 30; ++i) futures.push_back(pool.submit([i] { return i; }));
  }
  for (const auto& each : futures) EXPECT_TRUE(each.done());
}

TEST(ThreadPool, TP6_AThrowingTaskDoesNotLoseItsWorker) {
  ThreadPool pool({.threads = 3});
  for (int i = 0; i < 9; ++i) pool.submit([] { throw std::runtime_error("task"); });
  ASSERT_TRUE(pool.wait_idle());
  std::atomic<int> together = 0;
  std::vector<Future<bool>> all;
  for (int i = 0; i < 3; ++i)
    all.push_back(pool.submit([&] {
      ++together;
      return eventually([&] { return together == 3; });
    }));
  for (const auto& each : all) EXPECT_TRUE(each.get());
}

TEST(ThreadPool, TP7_WaitIdleAndFreeCount) {
  const Reporter before = set_reporter([](std::string_view) {});
  ThreadPool pool({.threads = 2});
  EXPECT_TRUE(pool.wait_idle(kNow));
  Event go;
  for (int i = 0; i < 4; ++i)
    pool.submit([&] { go.wait(); }).on_done([](const Future<void>&) {
      throw std::logic_error("x");
    });
  EXPECT_FALSE(pool.wait_idle(after(5ms)));
  go.set();
  EXPECT_TRUE(pool.wait_idle());
  EXPECT_EQ(pool.free_count(), 2);
  set_reporter(before);
}

TEST(ThreadPerTask, EachTaskHasAThreadOfItsOwn) {
  ThreadPerTask executor("transfer");
  std::atomic<int> together = 0;
  std::vector<Future<std::string>> all;
  for (int i = 0; i < 10; ++i)
    all.push_back(executor.submit([&] {
      ++together;
      EXPECT_TRUE(eventually([&] { return together == 10; }));
      return current_thread().name;
    }));
  std::set<std::string> names;
  for (const auto& each : all) names.insert(each.get());
  EXPECT_EQ(names.size(), 10u);
  EXPECT_TRUE(names.contains("transfer_9"));
}

}  // namespace
}  // namespace weir::concurrency
