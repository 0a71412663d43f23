#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "concurrency/binary_lock.h"
#include "concurrency/mutex.h"
#include "concurrency/recursive_mutex.h"
#include "concurrency/report.h"
#include "concurrency/thread.h"
#include "tests/concurrency/crew.h"

// These tests lock and unlock across threads and on purpose wrongly, which the analysis cannot
// follow.
#if defined(__clang__)
#pragma clang diagnostic ignored "-Wthread-safety-analysis"
#endif

namespace weir::concurrency {
namespace {

using namespace std::chrono_literals;

template <typename Lock>
class Locks : public testing::Test {};
using LockTypes = testing::Types<Mutex, BinaryLock, RecursiveMutex>;
TYPED_TEST_SUITE(Locks, LockTypes);

TYPED_TEST(Locks, LK1_DestroyingAHeldLockIsReported) {
  std::string reported;
  const Reporter before = set_reporter([&](std::string_view line) { reported += line; });
  {
    TypeParam unused;
    TypeParam used;
    used.lock();
    used.unlock();
  }
  EXPECT_EQ(reported, "");
  {
    TypeParam held;
    held.lock();
  }
  set_reporter(before);
  EXPECT_NE(reported.find("destroyed while held"), std::string::npos) << reported;
}

TYPED_TEST(Locks, LK2_TryLockAnswersAtOnce) {
  TypeParam lock;
  ASSERT_TRUE(lock.try_lock());
  bool second = true;
  std::jthread([&] { second = lock.try_lock(); }).join();
  EXPECT_FALSE(second);
  EXPECT_TRUE(lock.locked());
  lock.unlock();
}

TYPED_TEST(Locks, LK3_BlockedThreadsGetItInTurn) {
  TypeParam lock;
  std::atomic<int> started = 0;
  int inside = 0;
  std::atomic<int> finished = 0;
  lock.lock();
  Crew crew;
  crew.add(5, [&](int) {
    ++started;
    lock.lock();
    EXPECT_EQ(++inside, 1);
    std::this_thread::yield();
    --inside;
    lock.unlock();
    ++finished;
  });
  ASSERT_TRUE(eventually([&] { return started == 5; }));
  let_others_run();
  EXPECT_EQ(finished, 0);
  lock.unlock();
  crew.join();
  EXPECT_EQ(finished, 5);
}

TYPED_TEST(Locks, LK4_AScopeReleasesAlsoOnException) {
  TypeParam lock;
  { const std::lock_guard guard(lock); }
  EXPECT_FALSE(lock.locked());
  EXPECT_THROW(
      {
        const std::lock_guard guard(lock);
        throw std::runtime_error("out");
      },
      std::runtime_error);
  bool other = false;
  std::jthread([&] {
    other = lock.try_lock();
    if (other) lock.unlock();
  }).join();
  EXPECT_TRUE(other);
}

TYPED_TEST(Locks, LK5_LK6_ATimedLockGivesUpAndLeavesTheLockUsable) {
  TypeParam lock;
  ASSERT_TRUE(lock.try_lock_until(after(1h)));
  bool got = true;
  auto took = 0ns;
  std::jthread([&] {
    const auto start = Clock::now();
    got = lock.try_lock_until(after(20ms));
    took = Clock::now() - start;
  }).join();
  EXPECT_FALSE(got);
  EXPECT_GE(took, 20ms);
  lock.unlock();
  EXPECT_FALSE(lock.locked());
  EXPECT_TRUE(lock.try_lock());
  lock.unlock();
}

TYPED_TEST(Locks, LK5_ATimedLockGetsWhatIsReleasedInTime) {
  TypeParam lock;
  std::atomic<bool> started = false;
  lock.lock();
  Crew crew;
  crew.add(1, [&](int) {
    started = true;
    EXPECT_TRUE(lock.try_lock_until(after(1h)));
    lock.unlock();
  });
  ASSERT_TRUE(eventually([&] { return started.load(); }));
  let_others_run();
  lock.unlock();
}

TYPED_TEST(Locks, LK7_ADeadlineInThePastAsksOnce) {
  TypeParam lock;
  EXPECT_TRUE(lock.try_lock_until(Clock::now() - 1h));
  std::jthread([&] { EXPECT_FALSE(lock.try_lock_until(Clock::now() - 1h)); }).join();
  lock.unlock();
}

TEST(Deadline, LK7_NegativeIsRejectedAndHugeMeansNever) {
  EXPECT_THROW(after(-1ns), std::invalid_argument);
  EXPECT_THROW(after(-1h), std::invalid_argument);
  EXPECT_THROW(after(std::chrono::duration<double>(std::numeric_limits<double>::quiet_NaN())),
               std::invalid_argument);
  EXPECT_EQ(after(std::chrono::hours::max()), kNever);
  EXPECT_EQ(after(std::chrono::duration<double>(1e300)), kNever);
  const Deadline at_once = after(0s);
  EXPECT_LE(at_once, Clock::now());
}

TYPED_TEST(Locks, LK8_ForeignThreadsLeaveNoEntryBehind) {
  TypeParam lock;
  const std::size_t before = active_count();
  Crew crew;
  crew.add(15, [&](int) {
    lock.lock();
    lock.unlock();
  });
  crew.join();
  EXPECT_EQ(active_count(), before);
}

TEST(BinaryLock, MX1_MX2_ASecondLockBlocksUntilAnotherThreadUnlocks) {
  BinaryLock lock;
  std::atomic<int> phase = 0;
  Crew crew;
  crew.add(1, [&](int) {
    lock.lock();
    phase = 1;
    lock.lock();
    phase = 2;
  });
  ASSERT_TRUE(eventually([&] { return phase == 1; }));
  let_others_run();
  EXPECT_EQ(phase, 1);
  lock.unlock();
  crew.join();
  EXPECT_EQ(phase, 2);
  lock.unlock();
}

TEST(BinaryLock, MX3_UnlockingAnUnlockedOneThrows) {
  BinaryLock lock;
  EXPECT_THROW(lock.unlock(), LockMisuse);
  EXPECT_FALSE(lock.locked());
}

TEST(Mutex, MX3_MX4_MisuseThrowsAndNamesTheMutex) {
  Mutex mutex("the ledger");
  EXPECT_THROW(mutex.unlock(), LockMisuse);
  mutex.lock();
  try {
    mutex.lock();
    FAIL() << "locked twice";
  } catch (const LockMisuse& misuse) {
    EXPECT_NE(std::string(misuse.what()).find("the ledger"), std::string::npos);
  }
  EXPECT_THROW((void)mutex.try_lock_until(after(1h)), LockMisuse);
  std::jthread([&] { EXPECT_THROW(mutex.unlock(), LockMisuse); }).join();
  EXPECT_TRUE(mutex.held_by_me());
  mutex.unlock();
}

TEST(RecursiveMutex, RL1_OthersWaitForAsManyUnlocksAsLocks) {
  RecursiveMutex mutex;
  for (int i = 0; i < 3; ++i) mutex.lock();
  for (int i = 0; i < 3; ++i) {
    std::jthread([&] { EXPECT_FALSE(mutex.try_lock()); }).join();
    mutex.unlock();
  }
  std::jthread([&] {
    EXPECT_TRUE(mutex.try_lock());
    mutex.unlock();
  }).join();
}

TEST(RecursiveMutex, RL2_RL4_RL5_DepthIsCounted) {
  RecursiveMutex mutex;
  EXPECT_EQ(mutex.depth(), 0);
  mutex.lock();
  EXPECT_EQ(mutex.depth(), 1);
  mutex.lock();
  mutex.lock();
  EXPECT_EQ(mutex.depth(), 3);
  mutex.unlock();
  EXPECT_EQ(mutex.depth(), 2);
  EXPECT_TRUE(mutex.held_by_me());
  std::jthread([&] {
    EXPECT_EQ(mutex.depth(), 0);
    EXPECT_FALSE(mutex.held_by_me());
  }).join();
  mutex.unlock();
  mutex.unlock();
  EXPECT_EQ(mutex.depth(), 0);
  EXPECT_FALSE(mutex.held_by_me());
  EXPECT_THROW(mutex.unlock(), LockMisuse);
}

TEST(RecursiveMutex, RL3_RL6_OnlyTheOwnerUnlocksButAllSeeIt) {
  RecursiveMutex mutex;
  mutex.lock();
  std::jthread([&] {
    EXPECT_TRUE(mutex.locked());
    EXPECT_THROW(mutex.unlock(), LockMisuse);
  }).join();
  mutex.unlock();
  EXPECT_FALSE(mutex.locked());
}

TEST(RecursiveMutex, RL7_WaitReleasesAllLevelsAndRestoresThem) {
  RecursiveMutex mutex;
  CondVar condition;
  EXPECT_THROW(condition.wait(mutex), LockMisuse);
  bool told = false;
  mutex.lock();
  mutex.lock();
  std::jthread teller([&] {
    const RecursiveLock lock(mutex);  // can only be had while the other waits
    told = true;
    condition.notify_one();
  });
  while (!told) condition.wait(mutex);
  EXPECT_EQ(mutex.depth(), 2);
  mutex.unlock();
  mutex.unlock();
}

TEST(CondVar, CV2_WaitingWithoutTheMutexThrows) {
  Mutex mutex;
  CondVar condition;
  EXPECT_THROW(condition.wait(mutex), LockMisuse);
}

TEST(CondVar, CV5_ALimitEndsTheWaitWithTheMutexHeld) {
  Mutex mutex;
  CondVar condition;
  const MutexLock lock(mutex);
  const Deadline limit = after(20ms);
  while (condition.wait(mutex, limit) != Wake::kTimeout) {
  }
  EXPECT_GE(Clock::now(), limit);
  EXPECT_TRUE(mutex.held_by_me());
}

TEST(CondVar, CV8_AStopEndsTheWaitWithoutANotify) {
  Mutex mutex;
  CondVar condition;
  std::stop_source stop;
  std::atomic<bool> stopped = false;
  Crew crew;
  crew.add(1, [&](int) {
    const MutexLock lock(mutex);
    while (condition.wait(mutex, kNever, stop.get_token()) != Wake::kStopped) {
    }
    stopped = mutex.held_by_me();
  });
  {
    const MutexLock lock(mutex);  // a stop request under the mutex must not hang
    stop.request_stop();
  }
  crew.join();
  EXPECT_TRUE(stopped);
}

TEST(CondVar, NoNotificationIsLostBetweenTwoThatTakeTurns) {
  Mutex mutex;
  CondVar changed;
  int turn = 0;
  constexpr int kTurns = 20'000;
  Crew crew;
  crew.add(2, [&](int me) {
    const MutexLock lock(mutex);
    while (turn < kTurns) {
      if (turn % 2 != me) {
        changed.wait(mutex);
        continue;
      }
      ++turn;
      changed.notify_one();
    }
    changed.notify_one();
  });
  crew.join();
  EXPECT_EQ(turn, kTurns);
}

}  // namespace
}  // namespace weir::concurrency
