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
class ClosingQueues : public testing::Test {};
using QueueTypes = testing::Types<Queue<int>, LifoQueue<int>, PriorityQueue<int>>;
TYPED_TEST_SUITE(ClosingQueues, QueueTypes);

template <typename Q>
std::vector<int> drain(Q& queue) {
  std::vector<int> all;
  while (auto got = queue.try_get()) all.push_back(*got);
  return all;
}

TYPED_TEST(ClosingQueues, CL1_AClosedEmptyQueueRefusesBothSides) {
  TypeParam queue;
  queue.close();
  EXPECT_EQ(queue.put(1), QueueStatus::kClosed);
  EXPECT_EQ(queue.get().status, QueueStatus::kClosed);
}

TYPED_TEST(ClosingQueues, CL2_CL5_CloseDrainsAndThenEveryFormSaysClosed) {
  TypeParam queue;
  queue.put(1);
  queue.close();
  EXPECT_EQ(queue.put(2), QueueStatus::kClosed);
  EXPECT_EQ(*queue.get(), 1);
  EXPECT_EQ(queue.get().status, QueueStatus::kClosed);
  EXPECT_EQ(queue.try_get().status, QueueStatus::kClosed);
  EXPECT_EQ(queue.get_until(after(1h)).status, QueueStatus::kClosed);
  EXPECT_EQ(queue.try_put(1), QueueStatus::kClosed);
  EXPECT_EQ(queue.put_until(1, after(1h)), QueueStatus::kClosed);
}

TYPED_TEST(ClosingQueues, CL3_CL4_CancelDiscardsAndIsNotUndone) {
  TypeParam queue;
  queue.put(1);
  EXPECT_FALSE(queue.is_closed());
  queue.close();
  EXPECT_TRUE(queue.is_closed());
  EXPECT_EQ(queue.cancel(), 1u);
  queue.close();
  EXPECT_TRUE(queue.is_closed());
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.get().status, QueueStatus::kClosed);
  EXPECT_EQ(queue.cancel(), 0u);
}

TYPED_TEST(ClosingQueues, CL6_BlockedGettersAreWoken) {
  TypeParam queue;
  std::atomic<int> items = 0;
  std::atomic<int> closed = 0;
  Crew crew;
  crew.add(3, [&](int) {
    const auto got = queue.get();
    ++(got ? items : closed);
    EXPECT_EQ(got.status, got ? QueueStatus::kOk : QueueStatus::kClosed);
  });
  ASSERT_TRUE(eventually([&] { return queue.stats().getters_waiting == 3; }));
  queue.put(1);
  queue.put(2);
  queue.close();
  crew.join();
  EXPECT_EQ(items, 2);
  EXPECT_EQ(closed, 1);
}

TEST(Queue, CL7_BlockedPuttersAreWokenAndKeepTheirItem) {
  Queue<std::unique_ptr<int>> queue(1);
  queue.put(std::make_unique<int>(0));
  Crew crew;
  crew.add(3, [&](int) {
    auto item = std::make_unique<int>(1);
    EXPECT_EQ(queue.put(std::move(item)), QueueStatus::kClosed);
    EXPECT_TRUE(item);
  });
  ASSERT_TRUE(eventually([&] { return queue.stats().putters_waiting == 3; }));
  queue.close();
}

