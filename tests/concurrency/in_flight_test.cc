#include "concurrency/in_flight.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <random>
#include <thread>
#include <vector>

#include "concurrency/joinable_queue.h"
#include "tests/concurrency/crew.h"

namespace weir::concurrency {
namespace {

using namespace std::chrono_literals;

TEST(JoinableQueue, JQ1_TaskDoneNeverGoesBelowZero) {
  JoinableQueue<int> queue;
  EXPECT_THROW(queue.task_done(), LockMisuse);
  queue.put(1);
  EXPECT_EQ(*queue.get(), 1);
  queue.task_done();
  EXPECT_THROW(queue.task_done(), LockMisuse);
  EXPECT_EQ(queue.join_until(kNow), Joined::kDone);
}

TEST(JoinableQueue, JQ2_JoinReturnsAfterTheLastTask) {
  JoinableQueue<int> queue;
  queue.join();
  std::atomic<int> sum = 0;
  Crew crew;
  crew.add(2, [&](int) {
    while (auto item = queue.get()) {
      sum += *item;
      queue.task_done();
    }
  });
  for (int i = 0; i < 100; ++i) queue.put(int(i));
  queue.join();
  EXPECT_EQ(sum, 4950);
  queue.join();
  queue.close();
}

TEST(JoinableQueue, JQ4_TheRawInterfaceCountsCallsNotItems) {
  JoinableQueue<int> queue;
  queue.put(1);
  queue.put(2);
  queue.get();
  queue.task_done();
  queue.task_done();
  queue.join();
  EXPECT_EQ(*queue.get(), 2);
}

TEST(TaskToken, JQ5_CountsAsDoneExactlyOnce) {
  InFlight unfinished;
  {
    TaskToken token = unfinished.add();
    TaskToken moved = std::move(token);
    EXPECT_EQ(unfinished.count(), 1u);
    moved.done();
    EXPECT_EQ(unfinished.count(), 0u);
  }
  EXPECT_EQ(unfinished.count(), 0u);
  EXPECT_THROW(
      {
        const TaskToken token = unfinished.add();
        throw std::runtime_error("out");
      },
      std::runtime_error);
  EXPECT_EQ(unfinished.count(), 0u);
  TaskToken replaced = unfinished.add();
  replaced = unfinished.add();
  EXPECT_EQ(unfinished.count(), 1u);
}

TEST(TaskToken, JQ6_ChildrenBeforeTheParentNeverJoinEarly) {
  struct Node {
    int children;
    TaskToken token;
  };
  std::mt19937 random(42);
  for (int round = 0; round < 300; ++round) {
    InFlight unfinished;
    Queue<Node> todo;
    std::atomic<int> budget = static_cast<int>(random() % 60);
    const int nodes = budget + 1;
    std::atomic<int> visited = 0;
    todo.put(Node{3, unfinished.add()});
    Crew crew;
    crew.add(2, [&](int) {
      for (Node& node : todo) {
        for (int i = 0; i < node.children; ++i)
          if (budget-- > 0) todo.put(Node{1 + i * 2, unfinished.add()});
        ++visited;
        node.token.done();
      }
    });
    unfinished.join();
    EXPECT_EQ(visited, nodes - std::max(0, budget.load()));
    todo.close();
  }
}

TEST(InFlight, JQ7_JoinSaysWhyItReturned) {
  InFlight unfinished;
  TaskToken token = unfinished.add();
  EXPECT_EQ(unfinished.join_until(after(5ms)), Joined::kTimeout);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(unfinished.join_until(kNever, stop.get_token()), Joined::kStopped);
  token.done();
  EXPECT_EQ(unfinished.join_until(kNever, stop.get_token()), Joined::kDone);
}

TEST(JoinableQueue, CL8_CancelCountsTheDroppedAsDone) {
  JoinableQueue<int> queue;
  queue.put(1);
  queue.put(2);
  EXPECT_EQ(queue.cancel(), 2u);
  queue.join();
  EXPECT_THROW(queue.task_done(), LockMisuse);
  EXPECT_EQ(queue.put(3), QueueStatus::kClosed);
  queue.join();
}

TEST(JoinableQueue, CL9_CL10_CloseKeepsJoinersWaitingForTheRest) {
  JoinableQueue<int> queue;
  for (int i = 0; i < 2; ++i) queue.put(int(i));
  queue.close();
  EXPECT_EQ(queue.join_until(kNow), Joined::kTimeout);
  std::atomic<int> joined = 0;
  Crew crew;
  crew.add(2, [&](int) {
    queue.join();
    ++joined;
  });
  let_others_run();
  EXPECT_EQ(joined, 0);
  crew.add(2, [&](int) {
    EXPECT_TRUE(queue.get());
    queue.task_done();
  });
  crew.join();
  EXPECT_EQ(joined, 2);
}

}  // namespace
}  // namespace weir::concurrency
