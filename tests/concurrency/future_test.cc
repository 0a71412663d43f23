#include "concurrency/future.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "concurrency/event.h"
#include "concurrency/report.h"
#include "concurrency/thread_pool.h"
#include "concurrency/wait.h"
#include "tests/concurrency/crew.h"

namespace weir::concurrency {
namespace {

using namespace std::chrono_literals;

std::exception_ptr some_error() {
  return std::make_exception_ptr(std::runtime_error("some error"));
}

Future<int> ready(int value) {
  Promise<int> promise;
  promise.set_value(value);
  return promise.future();
}

TEST(Future, FU1_States) {
  const auto check = [](const Future<int>& f, FutureState state, bool done) {
    EXPECT_EQ(f.state(), state);
    EXPECT_EQ(f.done(), done);
    EXPECT_EQ(f.running(), state == FutureState::kRunning);
    EXPECT_EQ(f.cancelled(), state == FutureState::kCancelled);
  };
  Promise<int> pending, running, cancelled, failed;
  running.start();
  cancelled.future().cancel();
  EXPECT_FALSE(cancelled.start());
  failed.set_exception(some_error());
  check(pending.future(), FutureState::kPending, false);
  check(running.future(), FutureState::kRunning, false);
  check(cancelled.future(), FutureState::kCancelled, true);
  check(failed.future(), FutureState::kFailed, true);
  check(ready(1), FutureState::kReady, true);
  EXPECT_THROW(running.start(), InvalidState);
}

TEST(Future, FU2_GetAndErrorByState) {
  Promise<int> pending;
  EXPECT_THROW(pending.future().get(after(1ms)), TimedOut);
  EXPECT_THROW(pending.future().error(kNow), TimedOut);
  pending.future().cancel();
  EXPECT_THROW(pending.future().get(), Cancelled);
  EXPECT_THROW(pending.future().error(), Cancelled);
  Promise<void> failed;
  failed.set_exception(some_error());
  EXPECT_THROW(failed.future().get(), std::runtime_error);
  EXPECT_EQ(describe(failed.future().error()), "some error");
  const Future<int> value = ready(5);
  EXPECT_EQ(value.get(), 5);
  EXPECT_EQ(value.get(), 5);
  EXPECT_EQ(value.error(), nullptr);
  Promise<std::unique_ptr<int>> owner;
  owner.set_value(std::make_unique<int>(6));
  const std::unique_ptr<int> taken = owner.future().get();
  EXPECT_EQ(*taken, 6);
}

TEST(Future, FU3_AWaiterIsReleasedByEveryOutcome) {
  for (const int how : {0, 1, 2}) {
    Promise<int> promise;
    const Future<int> future = promise.future();
    std::atomic<bool> started = false;
    Crew crew;
    crew.add(1, [&](int) {
      started = true;
      EXPECT_TRUE(future.wait());
    });
    ASSERT_TRUE(eventually([&] { return started.load(); }));
    if (how == 0) promise.set_value(1);
    if (how == 1) promise.set_exception(some_error());
    if (how == 2) {
      EXPECT_TRUE(future.cancel());
    }
  }
}

TEST(Future, FU4_CancelOnlyStopsWhatHasNotBegun) {
  Promise<int> pending, running;
  EXPECT_TRUE(pending.future().cancel());
  EXPECT_TRUE(pending.future().cancel());
  EXPECT_TRUE(running.start());
  EXPECT_FALSE(running.future().cancel());
  EXPECT_TRUE(running.future().running());
  EXPECT_FALSE(ready(1).cancel());
  EXPECT_EQ(ready(1).get(), 1);
}

TEST(Future, FU5_TheFirstOutcomeStays) {
  Promise<int> promise;
  promise.set_value(1);
  EXPECT_THROW(promise.set_value(2), InvalidState);
  EXPECT_THROW(promise.set_exception(some_error()), InvalidState);
  EXPECT_THROW(promise.set_cancelled(), InvalidState);
  EXPECT_EQ(promise.future().get(), 1);
}

TEST(Future, FU6_FU7_CallbacksSeeTheFinalState) {
  for (const bool late : {false, true}) {
    Promise<int> value, error, cancelled;
    std::vector<FutureState> seen;
    const auto callback = [&](const Future<int>& f) { seen.push_back(f.state()); };
    const auto add = [&] {
      for (auto* each : {&value, &error, &cancelled}) each->future().on_done(callback);
    };
    if (!late) add();
    value.set_value(1);
    error.set_exception(some_error());
    cancelled.future().cancel();
    if (late) add();
    EXPECT_EQ(seen,
              (std::vector{FutureState::kReady, FutureState::kFailed, FutureState::kCancelled}));
  }
}

TEST(Future, FU8_CallbacksRunInTheOrderOfAdding) {
  Promise<void> promise;
  std::vector<int> order;
  for (int i = 0; i < 1000; ++i)
    promise.future().on_done([&order, i](const Future<void>&) { order.push_back(i); });
  promise.set_value();
  ASSERT_EQ(order.size(), 1000u);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST(Future, FU9_AThrowingCallbackIsReportedAndHarmsNobody) {
  std::vector<std::string> reported;
  const Reporter before = set_reporter([&](std::string_view line) { reported.emplace_back(line); });
  Promise<int> promise;
  int ran = 0;
  const auto bad = [](const Future<int>&) { throw std::runtime_error("bad callback"); };
  promise.future().on_done(bad);
  promise.future().on_done([&](const Future<int>&) { ++ran; });
  promise.set_value(1);
  promise.future().on_done(bad);
  set_reporter(before);
  EXPECT_EQ(ran, 1);
  ASSERT_EQ(reported.size(), 2u);
  EXPECT_NE(reported[0].find("exception calling callback"), std::string::npos);
  EXPECT_NE(reported[0].find("bad callback"), std::string::npos);
}

// FU10: the arity is checked by a static_assert, which a test can only show the reason of.
TEST(Future, FU10_ACallbackTakesExactlyOneFuture) {
  const auto none = [] {};
  const auto one = [](const Future<int>&) {};
  const auto two = [](const Future<int>&, int) {};
  static_assert(!std::invocable<decltype(none), Future<int>>);
  static_assert(std::invocable<decltype(one), Future<int>>);
  static_assert(!std::invocable<decltype(two), Future<int>>);
}

TEST(Future, FU11_CallbacksRunWhereTheyAreToldTo) {
  ThreadPool pool({.threads = 1});
  const std::thread::id there = pool.submit([] { return std::this_thread::get_id(); }).get();
  Promise<int> promise;
  std::thread::id completing, plain;
  Promise<std::thread::id> in_pool, late;
  promise.future().on_done([&](const Future<int>&) { plain = std::this_thread::get_id(); });
  promise.future().on_done(pool, [&](const Future<int>& f) {
    EXPECT_EQ(f.get(), 1);
    in_pool.set_value(std::this_thread::get_id());
  });
  std::jthread([&] {
    completing = std::this_thread::get_id();
    promise.set_value(1);
  }).join();
  promise.future().on_done(pool,
                           [&](const Future<int>&) { late.set_value(std::this_thread::get_id()); });
  EXPECT_EQ(plain, completing);
  EXPECT_EQ(in_pool.future().get(), there);
  EXPECT_EQ(late.future().get(), there);
}

TEST(Future, FU12_SnapshotsAreConsistent) {
  for (int round = 0; round < 20; ++round) {
    Promise<std::string> promise;
    const Future<std::string> future = promise.future();
    Crew crew;
    crew.add(4, [&](int) {
      for (;;) {
        const auto seen = future.snapshot();
        EXPECT_EQ(seen.error, nullptr);
        EXPECT_EQ(seen.value != nullptr, seen.state == FutureState::kReady);
        if (seen.value == nullptr) continue;
        EXPECT_EQ(*seen.value, "whole");
        break;
      }
    });
    promise.start();
    promise.set_value("whole");
  }
}

TEST(Future, FU13_ADroppedPromiseIsBroken) {
  Future<int> future;
  EXPECT_FALSE(future.valid());
  {
    Promise<int> promise;
    future = promise.future();
    Promise<int> moved = std::move(promise);
    EXPECT_FALSE(future.done());
  }
  EXPECT_THROW(future.get(), BrokenPromise);
}

TEST(Future, FU14_CancelAsksARunningTaskToStop) {
  ThreadPool pool({.threads = 1});
  Event started;
  const auto task = pool.submit([&](const std::stop_token& stop) {
    Event never;
    started.set();
    never.wait(stop);
    throw Cancelled();
  });
  started.wait();
  EXPECT_FALSE(task.cancel());
  EXPECT_TRUE(task.wait());
  EXPECT_TRUE(task.cancelled());
}

TEST(Future, FU15_TheCallableIsGoneWhenTheFutureIsDone) {
  ThreadPool pool({.threads = 1});
  const auto argument = std::make_shared<int>(1);
  const auto captured = std::make_shared<int>(2);
  const auto future =
      pool.submit([captured](const std::shared_ptr<int>& value) { return *value; }, argument);
  EXPECT_EQ(future.get(), 1);
  EXPECT_EQ(argument.use_count(), 1);
  EXPECT_EQ(captured.use_count(), 1);
}

TEST(Future, FU16_CallbacksCanBeRemoved) {
  Promise<int> promise;
  int ran = 0;
  const CallbackId id = promise.future().on_done([&](const Future<int>&) { ++ran; });
  EXPECT_EQ(promise.future().callbacks(), 1u);
  EXPECT_TRUE(promise.future().remove(id));
  EXPECT_FALSE(promise.future().remove(id));
  promise.set_value(1);
  EXPECT_EQ(ran, 0);
}

using Futures = std::vector<Future<int>>;

TEST(Wait, WA1_AllFirstAndFirstException) {
  Promise<int> one, two, three;
  const Futures all{one.future(), two.future(), three.future()};
  one.set_value(1);
  const auto first = wait(all, WaitFor::kFirst);
  EXPECT_EQ(first.done, Futures{one.future()});
  EXPECT_EQ(first.pending.size(), 2u);
  Crew crew;
  crew.add(1, [&](int) { two.set_exception(some_error()); });
  const auto failed = wait(all, WaitFor::kFirstException);
  EXPECT_EQ(failed.done.size(), 2u);
  EXPECT_EQ(failed.pending, Futures{three.future()});
  crew.add(1, [&](int) { three.set_value(3); });
  EXPECT_EQ(wait(all).done.size(), 3u);
  EXPECT_EQ(three.future().callbacks(), 0u);
}

TEST(Wait, WA3_DuplicatesCountOnce) {
  const Future<int> one = ready(1);
  EXPECT_EQ(wait(Futures{one, one, one}).done.size(), 1u);
  int seen = 0;
  for (Future<int>& each : as_completed(Futures{one, one})) seen += each.get();
  EXPECT_EQ(seen, 1);
}

TEST(Wait, WA4_ALimitCancelsNothing) {
  Promise<int> never;
  const auto waited = wait(Futures{ready(1), never.future()}, WaitFor::kAll, after(5ms));
  EXPECT_EQ(waited.done.size(), 1u);
  EXPECT_EQ(waited.pending.size(), 1u);
  EXPECT_FALSE(never.future().done());
  EXPECT_EQ(never.future().callbacks(), 0u);
  EXPECT_TRUE(wait(Futures{}).done.empty());
}

TEST(AsCompleted, WA5_InTheOrderOfCompletionAndTimesOutByName) {
  Promise<int> a, b, c, d;
  c.set_value(3);
  auto completed =
      as_completed(Futures{a.future(), b.future(), c.future(), d.future()}, after(50ms));
  EXPECT_EQ(*completed.next(), c.future());
  b.set_value(2);
  EXPECT_EQ(*completed.next(), b.future());
  try {
    completed.next();
    FAIL() << "no limit";
  } catch (const TimedOut& timeout) {
    EXPECT_STREQ(timeout.what(), "2 of 4 unfinished");
  }
}

TEST(AsCompleted, WA6_WA7_NothingIsRetained) {
  const auto tracked = std::make_shared<int>(1);
  Promise<std::shared_ptr<int>> never;
  {
    Promise<std::shared_ptr<int>> done;
    done.set_value(tracked);
    std::vector<Future<std::shared_ptr<int>>> all{done.future(), never.future()};
    done = Promise<std::shared_ptr<int>>();
    auto completed = as_completed(std::move(all));
    EXPECT_EQ(*completed.next()->get(), 1);
    EXPECT_EQ(tracked.use_count(), 1);
    EXPECT_EQ(never.future().callbacks(), 1u);
  }
  EXPECT_EQ(never.future().callbacks(), 0u);
}

TEST(Wait, WA8_AHundredReleasedByOneEvent) {
  for (int round = 0; round < 3; ++round) {
    Event go;
    ThreadPool pool({.threads = 16});
    Futures futures;
    for (int i = 0; i < 100; ++i)
      futures.push_back(pool.submit([&, i] {
        go.wait();
        return i;
      }));
    Crew crew;
    crew.add(1, [&](int) { go.set(); });
    EXPECT_EQ(wait(futures).done.size(), 100u);
  }
}

}  // namespace
}  // namespace weir::concurrency
