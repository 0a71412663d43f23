#include "concurrency/queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/concurrency/crew.h"

namespace weir::concurrency {
namespace {

using namespace std::chrono_literals;

template <typename Q>
class Queues : public testing::Test {};
using QueueTypes = testing::Types<Queue<int>, LifoQueue<int>, PriorityQueue<int>>;
TYPED_TEST_SUITE(Queues, QueueTypes);

template <typename Q>
std::vector<int> drain(Q& queue) {
  std::vector<int> all;
  while (auto got = queue.try_get()) all.push_back(*got);
  return all;
}

TEST(Queue, QU1_Orders) {
  Queue<int> fifo;
  LifoQueue<int> lifo;
  PriorityQueue<int> priority;
  for (const int item : {111, 333, 222}) fifo.put(item), lifo.put(item), priority.put(item);
  EXPECT_EQ(drain(fifo), (std::vector{111, 333, 222}));
  EXPECT_EQ(drain(lifo), (std::vector{222, 333, 111}));
  EXPECT_EQ(drain(priority), (std::vector{111, 222, 333}));
}

TYPED_TEST(Queues, QU2_QU7_SizesAreExactAndTheQueueLasts) {
  TypeParam queue(2);
  TypeParam unbounded(-1);
  for (int round = 0; round < 2; ++round) {
    EXPECT_TRUE(queue.empty());
    EXPECT_FALSE(queue.full());
    queue.put(1);
    EXPECT_EQ(queue.size(), 1u);
    queue.put(2);
    EXPECT_TRUE(queue.full());
    for (int i = 0; i < 1000; ++i) ASSERT_EQ(unbounded.try_put(int(i)), QueueStatus::kOk);
    EXPECT_FALSE(unbounded.full());
    EXPECT_EQ(drain(queue).size(), 2u);
    EXPECT_EQ(drain(unbounded).size(), 1000u);
  }
}

TEST(Queue, QU3_AFullQueueLeavesTheItemWithTheCaller) {
  Queue<std::unique_ptr<int>> queue(1);
  queue.put(std::make_unique<int>(1));
  auto item = std::make_unique<int>(2);
  EXPECT_EQ(queue.try_put(std::move(item)), QueueStatus::kFull);
  ASSERT_TRUE(item);
  const Deadline limit = after(10ms);
  EXPECT_EQ(queue.put_until(std::move(item), limit), QueueStatus::kTimeout);
  EXPECT_GE(Clock::now(), limit);
  ASSERT_TRUE(item);
  queue.get();
  EXPECT_EQ(queue.put(std::move(item)), QueueStatus::kOk);
  EXPECT_FALSE(item);
}

TYPED_TEST(Queues, QU4_AnEmptyQueueFailsAtOnceOrAtItsLimit) {
  TypeParam queue;
  EXPECT_EQ(queue.try_get().status, QueueStatus::kEmpty);
  const Deadline limit = after(10ms);
  EXPECT_EQ(queue.get_until(limit).status, QueueStatus::kTimeout);
  EXPECT_GE(Clock::now(), limit);
}

TYPED_TEST(Queues, QU5_TheBlockedGoOnWhenTheOtherSideMoves) {
  TypeParam queue(1);
  for (const Deadline limit : {kNever, after(1h)}) {
    Crew crew;
    queue.put(1);
    crew.add(1, [&](int) { EXPECT_EQ(queue.put_until(2, limit), QueueStatus::kOk); });
    ASSERT_TRUE(eventually([&] { return queue.stats().putters_waiting == 1; }));
    EXPECT_EQ(*queue.get(), 1);
    crew.join();
    EXPECT_EQ(*queue.get(), 2);

    crew.add(1, [&](int) { EXPECT_EQ(*queue.get_until(limit), 3); });
    ASSERT_TRUE(eventually([&] { return queue.stats().getters_waiting == 1; }));
    queue.put(3);
    crew.join();
  }
}

TYPED_TEST(Queues, QU6_NegativeLimitsAreRejected) {
  TypeParam queue(1);
  EXPECT_THROW(queue.put_until(1, after(-1s)), std::invalid_argument);
  EXPECT_THROW(queue.get_until(after(-1s)), std::invalid_argument);
  EXPECT_TRUE(queue.empty());
}

TYPED_TEST(Queues, QU8_ShrinkingDropsNothing) {
  TypeParam queue(3);
  for (int i = 0; i < 3; ++i) queue.put(int(i));
  queue.set_limits(1);
  EXPECT_EQ(queue.size(), 3u);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(queue.try_put(9), QueueStatus::kFull);
    queue.get();
  }
  EXPECT_EQ(queue.try_put(9), QueueStatus::kOk);
}

// Throws on the move that is told to.
struct Fragile {
  explicit Fragile(int value) : value(value) {}
  Fragile(Fragile&& other) : value(other.value) {
    if (moves_left >= 0 && moves_left-- == 0) throw std::runtime_error("move");
  }
  int value;
  static inline std::atomic<int> moves_left = -1;
};
struct ValueOf {
  int operator()(const Fragile& f) const { return f.value; }
};

template <typename Q>
void survives_throwing_moves(int moves_of_a_put) {
  Q queue(2);
  Fragile item(7);
  Fragile::moves_left = 0;
  EXPECT_THROW(queue.put(std::move(item)), std::runtime_error);
  EXPECT_TRUE(queue.empty());
  Fragile::moves_left = -1;
  queue.put(std::move(item));
  Fragile::moves_left = 0;
  EXPECT_THROW((void)queue.get(), std::runtime_error);
  Fragile::moves_left = 0;
  EXPECT_THROW((void)queue.try_get(), std::runtime_error);
  EXPECT_EQ(queue.size(), 1u);
  Fragile::moves_left = -1;

  EXPECT_EQ(queue.get()->value, 7);

  // A getter woken for an item that it fails to take leaves it to the next one.
  std::atomic<int> taken = 0;
  std::atomic<int> failed = 0;
  Crew crew;
  crew.add(2, [&](int) {
    try {
      taken += queue.get()->value;
    } catch (const std::runtime_error&) {
      ++failed;
    }
  });
  ASSERT_TRUE(eventually([&] { return queue.stats().getters_waiting == 2; }));
  Fragile::moves_left = moves_of_a_put;
  queue.put(std::move(item));
  crew.join();
  EXPECT_EQ(failed, 1);
  EXPECT_EQ(taken, 7);
}

TEST(Queue, QU9_AThrowingMoveLeavesTheQueueWhole) {
  survives_throwing_moves<Queue<Fragile>>(1);
  survives_throwing_moves<LifoQueue<Fragile>>(1);
  survives_throwing_moves<PriorityQueue<Fragile, ValueOf>>(2);
}

TEST(Queue, QU10_OneProducerAndOneConsumerKeepTheOrder) {
  Queue<int> queue(3);
  Crew crew;
  crew.add(1, [&](int) {
    for (int i = 0; i < 100; ++i) queue.put(int(i));
    queue.close();
  });
  int expected = 0;
  for (const int item : queue) EXPECT_EQ(item, expected++);
  EXPECT_EQ(expected, 100);
}

template <typename Q, typename Take>
void everything_arrives_once(Take take) {
  constexpr int kThreads = 50;
  constexpr int kEach = 200;
  Q queue(16);
  std::vector<std::atomic<int>> seen(kThreads * kEach);
  Crew crew;
  crew.add(kThreads, [&](int me) {
    for (int i = 0; i < kEach; ++i) queue.put(me * kEach + i);
  });
  crew.add(kThreads, [&](int) {
    for (int i = 0; i < kEach; ++i) ++seen[static_cast<std::size_t>(take(queue))];
  });
  crew.join();
  for (const auto& times : seen) ASSERT_EQ(times, 1);
  EXPECT_TRUE(queue.empty());
}

TYPED_TEST(Queues, QU11_FiftyByFifty) {
  everything_arrives_once<TypeParam>([](auto& queue) { return *queue.get(); });
}

TYPED_TEST(Queues, QU12_FiftyByFiftySpinningAndTimed) {
  everything_arrives_once<TypeParam>([](auto& queue) {
    for (;; std::this_thread::yield())
      if (auto got = queue.try_get()) return *got;
  });
  everything_arrives_once<TypeParam>([](auto& queue) {
    for (;;)
      if (auto got = queue.get_until(after(10us))) return *got;
  });
}

TEST(Queue, QU13_ATakenItemDiesWithTheCaller) {
  Queue<std::shared_ptr<int>> queue;
  const auto item = std::make_shared<int>(1);
  queue.put(item);
  EXPECT_EQ(item.use_count(), 2);
  {
    const auto got = queue.get();
    EXPECT_EQ(item.use_count(), 2);
  }
  EXPECT_EQ(item.use_count(), 1);
}

TEST(Queue, QU14_AnItemMayPutFromItsDestructor) {
  struct Phoenix {
    std::function<void()> rise;
    explicit Phoenix(std::function<void()> rise) : rise(std::move(rise)) {}
    Phoenix(Phoenix&& other) noexcept : rise(std::exchange(other.rise, nullptr)) {}
    ~Phoenix() {
      if (rise) rise();
    }
  };
  Queue<Phoenix> queue;
  int risen = 0;
  queue.put(Phoenix([&] { ++risen, queue.put(Phoenix([&] { ++risen; })); }));
  queue.get();
  EXPECT_EQ(risen, 1);
  EXPECT_EQ(queue.size(), 1u);
  queue.put(Phoenix([&] { (void)queue.try_put(Phoenix([&] { ++risen; })); }));
  EXPECT_EQ(queue.cancel(), 2u);
  EXPECT_EQ(risen, 3);
}

TYPED_TEST(Queues, QU15_AGetterThatGaveUpSwallowsNothing) {
  TypeParam queue;
  for (int round = 0; round < 200; ++round) {
    std::stop_source stop;
    std::atomic<int> taken = 0;
    Crew crew;
    crew.add(1, [&](int) { taken += bool(queue.get(stop.get_token())); });
    crew.add(1, [&](int) { taken += bool(queue.get_until(after(20us))); });
    crew.add(1, [&](int) { stop.request_stop(); });
    queue.put(1);
    crew.join();
    EXPECT_EQ(taken + static_cast<int>(queue.size()), 1);
    drain(queue);
  }
}

TYPED_TEST(Queues, QU16_EveryWaitingGetterGetsOne) {
  TypeParam queue;
  std::atomic<int> taken = 0;
  Crew crew;
  crew.add(5, [&](int) { taken += bool(queue.get()); });
  ASSERT_TRUE(eventually([&] { return queue.stats().getters_waiting == 5; }));
  for (int i = 0; i < 5; ++i) queue.put(int(i));
  crew.join();
  EXPECT_EQ(taken, 5);
}

TEST(PriorityQueue, QU17_EqualPrioritiesComeInTheOrderOfInsertion) {
  struct Incomparable {
    int priority;
    int order;
    bool operator<(const Incomparable&) const = delete;
  };
  struct ByPriority {
    int operator()(const Incomparable& item) const { return item.priority; }
  };
  PriorityQueue<Incomparable, ByPriority> queue;
  for (int i = 0; i < 100; ++i) queue.put({i % 3, i});
  Incomparable last{-1, -1};
  while (auto got = queue.try_get()) {
    EXPECT_TRUE(got->priority > last.priority ||
                (got->priority == last.priority && got->order > last.order));
    last = {got->priority, got->order};
  }
  EXPECT_EQ(last.priority, 2);
}

}  // namespace
}  // namespace weir::concurrency
