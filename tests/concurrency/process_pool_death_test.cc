// Workers that die, hang or lie, and what it costs their tasks.
#include <gtest/gtest.h>
#include <signal.h>

#include <string>
#include <vector>

#include "concurrency/process_pool.h"
#include "pool_test.h"

namespace weir::concurrency {
namespace {

using Kind = PoolReply::Kind;
using std::chrono::milliseconds;

TEST(ProcessPool, PP2_CrashSaysWhichWorkerAndHow) {
  NothingLeft nothing_left;
  ProcessPool pool(options(1));
  const PoolReply reply = run(pool, "signal 9");
  EXPECT_EQ(reply.kind, Kind::kCrash);
  EXPECT_EQ(reply.tries, 3);
  EXPECT_EQ(reply.exit.code, -SIGKILL);
  EXPECT_EQ(reply.message, "pool-3: signal 9 (Killed)");
}

TEST(ProcessPool, PP3_OnlyTheTaskThatKillsSuffers) {
  NothingLeft nothing_left;
  ProcessPool pool(options(2));
  std::vector<Future<PoolReply>> replies;
  for (int i = 0; i < 60; ++i)
    replies.push_back(pool.submit({.header = i % 10 == 5 ? "exit 1" : "echo fine"}));
  for (int i = 0; i < 60; ++i) {
    const PoolReply reply = replies[static_cast<std::size_t>(i)].get(soon());
    if (i % 10 == 5) {
      EXPECT_EQ(reply.kind, Kind::kCrash);
      EXPECT_EQ(reply.exit.code, 1);
      EXPECT_EQ(reply.tries, 3);
    } else {
      EXPECT_EQ(reply.kind, Kind::kDone) << reply.message;
    }
  }
  EXPECT_EQ(pool.figures().deaths, 18u);
  EXPECT_EQ(pool.figures().retries, 12u);
}

TEST(ProcessPool, PP3_ThirdTryMaySucceed) {
  Mark mark;
  ProcessPool pool(options(1));
  const PoolReply reply = run(pool, "die-twice " + mark.path());
  EXPECT_EQ(reply.kind, Kind::kDone);
  EXPECT_EQ(reply.result, "third time");
  EXPECT_EQ(reply.tries, 3);
}

TEST(ProcessPool, TheTaskAheadOfADeathGoesBackFree) {
  NothingLeft nothing_left;
  Mark mark;
  ProcessPool pool(options(1));
  const pid_t pid = pid_of(pool);
  auto held = pool.submit({.header = "hold-once " + mark.path()});
  auto ahead = pool.submit({.header = "echo ahead"});
  ASSERT_TRUE(mark.reaches(1));
  ::kill(pid, SIGKILL);
  EXPECT_EQ(ahead.get(soon()).tries, 1);
  EXPECT_EQ(ahead.get().result, "ahead");
  EXPECT_EQ(held.get(soon()).tries, 2);
  EXPECT_EQ(held.get().result, "again");
}

TEST(ProcessPool, PP4_ExceptionArrivesWithItsTypeAndTheWorkerLives) {
  ProcessPool pool(options(1));
  const pid_t pid = pid_of(pool);
  const PoolReply reply = run(pool, "throw bad page");
  EXPECT_EQ(reply.kind, Kind::kFailed);
  EXPECT_EQ(reply.message, "std::runtime_error: bad page");
  EXPECT_EQ(run(pool, "throw-int").kind, Kind::kFailed);
  EXPECT_EQ(pid_of(pool), pid);
}

TEST(ProcessPool, PP12_PP10_DeathsAtStartBreakThePoolAndLeaveNothing) {
  for (const char* init : {"throw", "exit", "memory"}) {
    NothingLeft nothing_left;
    testing::internal::CaptureStderr();
    ProcessPool pool(options(2, init));
    const PoolReply reply = run(pool, "echo x");
    testing::internal::GetCapturedStderr();
    EXPECT_EQ(reply.kind, Kind::kBroken);
    EXPECT_NE(reply.message.find("5 in a row"), std::string::npos) << reply.message;
    EXPECT_EQ(run(pool, "echo x").kind, Kind::kBroken);
    EXPECT_EQ(pool.figures().deaths, 5u);
    EXPECT_TRUE(pool.figures().broken);
  }
}

TEST(ProcessPool, AWorkerThatNeverSaysHelloIsADeath) {
  NothingLeft nothing_left;
  ProcessPoolOptions slow = options(1, "hold");
  slow.start_limit = milliseconds(30);
  slow.grace = milliseconds(30);
  slow.deaths_in_a_row = 2;
  ProcessPool pool(std::move(slow));
  EXPECT_EQ(run(pool, "echo x").kind, Kind::kBroken);
}

TEST(ProcessPool, UnknownRoleBreaksThePool) {
  NothingLeft nothing_left;
  testing::internal::CaptureStderr();
  ProcessPoolOptions wrong = options(1);
  wrong.role = "nobody";
  {
    ProcessPool pool(std::move(wrong));
    EXPECT_EQ(run(pool, "echo x").kind, Kind::kBroken);
  }
  testing::internal::GetCapturedStderr();
}

TEST(ProcessPool, FiveDifferentTasksInARowBreakItAndTwoHostileOnesDoNot) {
  ProcessPool pool(options(1));
  EXPECT_EQ(run(pool, "exit 1").kind, Kind::kCrash);
  EXPECT_EQ(run(pool, "exit 1").kind, Kind::kCrash);
  EXPECT_EQ(run(pool, "echo between").kind, Kind::kDone);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(run(pool, "exit 1").kind, Kind::kCrash);
  EXPECT_EQ(run(pool, "exit 1").kind, Kind::kBroken);
}

TEST(ProcessPool, PP5_OutOfMemoryIsSaidAndNotTriedAgain) {
  ProcessPool pool(options(1));
  const PoolReply reply = run(pool, "memory");
  EXPECT_EQ(reply.kind, Kind::kMemory);
  EXPECT_EQ(reply.tries, 1);
  EXPECT_EQ(pool.figures().deaths, 0u);
  EXPECT_EQ(run(pool, "echo on").result, "on");
}

TEST(ProcessPool, PP7_DeathAfterCloseIsStillTriedAgain) {
  NothingLeft nothing_left;
  Mark mark;
  ProcessPool pool(options(1));
  const pid_t pid = pid_of(pool);
  auto held = pool.submit({.header = "hold-once " + mark.path()});
  ASSERT_TRUE(mark.reaches(1));
  pool.close();
  ::kill(pid, SIGKILL);
  pool.wait();
  EXPECT_EQ(held.get(soon()).result, "again");
}

TEST(ProcessPool, PP14_MegabyteErrorMessageArrives) {
  NothingLeft nothing_left;
  ProcessPool pool(options(1));
  const PoolReply reply = run(pool, "throw-long");
  EXPECT_EQ(reply.kind, Kind::kFailed);
  EXPECT_EQ(reply.message, "std::runtime_error: " + std::string(1 << 20, 'e'));
}

TEST(ProcessPool, PP16_TaskOverItsTimeIsKilledAndNotTriedAgain) {
  NothingLeft nothing_left;
  Mark mark;
  ProcessPool pool(options(1));
  const pid_t pid = pid_of(pool);
  auto held = pool.submit({.header = "hold " + mark.path(), .time_limit = milliseconds(30)});
  auto ahead = pool.submit({.header = "echo ahead"});
  const PoolReply reply = held.get(soon());
  EXPECT_EQ(reply.kind, Kind::kTimeout);
  EXPECT_EQ(reply.exit.code, -SIGKILL);
  EXPECT_EQ(reply.worker, pid);
  EXPECT_GE(reply.running, milliseconds(30));
  EXPECT_EQ(ahead.get(soon()).result, "ahead");
  EXPECT_NE(pid_of(pool), pid);
  EXPECT_EQ(pool.figures().timeouts, 1u);
  EXPECT_EQ(pool.figures().deaths, 0u);
}

TEST(ProcessPool, TimeOfATaskAheadStartsWhenItRuns) {
  Mark mark;
  ProcessPool pool(options(1));
  pid_of(pool);
  const Deadline start = Clock::now();
  auto one = pool.submit({.header = "hold " + mark.path(), .time_limit = milliseconds(150)});
  auto two = pool.submit({.header = "hold " + mark.path(), .time_limit = milliseconds(100)});
  EXPECT_EQ(one.get(soon()).kind, Kind::kTimeout);
  EXPECT_EQ(two.get(soon()).kind, Kind::kTimeout);
  EXPECT_GE(Clock::now() - start, milliseconds(150 + 100));
}

TEST(ProcessPool, HostileCountsAndLengthsAreDeaths) {
  for (const char* what : {"count-ahead", "count-back", "long-result"}) {
    NothingLeft nothing_left;
    ProcessPoolOptions few = options(1);
    few.tries = 1;
    ProcessPool pool(std::move(few));
    auto first = pool.submit({.header = what});
    auto second = pool.submit({.header = "echo x"});
    EXPECT_EQ(first.get(soon()).kind, Kind::kCrash) << what;
    EXPECT_NE(first.get().message.find("broke the protocol"), std::string::npos);
    EXPECT_EQ(second.get(soon()).result, "x") << what;
    EXPECT_EQ(pool.figures().deaths, 1u) << what;
  }
}

}  // namespace
}  // namespace weir::concurrency
