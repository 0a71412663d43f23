// The coroutine runtime as gevent's tests describe it; time is virtual throughout.
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "concurrency/async_event.h"
#include "concurrency/async_semaphore.h"
#include "concurrency/await_future.h"
#include "concurrency/event_loop.h"
#include "concurrency/join_all.h"
#include "concurrency/task_group.h"

namespace weir::concurrency {
namespace {

using namespace std::chrono_literals;

class Coroutine : public testing::Test {
 protected:
  VirtualClock clock;
  EventLoop loop{PollerKind::kEpoll, {.clock = &clock, .detect_deadlock = true}};
  std::string log;
};

Task<int> value_after(EventLoop& loop, Nanoseconds delay, int value) {
  co_await loop.sleep_for(delay);
  co_return value;
}
Task<int> fail_after(EventLoop& loop, Nanoseconds delay, std::string what) {
  co_await loop.sleep_for(delay);
  throw std::runtime_error(what);
}

TEST_F(Coroutine, CO1_StatesFromSpawnToEnd) {
  auto good = loop.spawn(value_after(loop, 1s, 7));
  auto bad = loop.spawn(fail_after(loop, 1s, "x"));
  EXPECT_EQ(good.status(), TaskStatus::kNotStarted);
  EXPECT_THROW(good.get(), std::logic_error);
  auto check = [](EventLoop& loop, TaskHandle<int> task) -> Task<> {
    co_await loop.yield();
    EXPECT_EQ(task.status(), TaskStatus::kStarted);
    EXPECT_FALSE(task.done());
  };
  loop.run(check(loop, good));
  loop.run();
  EXPECT_EQ(good.status(), TaskStatus::kSucceeded);
  EXPECT_EQ(good.get(), 7);
  EXPECT_EQ(bad.status(), TaskStatus::kFailed);
  EXPECT_THROW(bad.get(), std::runtime_error);
}

TEST_F(Coroutine, CO2_JoinHasALimitAndGetRethrows) {
  auto task = loop.spawn(fail_after(loop, 10s, "late"));
  auto body = [](EventLoop& loop, TaskHandle<int> other) -> Task<> {
    EXPECT_FALSE(co_await other.join(loop.now() + 5s));
    EXPECT_TRUE(co_await other.join(loop.now() + 6s));
    EXPECT_TRUE(co_await other.join());
    EXPECT_THROW(other.get(), std::runtime_error);
  };
  loop.run(body(loop, task));
}

TEST_F(Coroutine, CO2_JoinAllTakesDuplicatesACountAndALimit) {
  std::vector<TaskHandle<int>> tasks;
  for (int i = 3; i > 0; --i) tasks.push_back(loop.spawn(value_after(loop, i * 1s, i)));
  tasks.push_back(tasks[0]);
  auto body = [](EventLoop& loop, std::vector<TaskHandle<int>> all) -> Task<> {
    const auto first = co_await join_all(all, kNever, 1);
    EXPECT_EQ(first.size(), 1u);
    EXPECT_EQ(first.at(0).get(), 1);
    EXPECT_EQ((co_await join_all(all, loop.now() + 1500ms)).size(), 2u);
    EXPECT_EQ((co_await join_all(all)).size(), 3u);
    EXPECT_EQ((co_await join_all(std::vector<TaskHandle<int>>())).size(), 0u);
  };
  loop.run(body(loop, tasks));
}

TEST_F(Coroutine, CO2_AGroupRethrowsTheEarliestFailureAndCancelsTheOthers) {
  auto body = [](EventLoop& loop, std::string* out) -> Task<> {
    TaskGroup group(loop);
    auto slow = group.spawn(value_after(loop, 1h, 1));
    auto later = group.spawn(fail_after(loop, 3s, "later"));
    auto early = group.spawn(fail_after(loop, 2s, "early"));
    try {
      co_await group.join();
    } catch (const std::runtime_error& error) {
      *out = error.what();
    }
    EXPECT_EQ(slow.status(), TaskStatus::kCancelled);
    EXPECT_EQ(later.status(), TaskStatus::kCancelled);
  };
  loop.run(body(loop, &log));
  EXPECT_EQ(log, "early");
}

TEST_F(Coroutine, CO3_ListenersRunInOrderAndOneThatThrowsStopsNobody) {
  auto task = loop.spawn(value_after(loop, 1s, 1));
  task.on_done([this](TaskStatus) { log += "a"; });
  task.on_done([](TaskStatus) { throw std::runtime_error("listener"); });
  const auto removed = task.on_done([this](TaskStatus) { log += "removed"; });
  task.on_done([this](TaskStatus) { log += "b"; });
  task.remove_listener(removed);
  task.remove_listener(12345);
  EXPECT_THROW(loop.run(), std::runtime_error);
  EXPECT_EQ(log, "ab");
  task.on_done([this](TaskStatus status) {
    if (status == TaskStatus::kSucceeded) log += "c";
  });
  EXPECT_EQ(log, "abc");
}

Task<> note(EventLoop& loop, std::string* out) {
  *out += "started ";
  try {
    co_await loop.sleep_for(1h);
  } catch (const TaskCancelled&) {
    *out += "cancelled ";
    throw;
  }
}

TEST_F(Coroutine, CO4_KillBeforeStartAfterStartAndTwice) {
  auto before = loop.spawn(note(loop, &log));
  before.cancel();
  EXPECT_EQ(before.status(), TaskStatus::kCancelled);
  EXPECT_THROW(before.get(), TaskCancelled);
  auto after = loop.spawn(note(loop, &log));
  auto body = [](EventLoop& loop, TaskHandle<> task) -> Task<> {
    co_await loop.yield();
    task.cancel();
    EXPECT_FALSE(task.done()) << "cancel does not wait";
    task.cancel();
    co_await task.join();
    EXPECT_EQ(task.status(), TaskStatus::kCancelled);
    task.cancel();
  };
  loop.run(body(loop, after));
  EXPECT_EQ(log, "started cancelled ");
  EXPECT_EQ(loop.live_tasks(), 0u);
}

TEST_F(Coroutine, CO4_ARunningTaskThatIsKilledEndsAtItsNextWait) {
  auto body = [](EventLoop& loop, TaskHandle<>* self, std::string* out) -> Task<> {
    self->cancel();
    *out += "goes on ";
    co_await loop.yield();
    *out += "not reached";
  };
  TaskHandle<> self;
  self = loop.spawn(body(loop, &self, &log));
  loop.run();
  EXPECT_EQ(log, "goes on ");
  EXPECT_EQ(self.status(), TaskStatus::kCancelled);
}

TEST_F(Coroutine, CO4_KilledWaitersLeaveNoEntry) {
  AsyncSemaphore sem(0);
  AsyncEvent event;
  auto wait_sem = [](AsyncSemaphore& from) -> Task<> { co_await from.acquire(); };
  auto wait_event = [](AsyncEvent& from) -> Task<> { co_await from.wait(); };
  auto one = loop.spawn(wait_sem(sem));
  auto two = loop.spawn(wait_event(event));
  auto turn = [](EventLoop& loop) -> Task<> { co_await loop.yield(); };
  loop.run(turn(loop));
  EXPECT_EQ(sem.waiting(), 1u);
  EXPECT_EQ(event.waiting(), 1u);
  one.cancel();
  two.cancel();
  loop.run();
  EXPECT_EQ(sem.waiting(), 0u);
  EXPECT_EQ(event.waiting(), 0u);
  sem.release();
  EXPECT_EQ(sem.available(), 1u);
}

TEST_F(Coroutine, CO6_LimitsNestAndAreToldApart) {
  auto inner = [](EventLoop& loop, Nanoseconds limit, std::string* out) -> Task<int> {
    const auto value = co_await with_deadline(loop, loop.now() + limit, value_after(loop, 10s, 1));
    *out += value ? "value " : "inner ";
    co_return value.value_or(0);
  };
  auto outer = [](EventLoop& loop, Task<int> task, std::string* out) -> Task<> {
    const auto value = co_await with_deadline(loop, loop.now() + 5s, std::move(task));
    *out += value ? "done. " : "outer. ";
  };
  loop.run(outer(loop, inner(loop, 1s, &log), &log));   // the inner limit expires, the outer not
  loop.run(outer(loop, inner(loop, 20s, &log), &log));  // the outer one
  EXPECT_EQ(log, "inner done. outer. ");
  EXPECT_EQ(loop.live_tasks(), 0u);
  EXPECT_EQ(loop.run(with_deadline(loop, loop.now() + 20s, value_after(loop, 10s, 3))), 3);
  EXPECT_THROW(loop.run(with_deadline(loop, kNever, fail_after(loop, 1s, "x"))),
               std::runtime_error);
}

TEST_F(Coroutine, CO7_AGroupWithALimitIsAPool) {
  EXPECT_THROW(TaskGroup(loop, -1), std::invalid_argument);
  TaskGroup none(loop, 0);
  EXPECT_THROW(none.spawn(value_after(loop, 1s, 1)), std::length_error);
  auto body = [](EventLoop& loop) -> Task<> {
    TaskGroup pool(loop, 2);
    const TimePoint start = loop.now();
    auto first = co_await pool.spawn_when_free(value_after(loop, 1s, 1));
    auto second = co_await pool.spawn_when_free(value_after(loop, 3s, 2));
    EXPECT_EQ(pool.free_count(), 0u);
    EXPECT_THROW(pool.spawn(value_after(loop, 1s, 3)), std::length_error);
    auto third = co_await pool.spawn_when_free(value_after(loop, 1s, 3));
    EXPECT_EQ(loop.now() - start, 1s) << "suspended until the first ended";
    second.cancel();
    co_await second.join();
    EXPECT_EQ(pool.free_count(), 1u) << "killing a member frees its place";
    co_await pool.join();
    EXPECT_EQ(pool.free_count(), 2u);
  };
  loop.run(body(loop));
}

TEST_F(Coroutine, CO9_WaitingReleasesItsWatchersAfterwards) {
  auto slow = loop.spawn(value_after(loop, 1h, 1));
  auto body = [](EventLoop& loop, TaskHandle<int> task) -> Task<> {
    const std::vector<TaskHandle<int>> tasks(2, task);
    for (int i = 0; i < 3; ++i) co_await join_all(tasks, loop.now() + 1s);
    co_await task.join(loop.now() + 1s);
  };
  loop.run(body(loop, slow));
  EXPECT_TRUE(slow.state()->listeners.empty());
  EXPECT_TRUE(slow.state()->joiners.empty());
}

TEST_F(Coroutine, CO11_ADeadlockOfAllTasksIsReported) {
  AsyncEvent never;
  auto body = [](AsyncEvent& event) -> Task<> { co_await event.wait(); };
  EXPECT_THROW(loop.run(body(never)), LoopDeadlock);
}

Task<> scope(EventLoop& loop, std::string* out, bool fail) {
  TaskGroup group(loop);
  group.spawn(note(loop, out));
  co_await loop.sleep_for(1s);
  if (fail) throw std::runtime_error("body");
  group.cancel();
  co_await group.join();
  *out += "joined ";
}

TEST_F(Coroutine, CO12_AScopeJoinsItsTasksAndTheBodysExceptionWins) {
  loop.run(scope(loop, &log, false));
  EXPECT_EQ(log, "started cancelled joined ");
  log.clear();
  EXPECT_THROW(loop.run(scope(loop, &log, true)), std::runtime_error);
  EXPECT_EQ(log, "started ");
  EXPECT_EQ(loop.live_tasks(), 0u) << "the child went with its scope";
}

TEST_F(Coroutine, CO12_CancellingTheJoinCancelsTheGroup) {
  auto joined = loop.spawn(scope(loop, &log, false));
  auto join = [](EventLoop& loop, std::string* out) -> Task<> {
    TaskGroup group(loop);
    group.spawn(note(loop, out));
    co_await group.join();
  };
  joined.cancel();
  auto task = loop.spawn(join(loop, &log));
  auto body = [](EventLoop& loop, TaskHandle<> other) -> Task<> {
    co_await loop.sleep_for(1s);
    other.cancel();
    co_await other.join();
  };
  loop.run(body(loop, task));
  EXPECT_EQ(task.status(), TaskStatus::kCancelled);
  EXPECT_EQ(log, "started cancelled ");
}

// What a pool does: runs `work` on another thread and completes a future there.
template <typename F>
auto offload(std::vector<std::jthread>& threads, F work) {
  using T = std::invoke_result_t<F>;
  Promise<T> promise;
  auto future = promise.future();
  threads.emplace_back([work, promise = std::move(promise)]() mutable {
    try {
      promise.set_value(work());
    } catch (...) {
      promise.set_exception(std::current_exception());
    }
  });
  return future;
}

TEST_F(Coroutine, CO13_BlockingWorkGoesToAPoolAndComesBack) {
  using Ids = std::pair<std::thread::id, std::thread::id>;
  std::vector<std::jthread> pool;
  auto where = [](std::vector<std::jthread>& threads) -> Task<Ids> {
    const auto there = co_await offload(threads, [] { return std::this_thread::get_id(); });
    co_return Ids(there, std::this_thread::get_id());
  };
  const auto [there, here] = loop.run(where(pool));
  EXPECT_NE(there, std::this_thread::get_id());
  EXPECT_EQ(here, std::this_thread::get_id());
  auto throws = [](std::vector<std::jthread>& threads) -> Task<int> {
    co_return co_await offload(threads, []() -> int { throw std::runtime_error("blocked"); });
  };
  EXPECT_THROW(loop.run(throws(pool)), std::runtime_error);
}

TEST_F(Coroutine, CO14_JoiningOnlyTheShortTaskLeavesTheLongOne) {
  auto log_after = [](EventLoop& loop, std::string* out, Nanoseconds delay, char name) -> Task<> {
    *out += std::string("run") + name + ' ';
    co_await loop.sleep_for(delay);
    *out += std::string("over") + name + ' ';
  };
  auto join = [](TaskHandle<> task) -> Task<> { co_await task.join(); };
  auto slow = loop.spawn(log_after(loop, &log, 3s, '1'));
  auto fast = loop.spawn(log_after(loop, &log, 1s, '2'));
  loop.run(join(fast));
  EXPECT_EQ(log, "run1 run2 over2 ");
  EXPECT_FALSE(slow.done());
  loop.run();
  EXPECT_EQ(log, "run1 run2 over2 over1 ");
}

TEST_F(Coroutine, CO14_AnErrorNobodyCanAskForIsRethrownByRun) {
  loop.spawn(fail_after(loop, 1s, "dropped"));
  EXPECT_THROW(loop.run(), std::runtime_error);
  auto kept = loop.spawn(fail_after(loop, 1s, "kept"));
  EXPECT_NO_THROW(loop.run());
  EXPECT_THROW(kept.get(), std::runtime_error);
}

TEST_F(Coroutine, CO15_EachTaskHasItsName) {
  auto body = [](EventLoop& loop, std::string* out) -> Task<> {
    *out += loop.current()->name + ' ';
    co_await loop.yield();
    *out += loop.current()->name + ' ';
  };
  loop.spawn(body(loop, &log), "one");
  loop.spawn(body(loop, &log), "two");
  loop.run();
  EXPECT_EQ(log, "one two one two ");
  EXPECT_EQ(loop.current(), nullptr);
}

}  // namespace
}  // namespace weir::concurrency
