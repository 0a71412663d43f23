// Ten thousand transfers that wait on a slow server, on one loop: what each of them takes.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "concurrency/async_event.h"
#include "concurrency/channel.h"
#include "concurrency/event_loop.h"
#include "concurrency/fd_limit.h"
#include "concurrency/process.h"
#include "concurrency/tcp.h"
#include "tests/fetch/fetch_harness.h"

namespace weir::fetch {
namespace {

using concurrency::Channel;
using concurrency::Clock;
using concurrency::EventLoop;
using concurrency::Future;
using concurrency::IoStatus;
using concurrency::Task;
using concurrency::UniqueFd;

constexpr std::size_t kFew = 2000, kAll = 10'000;
constexpr std::size_t kMostOfOne = 48 << 10;  // bytes of memory of a transfer that waits
constexpr auto kSoon = std::chrono::seconds(60);

std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::size_t threads() {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator("/proc/self/task"),
                    std::filesystem::directory_iterator()));
}

double cpu_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;  // of the whole process
}

// The other process: takes every request, says so at kFew and at kAll of them, and answers them
// when it is told to.
struct Holder {
  EventLoop loop;
  Channel parent;
  UniqueFd listener = concurrency::listen_loopback(0, 4096);
  std::size_t held = 0;
  concurrency::AsyncEvent answer;
};

Task<> hold_one(Holder& holder, UniqueFd connection) {
  for (;;) {
    char head[2048];
    const auto got = concurrency::receive(connection.get(), head);
    if (got.status == IoStatus::kOk) break;  // the whole of a request so short
    if (got.status == IoStatus::kClosed) co_return;
    co_await holder.loop.readable(connection.get());
  }
  ++holder.held;
  if (holder.held == kFew || holder.held == kAll) holder.parent.send(std::to_string(holder.held));
  co_await holder.answer.wait();
  concurrency::send_some(connection.get(), "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow");
  co_await holder.loop.readable(connection.get());  // until it is closed
}

Task<> accept_all(Holder& holder) {
  for (;;) {
    while (auto fd = concurrency::accept_one(holder.listener.get())) {
      holder.loop.spawn(hold_one(holder, std::move(fd)));
    }
    co_await holder.loop.readable(holder.listener.get());
  }
}

Task<> await_word(Holder& holder) {
  co_await holder.loop.readable(holder.parent.fd());
  (void)holder.parent.receive();
  holder.answer.set();
  co_await holder.loop.sleep_until(concurrency::kNever);
}

int hold_role(concurrency::RoleContext& role) {
  concurrency::raise_fd_limit();
  Holder holder{.loop = EventLoop(), .parent = Channel(UniqueFd(role.fd(0)))};
  holder.parent.send(std::to_string(concurrency::local_port(holder.listener.get())));
  holder.loop.spawn(accept_all(holder));
  holder.loop.run(await_word(holder));
  return 0;
}

TEST(ManyTransfers, TenThousandWaitAtOnceInFlatMemoryOnOneThread) {
  const std::size_t limit = concurrency::raise_fd_limit();
  if (limit < kAll + 200) {
    GTEST_SKIP() << "the limit of descriptors is " << limit << " (ulimit -Hn); 10,200 are needed";
  }
  std::pair<Channel, Channel> ends = Channel::pair();
  Channel& ours = ends.first;
  concurrency::Process holder({.role = "hold", .fds = {ends.second.fd()}});
  holder.start();
  ends.second.close();
  const auto word = [&ours] { return ours.receive(Clock::now() + kSoon).bytes; };
  const std::string url = "http://127.0.0.1:" + word() + "/";

  auto settings = test_settings(config::IoModel::kCoroutines);
  settings.transfers = kAll;
  FetchHarness harness(settings);
  const std::size_t threads_before = threads(), memory_before = resident_bytes();
  std::vector<Future<FetchResult>> all;
  const auto start_until = [&](std::size_t count) {
    while (all.size() < count) all.push_back(harness.start({.url = url, .text_limit = 100}));
    EXPECT_EQ(word(), std::to_string(count));
    return resident_bytes();
  };
  const std::size_t memory_few = start_until(kFew), memory_all = start_until(kAll);
  EXPECT_EQ(harness.fetcher().in_flight(), kAll);
  EXPECT_EQ(threads(), threads_before) << "a thread for something";

  // While they wait, half a second of it.
  const double cpu = cpu_seconds();
  EXPECT_FALSE(all[0].wait_until(Clock::now() + std::chrono::milliseconds(500)));
  const double waiting_cpu = cpu_seconds() - cpu;
  EXPECT_LT(waiting_cpu, 0.25);

  const std::size_t each_few = (memory_few - memory_before) / kFew;
  const std::size_t each_more = (memory_all - memory_few) / (kAll - kFew);
  std::printf(
      "bytes of a transfer: %zu of the first %zu, %zu of the rest; waiting took %.0f %% CPU\n",
      each_few, kFew, each_more, 200 * waiting_cpu);
  EXPECT_LT(each_more, kMostOfOne);
  EXPECT_LT(each_more, each_few + each_few / 4) << "more for each, the more there are";

  ours.send("answer");
  for (const auto& each : all) {
    ASSERT_TRUE(each.wait_until(Clock::now() + kSoon));
    ASSERT_EQ(each.get().text, "slow") << each.get().error;
  }
}

}  // namespace
}  // namespace weir::fetch

int main(int argc, char** argv) {
  using namespace weir;
  if (auto code = concurrency::run_role_if_asked(argc, argv, {{"hold", fetch::hold_role}}))
    return *code;
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
