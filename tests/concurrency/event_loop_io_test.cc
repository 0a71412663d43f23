#include "concurrency/event_loop.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
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
#include "concurrency/usage.h"

namespace weir::concurrency {
namespace {

using namespace std::chrono_literals;

struct Virtual {
  VirtualClock clock;
  EventLoop loop{PollerKind::kEpoll, {.clock = &clock}};
  TimePoint start = loop.now();
};

struct Sockets {
  UniqueFd a, b;
  Sockets() {
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
      throw std::system_error(errno, std::system_category(), "socketpair");
    a.reset(fds[0]);
    b.reset(fds[1]);
  }
};

class LoopOnEachPoller : public testing::TestWithParam<PollerKind> {
 protected:
  void SetUp() override {
    try {
      loop = std::make_unique<EventLoop>(GetParam());
    } catch (const std::system_error& error) {
      if (GetParam() != PollerKind::kUring) throw;
      GTEST_SKIP() << error.what();
    }
  }
  std::unique_ptr<EventLoop> loop;
};

Task<std::string> read_n(EventLoop& loop, int fd, std::size_t n) {
  std::string text;
  while (text.size() < n) {
    co_await loop.readable(fd);
    char buffer[64];
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got > 0) text.append(buffer, static_cast<std::size_t>(got));
  }
  co_return text;
}
Task<> write_bytes(EventLoop& loop, int fd, int n) {
  for (int i = 0; i < n; ++i) {
    co_await loop.writable(fd);
    EXPECT_EQ(::write(fd, "x", 1), 1);
  }
}

TEST_P(LoopOnEachPoller, TasksWaitForDescriptors) {
  Sockets pair;
  auto text = loop->spawn(read_n(*loop, pair.a.get(), 100));
  loop->spawn(write_bytes(*loop, pair.b.get(), 100));
  loop->run();
  EXPECT_EQ(text.get(), std::string(100, 'x'));
}

TEST_P(LoopOnEachPoller, AWatchCallsBackUntilItIsGone) {
  Sockets pair;
  int calls = 0;
  AsyncEvent enough;
  std::unique_ptr<FdWatch> watch;
  watch = std::make_unique<FdWatch>(*loop, pair.a.get(), Poller::kRead, [&](unsigned events) {
    EXPECT_EQ(events, Poller::kRead);
    if (++calls < 3) return;  // not read, so still ready
    watch.reset();            // from its own callback
    enough.set();
  });
  EXPECT_THROW(FdWatch(*loop, pair.a.get(), Poller::kRead, [](unsigned) {}), std::invalid_argument);
  ASSERT_EQ(::write(pair.b.get(), "x", 1), 1);
  auto body = [](EventLoop& owner, AsyncEvent& flag) -> Task<> {
    co_await flag.wait();
    for (int i = 0; i < 3; ++i) co_await owner.yield();
  };
  loop->run(body(*loop, enough));
  EXPECT_EQ(calls, 3);
}

TEST_P(LoopOnEachPoller, IO10_AWatchRemovedInThePassIsNotServedAndNoNeighbourIsSkipped) {
  // Each of four ready watches removes its right neighbour: 0 and 2 run, whatever the order of the
  // pass, or 1 and 3, or 0, 1... but never one that is gone, and never one twice in a pass.
  std::vector<Sockets> pairs(8);
  std::vector<std::unique_ptr<FdWatch>> watches(8);
  std::vector<int> served(8);
  for (std::size_t i = 0; i < 8; ++i) {
    watches[i] =
        std::make_unique<FdWatch>(*loop, pairs[i].a.get(), Poller::kRead, [&, i](unsigned) {
          ASSERT_NE(watches[i], nullptr) << "served after it was removed";
          ++served[i];
          if (i % 2 == 0) watches[i + 1].reset();
          watches[i].reset();
        });
    ASSERT_EQ(::write(pairs[i].b.get(), "x", 1), 1);
  }
  auto body = [](EventLoop& owner) -> Task<> {
    for (int i = 0; i < 4; ++i) co_await owner.yield();
  };
  loop->run(body(*loop));
  for (std::size_t i = 0; i < 8; i += 2) {
    EXPECT_EQ(served[i], 1);
    EXPECT_LE(served[i + 1], 1);
  }
}

TEST_P(LoopOnEachPoller, ATimedOrCancelledWaitLeavesNoInterestBehind) {
  Sockets pair;
  const int fd = pair.a.get();
  auto timed = [](EventLoop& owner, int descriptor) -> Task<bool> {
    co_return co_await owner.readable(descriptor, owner.now() + 1ms);
  };
  EXPECT_FALSE(loop->run(timed(*loop, fd)));
  auto endless = [](EventLoop& owner, int descriptor) -> Task<bool> {
    co_return co_await owner.readable(descriptor);
  };
  auto waiting = loop->spawn(endless(*loop, fd));
  auto cancel = [](EventLoop& owner, TaskHandle<bool> task) -> Task<> {
    co_await owner.yield();
    task.cancel();
    co_await task.join();
  };
  loop->run(cancel(*loop, waiting));
  EXPECT_EQ(waiting.status(), TaskStatus::kCancelled);
  EXPECT_THROW(loop->poller().remove(fd), std::invalid_argument);
}

INSTANTIATE_TEST_SUITE_P(All, LoopOnEachPoller,
                         testing::Values(PollerKind::kSpin, PollerKind::kSelect, PollerKind::kPoll,
                                         PollerKind::kEpoll, PollerKind::kUring),
                         [](const auto& info) { return std::string(to_string(info.param)); });

TEST(EventLoop, ABadDescriptorThrowsAtTheAwait) {
  EventLoop loop;
  auto body = [](EventLoop& owner) -> Task<> { co_await owner.readable(-1); };
  EXPECT_THROW(loop.run(body(loop)), std::invalid_argument);
}

TEST(EventLoop, BusyTimeIsWhatIsSpentOutsideTheWait) {
  const auto burn = [] {
    const auto end = std::chrono::steady_clock::now() + 20ms;
    while (std::chrono::steady_clock::now() < end) {
    }
  };
  EventLoop loop;
  AsyncEvent enough;
  std::atomic<bool> burnt = false;
  std::thread other([&, id = gettid()] {
    while (!burnt || usage_of_thread(id)->state != 'S') std::this_thread::yield();
    burn();  // while the loop waits
    loop.post([&] { enough.set(); });
  });
  auto body = [](auto work, std::atomic<bool>& worked, AsyncEvent& flag) -> Task<> {
    work();
    worked = true;
    co_await flag.wait();
  };
  loop.run(body(burn, burnt, enough));
  other.join();
  const EventLoopStats stats = loop.stats();
  EXPECT_GE(stats.busy_seconds, 0.020);
  EXPECT_GE(stats.idle_seconds, 0.020);
  EXPECT_GE(stats.longest_turn_seconds, 0.020);
  EXPECT_GE(stats.turns, 1u);
  EXPECT_EQ(loop.busy_seconds(), stats.busy_seconds);
}

TEST(EventLoop, TheDestructorDestroysWhatIsSuspended) {
  auto alive = std::make_shared<int>(0);
  {
    EventLoop loop;
    auto inner = [](EventLoop& owner, std::shared_ptr<int> local) -> Task<> {
      co_await owner.sleep_for(1h);
      ++*local;
    };
    auto outer = [](EventLoop& owner, std::shared_ptr<int> local, auto function) -> Task<> {
      co_await function(owner, local);
    };
    loop.spawn(outer(loop, alive, inner));
    auto turn = [](EventLoop& owner) -> Task<> { co_await owner.yield(); };
    loop.run(turn(loop));
    EXPECT_GT(alive.use_count(), 1);
  }
  EXPECT_EQ(alive.use_count(), 1);
}

TEST(Timer, IsSetMovedAndCancelled) {
  Virtual v;
  std::vector<std::string> log;
  Timer first(v.loop, [&] { log.push_back("first"); });
  Timer second(v.loop, [&] { log.push_back("second"); });
  Timer cancelled(v.loop, [&] { log.push_back("cancelled"); });
  first.set(v.start + 1s);
  second.set(v.start + 2s);
  cancelled.set(v.start + 3s);
  first.set(v.start + 4s);
  EXPECT_TRUE(cancelled.pending());
  cancelled.cancel();
  EXPECT_FALSE(cancelled.pending());
  auto body = [](EventLoop& owner) -> Task<> { co_await owner.sleep_for(10s); };
  v.loop.run(body(v.loop));
  EXPECT_EQ(log, (std::vector<std::string>{"second", "first"}));
}

TEST(Gate, ClosesBehindThoseInside) {
  Virtual v;
  Gate gate;
  std::string log;
  auto visitor = [](EventLoop& loop, Gate& gate, std::string* out, Nanoseconds stay) -> Task<> {
    auto pass = gate.enter();
    if (!pass) {
      *out += "refused ";
      co_return;
    }
    co_await loop.sleep_for(stay);
    *out += "left ";
  };
  auto keeper = [](EventLoop& loop, Gate& gate, std::string* out) -> Task<> {
    co_await loop.sleep_for(1s);
    gate.close();
    EXPECT_EQ(gate.inside(), 2u);
    EXPECT_FALSE(co_await gate.empty(loop.now() + 1ms));
    co_await gate.empty();
    *out += "empty ";
  };
  v.loop.spawn(visitor(v.loop, gate, &log, 10s));
  v.loop.spawn(visitor(v.loop, gate, &log, 20s));
  v.loop.spawn(keeper(v.loop, gate, &log));
  auto late = [](EventLoop& loop, Task<> task) -> Task<> {
    co_await loop.sleep_for(2s);
    co_await std::move(task);
  };
  v.loop.spawn(late(v.loop, visitor(v.loop, gate, &log, 1s)));
  v.loop.run();
  EXPECT_EQ(log, "refused left left empty ");
}

TEST(AsyncSemaphore, HandsPermitsOverInOrderAndLosesNone) {
  Virtual v;
  AsyncSemaphore permits(1);
  std::string log;
  auto worker = [](EventLoop& loop, AsyncSemaphore& sem, std::string* out, char name) -> Task<> {
    if (!co_await sem.acquire(loop.now() + 25s)) {
      *out += std::string("-") + name;
      co_return;
    }
    *out += name;
    co_await loop.sleep_for(10s);
    sem.release();
  };
  for (char name : {'a', 'b', 'c', 'd'}) v.loop.spawn(worker(v.loop, permits, &log, name));
  v.loop.run();
  EXPECT_EQ(log, "abc-d");
  EXPECT_EQ(permits.available(), 1u);
  EXPECT_EQ(permits.waiting(), 0u);
}

TEST(AsyncSemaphore, APermitHandedToATaskThatIsDestroyedComesBack) {
  Virtual v;
  AsyncSemaphore permits(0);
  auto waiter = [](AsyncSemaphore& sem) -> Task<> { co_await sem.acquire(); };
  auto handle = v.loop.spawn(waiter(permits));
  auto body = [](EventLoop& loop, AsyncSemaphore& sem, TaskHandle<> task) -> Task<> {
    co_await loop.yield();
    sem.release();
    task.state()->destroy();
  };
  v.loop.run(body(v.loop, permits, handle));
  EXPECT_EQ(permits.available(), 1u);
}

}  // namespace
}  // namespace weir::concurrency
