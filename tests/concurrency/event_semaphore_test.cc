#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "concurrency/event.h"
#include "concurrency/semaphore.h"
#include "tests/concurrency/crew.h"

namespace weir::concurrency {
namespace {

using namespace std::chrono_literals;

TEST(Event, EV1_SetAndClearAreIdempotent) {
  Event event;
  EXPECT_FALSE(event.is_set());
  for (int i = 0; i < 2; ++i) {
    event.set();
    EXPECT_TRUE(event.is_set());
  }
  for (int i = 0; i < 2; ++i) {
    event.clear();
    EXPECT_FALSE(event.is_set());
  }
}

TEST(Event, EV2_EV3_OneSetReleasesAllAndAClearBlocksAgain) {
  Event event;
  for (int round = 0; round < 2; ++round) {
    std::atomic<int> started = 0;
    std::atomic<int> released = 0;
    Crew crew;
    crew.add(8, [&](int) {
      ++started;
      released += event.wait();
      EXPECT_TRUE(event.wait());
    });
    ASSERT_TRUE(eventually([&] { return started == 8; }));
    let_others_run();
    EXPECT_EQ(released, 0);
    event.set();
    crew.join();
    EXPECT_EQ(released, 8);
    event.clear();
  }
}

TEST(Event, EV4_WaitUntilHonoursItsLimit) {
  Event event;
  EXPECT_FALSE(event.wait_until(after(0s)));
  const Deadline limit = after(20ms);
  EXPECT_FALSE(event.wait_until(limit));
  EXPECT_GE(Clock::now(), limit);
  event.set();
  EXPECT_TRUE(event.wait_until(after(1h)));
  EXPECT_TRUE(event.wait_until(kNow));
}

TEST(Event, EV5_SetThenClearReleasesEveryoneWhoWaited) {
  for (const int waiters : {1, 100}) {
    Event event;
    std::atomic<int> started = 0;
    std::atomic<int> released = 0;
    Crew crew;
    crew.add(waiters, [&](int) {
      ++started;
      released += event.wait();
    });
    ASSERT_TRUE(eventually([&] { return started == waiters; }));
    // Who counted itself but does not wait yet misses this set; the last one, not cleared, gets it.
    event.set();
    event.clear();
    event.set();
    crew.join();
    EXPECT_EQ(released, waiters);
  }
}

TEST(Event, EV5_ASetThatIsClearedAtOnceIsNotLost) {
  Event event;
  std::atomic<bool> returned = false;
  Crew crew;
  crew.add(1, [&](int) {
    EXPECT_TRUE(event.wait());
    returned = true;
  });
  // Each set is cleared before the waiter can look; it must notice one of them all the same.
  ASSERT_TRUE(eventually([&] {
    event.set();
    event.clear();
    return returned.load();
  }));
}

TEST(Event, EV6_WhoArrivesWhileOthersAreWokenIsReleasedToo) {
  Event event;
  Crew crew;
  std::atomic<int> released = 0;
  crew.add(4, [&](int) {
    event.wait();
    std::jthread([&] { released += event.wait(); }).join();
  });
  event.set();
  crew.join();
  EXPECT_EQ(released, 4);
}

TEST(Event, AStopEndsTheWait) {
  Event event;
  std::stop_source stop;
  Crew crew;
  crew.add(1, [&](int) { EXPECT_FALSE(event.wait(stop.get_token())); });
  stop.request_stop();
}

TEST(Semaphore, SM1_StartsAtOneAndNeverBelowZero) {
  EXPECT_EQ(Semaphore().value(), 1);
  EXPECT_EQ(BoundedSemaphore().value(), 1);
  EXPECT_THROW(Semaphore(-1), std::invalid_argument);
  EXPECT_THROW(BoundedSemaphore(-1), std::invalid_argument);
}

TEST(Semaphore, SM2_SM3_ExactlyAsManyPassAsThereArePermits) {
  for (const bool at_once : {false, true}) {
    Semaphore semaphore(7);
    ASSERT_TRUE(semaphore.acquire());
    std::atomic<int> passed = 0;
    Crew crew;
    crew.add(10, [&](int) {
      for (int i = 0; i < 2; ++i) {
        EXPECT_TRUE(semaphore.acquire());
        ++passed;
      }
    });
    int expected = 6;
    for (const int more : {7, 6, 1, 0}) {
      ASSERT_TRUE(eventually([&] { return passed == expected; }));
      let_others_run();
      EXPECT_EQ(passed, expected);
      if (more == 0) break;
      if (at_once) {
        semaphore.release(more);
      } else {
        for (int i = 0; i < more; ++i) semaphore.release();
      }
      expected += more;
    }
    crew.join();
    EXPECT_EQ(semaphore.value(), 0);
  }
  Semaphore semaphore;
  EXPECT_THROW(semaphore.release(0), std::invalid_argument);
  EXPECT_THROW(semaphore.release(-1), std::invalid_argument);
  EXPECT_EQ(semaphore.value(), 1);
}

TEST(Semaphore, SM4_TryAcquireIsExact) {
  Semaphore semaphore(4);
  semaphore.acquire();
  std::atomic<int> taken = 0;
  std::atomic<int> refused = 0;
  Crew crew;
  crew.add(5, [&](int) {
    for (int i = 0; i < 2; ++i) ++(semaphore.try_acquire() ? taken : refused);
  });
  crew.join();
  EXPECT_EQ(taken, 3);
  EXPECT_EQ(refused, 7);
}

TEST(Semaphore, SM5_ATimedAcquireHonoursItsLimit) {
  Semaphore semaphore;
  EXPECT_TRUE(semaphore.acquire_until(after(1h)));
  const Deadline limit = after(20ms);
  EXPECT_FALSE(semaphore.acquire_until(limit));
  EXPECT_GE(Clock::now(), limit);
  EXPECT_THROW((void)semaphore.acquire_until(after(-1s)), std::invalid_argument);
  EXPECT_EQ(semaphore.value(), 0);
}

TEST(Semaphore, SM6_APermitIsGivenBackOnException) {
  Semaphore semaphore(2);
  EXPECT_THROW(
      {
        Permit permit(semaphore);
        Permit moved = std::move(permit);
        EXPECT_EQ(semaphore.value(), 1);
        throw std::runtime_error("out");
      },
      std::runtime_error);
  EXPECT_EQ(semaphore.value(), 2);
  const auto one = Permit::try_take(semaphore);
  const auto two = Permit::try_take(semaphore);
  EXPECT_TRUE(two);
  EXPECT_FALSE(Permit::try_take(semaphore));
}

TEST(Semaphore, SM7_SM9_ValueCountsExactlyAndMayRise) {
  Semaphore semaphore(2);
  semaphore.acquire();
  EXPECT_EQ(semaphore.value(), 1);
  semaphore.acquire();
  EXPECT_EQ(semaphore.value(), 0);
  semaphore.release(2);
  EXPECT_EQ(semaphore.value(), 2);
  semaphore.release();
  EXPECT_EQ(semaphore.value(), 3);
}

TEST(BoundedSemaphore, SM8_ReleasingTooMuchThrowsAndChangesNothing) {
  for (int limit = 1; limit <= 9; ++limit) {
    BoundedSemaphore semaphore(limit);
    Crew crew;
    crew.add(4, [&](int) {
      for (int i = 0; i < 50; ++i) {
        semaphore.acquire();
        semaphore.release();
      }
    });
    crew.join();
    EXPECT_THROW(semaphore.release(), LockMisuse);
    EXPECT_EQ(semaphore.value(), limit);
  }
}

TEST(Semaphore, SM12_NobodyStarves) {
  Semaphore semaphore;
  std::atomic<int> turns[2] = {0, 0};
  Crew crew;
  crew.add(2, [&](int me) {
    while (turns[0] < 100 || turns[1] < 100) {  // goes on until the other had its turns as well
      const Permit permit(semaphore);
      ++turns[me];
    }
  });
  crew.join();
  EXPECT_GE(std::min(turns[0].load(), turns[1].load()), 100);
}

}  // namespace
}  // namespace weir::concurrency
