#include "concurrency/process_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "concurrency/slab_arena.h"
#include "concurrency/usage.h"
#include "pool_test.h"

namespace weir::concurrency {
namespace {

using Kind = PoolReply::Kind;
using std::chrono::milliseconds;

TEST(ProcessPool, PP1_StartsOnDemandAndReusesTheIdle) {
  NothingLeft nothing_left;
  ProcessPool pool(options(3));
  EXPECT_EQ(pool.figures().started, 0u);
  const pid_t pid = pid_of(pool);
  EXPECT_EQ(pid_of(pool), pid);
  EXPECT_EQ(pid_of(pool), pid);
  EXPECT_EQ(pool.figures().started, 1u);
}

TEST(ProcessPool, PP1_GrowsToItsSizeAndNotBeyond) {
  NothingLeft nothing_left;
  ProcessPool pool(options(3));
  std::vector<Future<PoolReply>> replies;
  for (int i = 0; i < 300; ++i) replies.push_back(pool.submit({.header = "pid"}));
  std::set<std::string> pids;
  for (auto& reply : replies) pids.insert(reply.get(soon()).result);
  EXPECT_LE(pids.size(), 3u);
  EXPECT_LE(pool.figures().started, 3u);
  EXPECT_EQ(pool.figures().done, 300u);
}

TEST(ProcessPool, RepliesBelongToTheirTasks) {
  ProcessPool pool(options(2));
  std::vector<Future<PoolReply>> replies;
  for (int i = 0; i < 500; ++i)
    replies.push_back(pool.submit({.header = "echo " + std::to_string(i)}));
  for (int i = 0; i < 500; ++i) {
    const PoolReply reply = replies[static_cast<std::size_t>(i)].get(soon());
    EXPECT_EQ(reply.kind, Kind::kDone);
    EXPECT_EQ(reply.result, std::to_string(i));
    EXPECT_EQ(reply.tries, 1);
  }
}

TEST(ProcessPool, BodiesAreReadWhereTheyLie) {
  SlabArena arena({.memory = 1 << 20, .max_body = 300'000, .slots = 4});
  Slab other = *arena.open();
  Slab slab = *arena.open();
  std::string body(300'000, 'b');
  body[299'999] = 'e';
  ASSERT_EQ(slab.append(body), Append::kStored);
  slab.seal();
  ProcessPoolOptions with = options(1);
  with.bodies = &arena;
  ProcessPool pool(std::move(with));
  EXPECT_EQ(run(pool, "echo h:", &slab).result, "h:" + body);
  EXPECT_EQ(run(pool, "nul", &slab).result, "nul");
  other.seal();
  EXPECT_EQ(run(pool, "echo empty", &other).result, "empty");
  EXPECT_EQ(run(pool, "nul", &other).result, "nul");
  // A worker cannot write what others read.
  const PoolReply reply = run(pool, "write-body", &slab);
  EXPECT_EQ(reply.kind, Kind::kCrash);
  EXPECT_EQ(slab.bytes(), body);
}

TEST(ProcessPool, HeadersAndResultsHaveLimits) {
  ProcessPool pool(options(1));
  EXPECT_THROW(pool.submit({.header = std::string((64 << 10) + 1, 'x')}), std::length_error);
  EXPECT_EQ(run(pool, "echo " + std::string((64 << 10) - 5, 'x')).result.size(), (64u << 10) - 5);
  EXPECT_EQ(run(pool, "fill").result, std::string(2 << 20, 'f'));
  EXPECT_EQ(run(pool, "overflow").kind, Kind::kFailed);
  EXPECT_EQ(run(pool, "echo small").result, "small");
}

TEST(ProcessPool, PP8_WorkersRetireAfterTheirTasks) {
  NothingLeft nothing_left;
  ProcessPoolOptions three = options(1);
  three.tasks_per_worker = 3;
  ProcessPool pool(std::move(three));
  const pid_t pid = pid_of(pool);
  EXPECT_EQ(pid_of(pool), pid);
  EXPECT_EQ(pid_of(pool), pid);
  EXPECT_NE(pid_of(pool), pid);
  EXPECT_TRUE(alive_becomes(pool, 1));
  EXPECT_EQ(pool.figures().deaths, 0u);
}

TEST(ProcessPool, EachWorkerIsAccountedFor) {
  ProcessPoolOptions two_each = options(1);
  two_each.tasks_per_worker = 2;
  two_each.grace = std::chrono::seconds(20);  // each leaves by itself, however slowly
  ProcessPool pool(std::move(two_each));
  const pid_t first = pid_of(pool);
  EXPECT_EQ(pool.workers().at(0).pid, first);
  EXPECT_EQ(pool.workers().at(0).tasks, 1u);
  EXPECT_FALSE(pool.workers().at(0).exit);
  EXPECT_EQ(usage_of_process(first)->state == 'Z', false);
  (void)pid_of(pool);
  ASSERT_TRUE(gone(first));
  const pid_t second = pid_of(pool);
  pool.close();
  pool.wait();
  const std::vector<PoolWorkerFigures> workers = pool.workers();
  ASSERT_EQ(workers.size(), 2u);
  EXPECT_EQ(workers[0].pid, first);
  EXPECT_EQ(workers[0].tasks, 2u);
  EXPECT_EQ(workers[1].pid, second);
  EXPECT_EQ(workers[1].tasks, 1u);
  for (const PoolWorkerFigures& each : workers) {
    EXPECT_EQ(each.exit.value().code, 0);
    EXPECT_GT(each.exit.value().peak_rss, 0u);
    EXPECT_FALSE(usage_of_process(each.pid));
  }
}

TEST(ProcessPool, PP9_BacklogFinishesAcrossReplacementsAlsoAfterClose) {
  NothingLeft nothing_left;
  ProcessPoolOptions one = options(2);
  one.tasks_per_worker = 1;
  ProcessPool pool(std::move(one));
  std::vector<Future<PoolReply>> replies;
  for (int i = 0; i < 20; ++i) replies.push_back(pool.submit({.header = "pid"}));
  pool.close();
  pool.wait();
  std::set<std::string> pids;
  for (auto& reply : replies) {
    EXPECT_EQ(reply.get(soon()).kind, Kind::kDone);
    pids.insert(reply.get().result);
  }
  EXPECT_EQ(pids.size(), 20u);
  EXPECT_EQ(run(pool, "echo late").kind, Kind::kCancelled);
  EXPECT_EQ(pool.figures().alive, 0u);
}

TEST(ProcessPool, PP11_PP15_CancelAnswersEveryTaskAndEndsEveryWorker) {
  NothingLeft nothing_left;
  Mark mark;
  ProcessPoolOptions quick = options(2);
  quick.grace = milliseconds(20);
  ProcessPool pool(std::move(quick));
  pool.cancel();  // before any worker started
  pool.wait();
  ProcessPoolOptions again = options(2);
  again.grace = milliseconds(20);
  ProcessPool busy(std::move(again));
  std::vector<Future<PoolReply>> replies;
  for (int i = 0; i < 4; ++i) replies.push_back(busy.submit({.header = "hold " + mark.path()}));
  ASSERT_TRUE(mark.reaches(2));
  std::thread blocked([&] { EXPECT_EQ(run(busy, "echo x").kind, Kind::kCancelled); });
  busy.cancel();
  busy.cancel();
  for (auto& reply : replies) EXPECT_EQ(reply.get(soon()).kind, Kind::kCancelled);
  busy.wait();
  blocked.join();
  EXPECT_EQ(busy.figures().started, 2u);
}

TEST(ProcessPool, SubmitBlocksWhenEveryPlaceIsTakenAndObeysStop) {
  Mark mark;
  ProcessPoolOptions quick = options(1);
  quick.grace = milliseconds(20);
  ProcessPool pool(std::move(quick));
  auto one = pool.submit({.header = "hold " + mark.path()});
  auto two = pool.submit({.header = "hold " + mark.path()});
  PoolTask third{.header = "echo three"};
  EXPECT_FALSE(pool.try_submit(third));
  EXPECT_EQ(third.header, "echo three");
  EXPECT_EQ(pool.figures().in_flight, 2u);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(pool.submit(std::move(third), stop.get_token()).get(soon()).kind, Kind::kCancelled);
}

TEST(ProcessPool, ResizeGrowsAndShrinks) {
  NothingLeft nothing_left;
  ProcessPoolOptions quick = options(1);
  quick.grace = milliseconds(20);
  ProcessPool pool(std::move(quick));
  EXPECT_THROW(pool.resize(0), std::invalid_argument);
  Mark mark;
  std::vector<Future<PoolReply>> held;
  const auto hold = [&] {  // two places a worker
    for (int i = 0; i < 2; ++i) held.push_back(pool.submit({.header = "hold " + mark.path()}));
  };
  hold();
  ASSERT_TRUE(mark.reaches(1));
  PoolTask more{.header = "echo x"};
  EXPECT_FALSE(pool.try_submit(more));
  pool.resize(3);
  hold();
  hold();
  ASSERT_TRUE(mark.reaches(3));
  EXPECT_EQ(pool.figures().alive, 3u);
  EXPECT_EQ(pool.figures().started, 3u);
}

TEST(ProcessPool, ResizeRetiresTheIdle) {
  NothingLeft nothing_left;
  ProcessPool pool(options(3));
  std::vector<Future<PoolReply>> replies;
  while (pool.figures().started < 3) replies.push_back(pool.submit({.header = "echo x"}));
  for (auto& reply : replies) EXPECT_EQ(reply.get(soon()).kind, Kind::kDone);
  pool.resize(1);
  EXPECT_TRUE(alive_becomes(pool, 1));
  EXPECT_EQ(run(pool, "echo x").result, "x");
  EXPECT_EQ(pool.figures().deaths, 0u);
}

TEST(ProcessPool, FiguresCountTheCpuOfDeadAndLivingWorkers) {
  ProcessPoolOptions one = options(1);
  one.tasks_per_worker = 1;
  ProcessPool pool(std::move(one));
  run(pool, "allocate 20");
  run(pool, "allocate 20");
  const auto cpu = pool.figures().cpu;
  EXPECT_GT(cpu.count(), 0);
  pool.close();
  pool.wait();
  // Of the dead it is known in microseconds, of user and of system time; of the living exactly.
  EXPECT_GE(pool.figures().cpu + 2 * std::chrono::microseconds(2), cpu);
  EXPECT_EQ(pool.figures().alive, 0u);
}

TEST(ProcessPool, CallbacksRunOnThePoolsThread) {
  ProcessPool pool(options(1));
  std::set<std::thread::id> threads;
  std::atomic<int> calls{0};
  for (int i = 0; i < 10; ++i) {
    pool.submit({.header = "echo x"}).on_done([&](Future<PoolReply>) {
      threads.insert(std::this_thread::get_id());
      ++calls;
    });
    run(pool, "echo y");
  }
  EXPECT_EQ(calls, 10);
  EXPECT_LE(threads.size(), 2u);  // or here, if it was done before on_done
}

TEST(ProcessPool, MeaninglessOptionsAreRejected) {
  EXPECT_THROW(ProcessPool({.role = ""}), std::invalid_argument);
  EXPECT_THROW(ProcessPool({.role = "pool", .tries = 0}), std::invalid_argument);
}

}  // namespace
}  // namespace weir::concurrency
