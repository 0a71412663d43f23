#include "concurrency/event_loop.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "concurrency/async_event.h"
#include "concurrency/async_semaphore.h"
#include "concurrency/await_future.h"
#include "concurrency/gate.h"
#include "concurrency/task_group.h"
#include "concurrency/timer.h"
#include "concurrency/unique_fd.h"

namespace weir::concurrency {
namespace {

using namespace std::chrono_literals;

struct Virtual {
  VirtualClock clock;
  EventLoop loop{PollerKind::kEpoll, {.clock = &clock}};
  TimePoint start = loop.now();
};

Task<int> twice(int n) { co_return 2 * n; }
Task<int> chain() { co_return co_await twice(co_await twice(10)); }

TEST(Task, GivesItsValueThroughAChain) {
  EventLoop loop;
  EXPECT_EQ(loop.run(chain()), 40);
}

Task<> fails() {
  throw std::runtime_error("deep");
  co_return;
}
Task<std::string> catches() {
  std::string caught;
  try {
    co_await fails();
  } catch (const std::runtime_error& error) {
    caught = error.what();
  }
  co_return caught;
}

TEST(Task, ExceptionsCrossAwaits) {
  EventLoop loop;
  EXPECT_EQ(loop.run(catches()), "deep");
  EXPECT_THROW(loop.run(fails()), std::runtime_error);
}

Task<int> many_awaits(int n) {
  int sum = 0;
  for (int i = 0; i < n; ++i) sum += co_await twice(1);
  co_return sum;
}
Task<int> deep(int depth) {
  if (depth == 0) co_return 0;
  co_return 1 + co_await deep(depth - 1);
}

TEST(Task, NeitherLoopsNorDepthGrowTheStack) {
  EventLoop loop;
  EXPECT_EQ(loop.run(many_awaits(100'000)), 200'000);
  EXPECT_EQ(loop.run(deep(10'000)), 10'000);
}

Task<std::unique_ptr<int>> move_only(std::unique_ptr<int> value) { co_return value; }

TEST(Task, CarriesMoveOnlyValuesAndIsAwaitedOnce) {
  EventLoop loop;
  EXPECT_EQ(*loop.run(move_only(std::make_unique<int>(7))), 7);
  auto task = twice(1);
  auto moved = std::move(task);
  EXPECT_THROW((void)std::move(task).operator co_await(), std::logic_error);
}

TEST(Task, AnUnstartedOneRunsNothing) {
  bool ran = false;
  auto body = [](bool* flag) -> Task<> {
    *flag = true;
    co_return;
  };
  { auto task = body(&ran); }
  EXPECT_FALSE(ran);
}

Task<> log_at(EventLoop& loop, Nanoseconds delay, std::vector<int>& log, int id) {
  co_await loop.sleep_for(delay);
  log.push_back(id);
}

TEST(EventLoop, TimersFireInOrderOnTheVirtualClock) {
  Virtual v;
  std::vector<int> log;
  auto a = v.loop.spawn(log_at(v.loop, 3h, log, 3));
  auto b = v.loop.spawn(log_at(v.loop, 1h, log, 1));
  auto c = v.loop.spawn(log_at(v.loop, 2h, log, 2));
  auto d = v.loop.spawn(log_at(v.loop, 1h, log, 11));
  v.loop.run();
  EXPECT_EQ(log, (std::vector<int>{1, 11, 2, 3}));
  EXPECT_EQ(v.loop.now() - v.start, 3h);
}

TEST(EventLoop, TenThousandTasksWaitAtOnce) {
  Virtual v;
  int ended = 0;
  auto body = [](EventLoop& loop, int* count, int i) -> Task<> {
    co_await loop.sleep_for(std::chrono::seconds(i % 100));
    ++*count;
  };
  for (int i = 0; i < 10'000; ++i) v.loop.spawn(body(v.loop, &ended, i));
  EXPECT_EQ(v.loop.live_tasks(), 10'000u);
  v.loop.run();
  EXPECT_EQ(ended, 10'000);
  EXPECT_EQ(v.loop.now() - v.start, 99s);
}

TEST(EventLoop, CO5_YieldIsFairAndLetsTimersFire) {
  Virtual v;
  std::string log;
  auto body = [](EventLoop& loop, std::string* out, char name) -> Task<> {
    *out += std::string("1") + name + ' ';
    co_await loop.sleep_for(0s);
    *out += std::string("2") + name + ' ';
  };
  v.loop.spawn(body(v.loop, &log, 'A'));
  v.loop.spawn(body(v.loop, &log, 'B'));
  v.loop.run();
  EXPECT_EQ(log, "1A 1B 2A 2B ");

  EventLoop real;
  bool fired = false;
  Timer timer(real, [&] { fired = true; });
  timer.set(real.now() + 1ms);
  auto spin = [](EventLoop& loop, bool* flag) -> Task<> {
    while (!*flag) co_await loop.yield();
  };
  real.run(spin(real, &fired));
  EXPECT_TRUE(fired);
}

TEST(EventLoop, CO10_AnotherThreadsPostWakesUntimedAndTimedWaits) {
  for (const TimePoint limit : {kNever, std::chrono::steady_clock::now() + 1h}) {
    EventLoop loop;
    AsyncEvent event;
    auto body = [](AsyncEvent& flag, TimePoint deadline) -> Task<bool> {
      co_return co_await flag.wait(deadline);
    };
    std::thread other([&] { loop.post([&] { event.set(); }); });
    EXPECT_TRUE(loop.run(body(event, limit)));
    other.join();
  }
}

TEST(EventLoop, PostsRunInOrderAndAreDroppedWithTheLoop) {
  auto owned = std::make_shared<int>(0);
  std::shared_ptr<PostBox> box;
  {
    EventLoop loop;
    std::vector<int> log;
    AsyncEvent last;
    for (int i = 0; i < 100; ++i) loop.post([&log, i] { log.push_back(i); });
    loop.post([&] { last.set(); });
    auto body = [](AsyncEvent& flag) -> Task<> { co_await flag.wait(); };
    loop.run(body(last));
    ASSERT_EQ(log.size(), 100u);
    for (int i = 0; i < 100; ++i) EXPECT_EQ(log[static_cast<std::size_t>(i)], i);
    box = loop.post_box();
    loop.post([owned] {});
    EXPECT_EQ(owned.use_count(), 2);
  }
  EXPECT_EQ(owned.use_count(), 1);
  EXPECT_FALSE(box->post([owned] {}));
  EXPECT_EQ(owned.use_count(), 1);
}

TEST(EventLoop, AFutureResumesOnTheLoopsOwnThread) {
  EventLoop loop;
  Promise<int> promise;
  auto body = [](Future<int> future) -> Task<std::pair<int, std::thread::id>> {
    const int value = co_await future;
    co_return std::pair(value, std::this_thread::get_id());
  };
  std::thread other([&] { promise.set_value(42); });
  const auto [value, where] = loop.run(body(promise.future()));
  other.join();
  EXPECT_EQ(value, 42);
  EXPECT_EQ(where, std::this_thread::get_id());
}

TEST(EventLoop, AFuturesFailureIsRethrownByItsAwait) {
  EventLoop loop;
  Promise<int> promise;
  promise.set_exception(std::make_exception_ptr(std::runtime_error("remote")));
  auto body = [](Future<int> future) -> Task<int> { co_return co_await future; };
  EXPECT_THROW(loop.run(body(promise.future())), std::runtime_error);
}

TEST(EventLoop, CancellingTheAwaitOfAnOwnedFutureCancelsIt) {
  Virtual v;
  Promise<int> owned, shared;
  auto owner = [](Promise<int>* promise) -> Task<int> { co_return co_await promise->future(); };
  auto observer = [](Future<int> future) -> Task<int> { co_return co_await future; };
  auto one = v.loop.spawn(owner(&owned));
  auto two = v.loop.spawn(observer(shared.future()));
  auto canceller = [](EventLoop& loop, TaskHandle<int> a, TaskHandle<int> b) -> Task<> {
    co_await loop.yield();
    a.cancel();
    b.cancel();
  };
  v.loop.spawn(canceller(v.loop, one, two));
  v.loop.run();
  EXPECT_EQ(one.status(), TaskStatus::kCancelled);
  EXPECT_EQ(two.status(), TaskStatus::kCancelled);
  EXPECT_TRUE(owned.future().cancelled());
  EXPECT_FALSE(shared.future().done());
  EXPECT_EQ(shared.future().callbacks(), 0u);
}

TEST(EventLoop, AFutureMayOutliveTheLoopOfItsAwaiter) {
  Promise<int> promise;
  {
    EventLoop loop;
    auto body = [](Future<int> future) -> Task<int> { co_return co_await future; };
    auto handle = loop.spawn(body(promise.future()));
    auto turn = [](EventLoop& owner) -> Task<> { co_await owner.yield(); };
    loop.run(turn(loop));
    EXPECT_EQ(handle.status(), TaskStatus::kStarted);
  }
  promise.set_value(1);
}

}  // namespace
}  // namespace weir::concurrency
