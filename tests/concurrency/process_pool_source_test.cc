// A pool that takes its tasks by itself: from a queue, as the parse stage does.
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <string>
#include <vector>

#include "concurrency/process_pool.h"
#include "concurrency/queue.h"
#include "pool_test.h"

namespace weir::concurrency {
namespace {

using Kind = PoolReply::Kind;
using std::chrono::milliseconds;

// The tasks go in as headers, the replies come out.
struct Stage {
  Queue<std::string> todo;
  Queue<PoolReply> done;
  ProcessPool pool;

  explicit Stage(ProcessPoolOptions given) : pool(with_source(std::move(given))) {
    todo.on_item([this] { pool.wake(); });
    pool.wake();
  }

  ProcessPoolOptions with_source(ProcessPoolOptions given) {
    given.source = [this]() -> Got<PoolTask> {
      Got<std::string> header = todo.try_get();
      if (!header) return {header.status, std::nullopt};
      PoolTask task{.header = *std::move(header.item)};
      task.reply.future().on_done(
          [this](Future<PoolReply> reply) { done.put(std::move(reply).get()); });
      return {QueueStatus::kOk, std::move(task)};
    };
    return given;
  }
  PoolReply next() {
    Got<PoolReply> reply = done.get_until(soon());
    return reply ? *std::move(reply.item) : PoolReply{.message = "no reply in time"};
  }
};

TEST(ProcessPoolSource, PP1_StartsNothingWhileTheSourceIsEmpty) {
  NothingLeft nothing_left;
  Stage stage(options(2));
  EXPECT_EQ(stage.pool.figures().started, 0u);
  stage.todo.put("echo one");
  EXPECT_EQ(stage.next().result, "one");
  stage.todo.put("echo two");
  EXPECT_EQ(stage.next().result, "two");
  EXPECT_EQ(stage.pool.figures().started, 1u);
}

TEST(ProcessPoolSource, PP9_EndsWhenItsSourceIsClosedAndDrained) {
  NothingLeft nothing_left;
  ProcessPoolOptions few = options(3);
  few.tasks_per_worker = 20;
  Stage stage(std::move(few));
  for (int i = 0; i < 300; ++i) stage.todo.put("echo x");
  stage.todo.close();
  stage.pool.wait();
  EXPECT_EQ(stage.done.size(), 300u);
  while (auto reply = stage.done.try_get()) EXPECT_EQ(reply->kind, Kind::kDone);
  EXPECT_EQ(stage.pool.figures().alive, 0u);
  EXPECT_LE(stage.pool.figures().started, 18u);
}

TEST(ProcessPoolSource, NoWakeIsLostWhicheverSideIsFaster) {
  Stage stage(options(2));
  for (int i = 0; i < 1000; ++i) {  // each finds the pool asleep, or about to be
    stage.todo.put("echo " + std::to_string(i));
    if (i % 3 == 0) {
      ASSERT_EQ(stage.next().kind, Kind::kDone) << i;
    }
  }
  for (int i = 0; i < 666; ++i) ASSERT_EQ(stage.next().kind, Kind::kDone) << i;
}

TEST(ProcessPoolSource, TakesNoMoreThanItHasPlacesFor) {
  ProcessPoolOptions quick = options(2);
  quick.grace = milliseconds(20);
  Mark mark;
  Stage stage(std::move(quick));
  for (int i = 0; i < 10; ++i) stage.todo.put("hold " + mark.path());
  ASSERT_TRUE(mark.reaches(2));
  for (const Deadline deadline = soon(); stage.pool.figures().in_flight < 4;)
    ASSERT_LT(Clock::now(), deadline);
  EXPECT_EQ(stage.todo.size(), 6u);
  stage.pool.cancel();
  for (int i = 0; i < 4; ++i) EXPECT_EQ(stage.next().kind, Kind::kCancelled);
  stage.pool.wait();
  EXPECT_EQ(stage.todo.size(), 6u);  // they stay where they are
  EXPECT_TRUE(stage.done.empty());
}

TEST(ProcessPoolSource, PP7_DeathAfterTheEndIsStillTriedAgain) {
  NothingLeft nothing_left;
  Mark mark;
  Stage stage(options(1));
  stage.todo.put("die-twice " + mark.path());
  stage.todo.close();
  EXPECT_EQ(stage.next().result, "third time");
  stage.pool.wait();
}

TEST(ProcessPoolSource, PP12_ABrokenPoolAnswersAllThatComes) {
  NothingLeft nothing_left;
  Stage stage(options(2, "exit"));
  for (int i = 0; i < 20; ++i) stage.todo.put("echo x");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(stage.next().kind, Kind::kBroken);
  stage.todo.put("echo late");
  EXPECT_EQ(stage.next().kind, Kind::kBroken);
  stage.todo.close();
  stage.pool.wait();
}

TEST(ProcessPoolSource, OtherTasksAreRefusedAndLongHeadersFail) {
  Stage stage(options(1));
  EXPECT_THROW(stage.pool.submit({.header = "echo x"}), std::logic_error);
  stage.todo.put(std::string((64 << 10) + 1, 'x'));
  EXPECT_EQ(stage.next().kind, Kind::kFailed);
  stage.todo.put("echo on");
  EXPECT_EQ(stage.next().result, "on");
}

}  // namespace
}  // namespace weir::concurrency