TYPED_TEST(ClosingQueues, CL11_ClosingInMidFlightEndsEveryThread) {
  for (const bool immediate : {false, true}) {
    TypeParam queue(64);
    std::atomic<int> puts = 0;
    std::atomic<int> gets = 0;
    std::atomic<int> refused = 0;
    std::atomic<int> ended = 0;
    Crew crew;
    crew.add(4, [&](int) {
      for (int i = 0; queue.put(i % 65'536) == QueueStatus::kOk; ++i) ++puts;  // until it is closed
      ++refused;
    });
    crew.add(6, [&](int) {
      while (queue.get()) ++gets;
      ++ended;
    });
    ASSERT_TRUE(eventually([&] { return gets > 500; }));
    const int dropped = immediate ? static_cast<int>(queue.cancel()) : (queue.close(), 0);
    crew.join();
    EXPECT_EQ(ended, 6);
    EXPECT_EQ(refused, 4);
    EXPECT_EQ(puts, gets + dropped);
    EXPECT_TRUE(queue.empty());
  }
}

TYPED_TEST(ClosingQueues, CL12_RangeForEndsWhenClosedAndDrained) {
  TypeParam queue;
  for (int i = 1; i <= 4; ++i) queue.put(int(i));
  queue.close();
  int sum = 0;
  for (int& item : queue) sum += item;
  EXPECT_EQ(sum, 10);
}

TEST(Queue, IsBoundedInBytesAndLetsAHeavyItemInAlone) {
  Queue<std::string> queue({.bytes = 10, .weigh = [](const std::string& s) { return s.size(); }});
  EXPECT_EQ(queue.try_put("123456"), QueueStatus::kOk);
  EXPECT_EQ(queue.try_put("12345"), QueueStatus::kFull);
  EXPECT_EQ(queue.try_put("1234"), QueueStatus::kOk);
  EXPECT_EQ(queue.stats().bytes, 10u);
  while (queue.try_get()) {
  }
  EXPECT_EQ(queue.stats().bytes, 0u);
  EXPECT_EQ(queue.try_put(std::string(100, 'x')), QueueStatus::kOk);
  EXPECT_EQ(queue.try_put("1"), QueueStatus::kFull);
}

TEST(Queue, AStopEndsBothWaits) {
  Queue<int> queue(1);
  std::stop_source stop;
  Crew crew;
  crew.add(1, [&](int) { EXPECT_EQ(queue.get(stop.get_token()).status, QueueStatus::kStopped); });
  ASSERT_TRUE(eventually([&] { return queue.stats().getters_waiting == 1; }));
  stop.request_stop();
  crew.join();
  queue.put(1);
  EXPECT_EQ(queue.put(2, stop.get_token()), QueueStatus::kStopped);
}

TEST(QueuePlaces, CountAgainstTheLimitAndPutNeverBlocks) {
  Queue<int> queue(2);
  auto one = queue.try_reserve();
  ASSERT_TRUE(one);
  {
    const auto two = queue.try_reserve();
    ASSERT_TRUE(two);
    EXPECT_TRUE(queue.full());
    EXPECT_EQ(queue.try_put(9), QueueStatus::kFull);
    EXPECT_FALSE(queue.try_reserve());
  }
  EXPECT_FALSE(queue.full());
  EXPECT_EQ(queue.put(std::move(*one), 1), QueueStatus::kOk);
  EXPECT_THROW(queue.put(std::move(*one), 2), std::invalid_argument);
  EXPECT_EQ(drain(queue), std::vector{1});
  Queue<int> other(1);
  auto foreign = other.try_reserve();
  EXPECT_THROW(queue.put(std::move(*foreign), 1), std::invalid_argument);
  auto late = queue.try_reserve();
  queue.close();
  EXPECT_EQ(queue.put(std::move(*late), 1), QueueStatus::kClosed);
  EXPECT_FALSE(queue.try_reserve());
}

TEST(QueuePlaces, TheListenerHearsOfRoomOnceAfterEachRefusal) {
  Queue<int> queue(1);
  int heard = 0;
  queue.on_room([&] {
    ++heard;
    EXPECT_LE(queue.size(), 2u);  // no lock is held here
  });
  queue.put(1);
  queue.get();
  EXPECT_EQ(heard, 0);
  auto place = queue.try_reserve();
  EXPECT_FALSE(queue.try_reserve());
  EXPECT_FALSE(queue.try_reserve());
  EXPECT_EQ(queue.stats().putters_waiting, 1);
  place.reset();
  EXPECT_EQ(heard, 1);
  queue.put(1);
  EXPECT_FALSE(queue.try_reserve());
  queue.get();
  EXPECT_EQ(heard, 2);
  queue.put(1);
  EXPECT_FALSE(queue.try_reserve());
  queue.set_limits(2);
  EXPECT_EQ(heard, 3);
  queue.put(2);
  EXPECT_FALSE(queue.try_reserve());
  queue.close();
  EXPECT_EQ(heard, 4);
  EXPECT_EQ(queue.stats().putters_waiting, 0);
  EXPECT_GT(queue.stats().put_blocked_seconds, 0);
}

TEST(QueuePlaces, TheListenerHearsOfRoomOnlyOnceThereIsAsMuchAsAskedFor) {
  Queue<int> queue({.items = 4, .room = 2});
  int heard = 0;
  queue.on_room([&] { ++heard; });
  for (int i = 0; i < 4; ++i) queue.put(1);
  EXPECT_FALSE(queue.try_reserve());
  queue.get();
  EXPECT_EQ(heard, 0);
  queue.get();
  EXPECT_EQ(heard, 1);
  queue.set_limits(1);  // fewer than asked for: empty will do
  EXPECT_FALSE(queue.try_reserve());
  queue.get();
  EXPECT_EQ(heard, 1);
  queue.get();
  EXPECT_EQ(heard, 2);
}

TEST(QueuePlaces, TheListenerHearsOfItemsOnceAfterEachVainGet) {
  Queue<int> queue;
  int heard = 0;
  queue.on_item([&] {
    ++heard;
    EXPECT_LE(queue.size(), 1u);  // no lock is held here
  });
  queue.put(1);
  EXPECT_EQ(heard, 0);
  EXPECT_TRUE(queue.try_get());
  EXPECT_FALSE(queue.try_get());
  EXPECT_FALSE(queue.try_get());
  EXPECT_EQ(queue.stats().getters_waiting, 1);
  queue.put(*queue.try_reserve(), 2);
  EXPECT_EQ(heard, 1);
  queue.put(3);
  EXPECT_EQ(heard, 1);
  EXPECT_EQ(drain(queue), (std::vector{2, 3}));
  queue.close();
  EXPECT_EQ(heard, 2);
  EXPECT_EQ(queue.try_get().status, QueueStatus::kClosed);
  EXPECT_EQ(queue.stats().getters_waiting, 0);
  EXPECT_GT(queue.stats().get_starved_seconds, 0);
}

TEST(QueueStats, MeasureFillAndWaiting) {
  Queue<int> queue(4);
  for (int i = 0; i < 3; ++i) queue.put(int(i));
  drain(queue);
  Crew crew;
  crew.add(1, [&](int) { queue.get(); });
  ASSERT_TRUE(eventually([&] { return queue.stats().getters_waiting == 1; }));
  const Deadline since = Clock::now();
  let_others_run();
  const std::chrono::duration<double> waited = Clock::now() - since;
  queue.close();
  crew.join();
  const QueueStats stats = queue.stats();
  EXPECT_EQ(stats.capacity, 4);
  EXPECT_EQ(stats.puts, 3u);
  EXPECT_EQ(stats.gets, 3u);
  EXPECT_EQ(stats.max_fill, 3u);
  EXPECT_DOUBLE_EQ(stats.mean_fill, 2.0);
  EXPECT_GE(stats.get_starved_seconds, waited.count());
  EXPECT_EQ(stats.put_blocked_seconds, 0);
}

}  // namespace
}  // namespace weir::concurrency
