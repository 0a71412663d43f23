#include "concurrency/usage.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <string>
#include <thread>

#include "concurrency/binary_lock.h"
#include "concurrency/thread.h"

namespace weir::concurrency {
namespace {

using namespace std::chrono_literals;

const Usage& of_family(const std::map<std::string, ThreadTotals>& totals, const char* name) {
  return totals.at(name).usage;
}

TEST(ThreadUsage, SwitchesAndTimeAreCountedAlsoOfTheEnded) {
  constexpr int kWaits = 20;
  BinaryLock ping, pong;
  ping.lock();
  pong.lock();
  std::atomic<bool> enough{false};
  Thread busy({.name = "usage-busy-1"}, [&] {
    while (!enough) {
    }
  });
  Thread waits({.name = "usage-waits-7"}, [&] {
    for (int i = 0; i < kWaits; ++i) {
      ping.lock();
      pong.unlock();
    }
  });
  busy.start();
  waits.start();
  // It waits more often than this thread finds it doing so; each time is one switch.
  for (int i = 0; i < kWaits; ++i) {
    while (usage_of_thread(waits.info().id)->state != 'S') std::this_thread::yield();
    ping.unlock();
    pong.lock();
  }
  waits.join();
  ping.unlock();
  pong.unlock();
  while (usage_of_thread(busy.info().id)->cpu < 20ms) std::this_thread::yield();
  EXPECT_EQ(usage_of_thread(busy.info().id)->state, 'R');
  EXPECT_GE(of_family(thread_totals(), "usage-busy").cpu, 20ms);
  enough = true;
  busy.join();
  const auto totals = thread_totals();
  EXPECT_GE(of_family(totals, "usage-waits").voluntary_switches, kWaits - 1u);
  EXPECT_GE(of_family(totals, "usage-busy").cpu, 20ms);
  EXPECT_EQ(totals.at("usage-busy").threads, 1u);
  EXPECT_EQ(totals.at("MainThread").threads, 1u);
  EXPECT_FALSE(usage_of_thread(1));  // of another process
}

}  // namespace
}  // namespace weir::concurrency
