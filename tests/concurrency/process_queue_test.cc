#include "concurrency/process_queue.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <deque>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "process_test_roles.h"

namespace weir::concurrency {
namespace {

using std::chrono::milliseconds;

// A child with the queue as its descriptor 0, and maybe another as 1.
Process child_of(const ProcessQueue& queue, std::vector<std::string> args,
                 const ProcessQueue* other = nullptr) {
  std::vector<int> fds = {queue.fd()};
  if (other != nullptr) fds.push_back(other->fd());
  Process child({.role = "queue", .args = std::move(args), .fds = std::move(fds)});
  child.start();
  return child;
}

std::string next(ProcessQueue& queue) {
  auto item = queue.get(soon());
  if (!item) return "nothing in time";
  item->done();
  return item->bytes();
}

}  // namespace

int queue_role(RoleContext& role) {
  ProcessQueue queue = ProcessQueue::map(role.fd(0));
  const std::string& what = role.args().at(0);
  if (what == "put") {  // and leave at once, without a word
    for (int i = 0; i < std::stoi(role.args().at(2)); ++i)
      (void)queue.put(role.args().at(1) + std::to_string(i), soon());
    ::_exit(0);
  }
  if (what == "move") {
    ProcessQueue out = ProcessQueue::map(role.fd(1));
    while (auto item = queue.get(soon())) {
      (void)out.put(item->bytes(), soon());
      item->done();
    }
    return 0;
  }
  if (what == "hold") {
    ProcessQueue out = ProcessQueue::map(role.fd(1));
    auto item = queue.get(soon());
    (void)out.put(item->bytes(), soon());
    for (;;) ::pause();
  }
  return 99;
}

TEST(ProcessQueue, PQ1_TheSeventhPutFailsUntilThereIsRoom) {
  ProcessQueue queue({.items = 6});
  for (int i = 0; i < 6; ++i) EXPECT_EQ(queue.put("x", kNow), QueueStatus::kOk);
  EXPECT_EQ(queue.put("7", kNow), QueueStatus::kFull);
  EXPECT_EQ(queue.put("7", after(milliseconds(20))), QueueStatus::kTimeout);
  ProcessQueue out({.items = 10});
  Process child = child_of(queue, {"move"}, &out);
  EXPECT_EQ(queue.put("7", soon()), QueueStatus::kOk);
  queue.close();
  EXPECT_TRUE(child.join(soon()));
  EXPECT_EQ(out.size(), 7u);
}

TEST(ProcessQueue, PQ2_PQ4_PutsOfProcessesInterleaveAndOutliveTheirPutters) {
  ProcessQueue queue({.items = 4});
  std::deque<Process> children;
  for (const char* name : {"a", "b"}) children.push_back(child_of(queue, {"put", name, "50"}));
  std::thread own([&] {
    for (int i = 0; i < 50; ++i) (void)queue.put("c" + std::to_string(i), soon());
  });
  int seen[3] = {};
  for (int i = 0; i < 150; ++i) {
    const std::string item = next(queue);
    ASSERT_EQ(item.substr(1), std::to_string(seen[item[0] - 'a']++));  // each putter's in order
  }
  own.join();
  for (Process& child : children) EXPECT_TRUE(child.join(soon()));
  EXPECT_EQ(queue.unfinished(), 0u);
}

TEST(ProcessQueue, PQ3_AnItemThatDoesNotFitChangesNothing) {
  ProcessQueue queue({.items = 2, .item_bytes = 8});
  EXPECT_EQ(queue.put("before"), QueueStatus::kOk);
  EXPECT_THROW(queue.put("nine byte"), std::length_error);
  EXPECT_EQ(queue.size(), 1u);
  EXPECT_EQ(queue.put("as long!"), QueueStatus::kOk);
  EXPECT_EQ(next(queue), "before");
  EXPECT_EQ(next(queue), "as long!");
  EXPECT_THROW(ProcessQueue({.items = 0}), std::invalid_argument);
}

TEST(ProcessQueue, PQ5_SizeFollowsPutsAndGets) {
  ProcessQueue queue({.items = 3});
  std::vector<std::size_t> sizes = {queue.size()};
  for (int i = 0; i < 2; ++i) (void)queue.put("x"), sizes.push_back(queue.size());
  for (int i = 0; i < 2; ++i) next(queue), sizes.push_back(queue.size());
  EXPECT_EQ(sizes, (std::vector<std::size_t>{0, 1, 2, 1, 0}));
  EXPECT_EQ(queue.get(kNow).status, QueueStatus::kEmpty);
  EXPECT_EQ(queue.get(after(milliseconds(5))).status, QueueStatus::kTimeout);
}

TEST(ProcessQueue, PQ6_WhatADeadConsumerHeldComesBackAndCountsOnce) {
  ProcessQueue queue({.items = 3}), out({.items = 3});
  (void)queue.put("first");
  (void)queue.put("second");
  Process child = child_of(queue, {"hold"}, &out);
  EXPECT_EQ(next(out), "first");
  EXPECT_EQ(queue.size(), 1u);
  EXPECT_EQ(queue.unfinished(), 2u);
  child.kill();
  EXPECT_TRUE(child.join(soon()));
  EXPECT_FALSE(queue.join(kNow));
  EXPECT_EQ(next(queue), "first");  // where it was in line
  EXPECT_EQ(next(queue), "second");
  EXPECT_TRUE(queue.join(kNow));
}

TEST(ProcessQueue, PQ6_WhatIsDroppedComesBack) {
  ProcessQueue queue({.items = 3});
  (void)queue.put("one");
  { const auto dropped = queue.get(); }
  EXPECT_EQ(queue.size(), 1u);
  EXPECT_EQ(next(queue), "one");
}

TEST(ProcessQueue, JQ3_JoinWaitsForFourWorkersWhichLeaveWhenItIsClosed) {
  ProcessQueue queue({.items = 10}), out({.items = 10});
  std::deque<Process> children;
  for (int i = 0; i < 10; ++i) (void)queue.put(std::to_string(i));
  for (int i = 0; i < 4; ++i) children.push_back(child_of(queue, {"move"}, &out));
  EXPECT_TRUE(queue.join(soon()));
  EXPECT_EQ(out.size(), 10u);
  queue.close();
  for (Process& child : children) {
    EXPECT_TRUE(child.join(soon()));
    EXPECT_EQ(child.exit_code(), 0);
  }
  std::set<std::string> all;
  for (int i = 0; i < 10; ++i) all.insert(next(out));
  EXPECT_EQ(all.size(), 10u);
}

TEST(ProcessQueue, CL13_ClosedForAllAndDrainedByAPeer) {
  ProcessQueue queue({.items = 3});
  ProcessQueue peer = ProcessQueue::map(queue.fd());
  (void)queue.put("left");
  queue.close();
  EXPECT_EQ(queue.put("more"), QueueStatus::kClosed);
  EXPECT_EQ(next(peer), "left");
  EXPECT_EQ(peer.get().status, QueueStatus::kClosed);
  EXPECT_EQ(queue.get().status, QueueStatus::kClosed);
}

}  // namespace weir::concurrency
