// The upper-case servers of examples/, which are where every model of IO meets real sockets.
#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <time.h>

#include <algorithm>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "concurrency/tcp.h"
#include "examples/echo_servers.h"

namespace weir::concurrency {
namespace {

using namespace std::chrono_literals;
using examples::EchoStats;
using examples::Variant;

double thread_cpu_seconds() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

int open_descriptors() {
  int count = 0;
  DIR* dir = opendir("/proc/self/fd");
  while (readdir(dir) != nullptr) ++count;
  closedir(dir);
  return count;
}

// A server on a thread of its own, by the name of its model.
class EchoServer {
 public:
  explicit EchoServer(std::string io) : io_(std::move(io)) {
    for (PollerKind kind :
         {PollerKind::kSpin, PollerKind::kPoll, PollerKind::kEpoll, PollerKind::kUring})
      if (io_ == to_string(kind)) loop_.emplace(kind);
    thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
  }
  ~EchoServer() {
    thread_.request_stop();
    thread_.join();
  }

  UniqueFd connect() const { return connect_loopback(local_port(listener_.get()), Blocking::kYes); }
  EchoStats stats;

 private:
  void run(std::stop_token stop) {
    const int fd = listener_.get();
    if (io_ == "threads") return examples::serve_threads(fd, stats, stop);
    if (io_ == "pool") return examples::serve_pool(fd, 4, stats, stop);
    if (io_ == "polling") return examples::serve_polling(fd, Variant::kFixed, stats, stop);
    if (io_ == "select") return examples::serve_select(fd, Variant::kFixed, stats, stop);
    auto task = loop_->spawn(examples::serve_coroutines(*loop_, fd, stats));
    const std::stop_callback on_stop(stop, [&] { loop_->post([&] { task.cancel(); }); });
    loop_->run();
  }

  std::string io_;
  UniqueFd listener_ = listen_loopback();
  std::optional<EventLoop> loop_;
  std::jthread thread_;
};

class Echo : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (std::string(GetParam()) != "uring") return;
    try {
      make_poller(PollerKind::kUring);
    } catch (const std::system_error& error) {
      GTEST_SKIP() << error.what();
    }
  }
};

std::string read_n(int fd, std::size_t n) {
  std::string text(n, '\0');
  std::size_t size = 0;
  while (size < n) {
    const IoResult got = receive(fd, std::span(text).subspan(size));
    if (got.status != IoStatus::kOk) break;
    size += got.bytes;
  }
  text.resize(size);
  return text;
}

void send_all(int fd, std::string_view text, std::size_t at_most) {
  while (!text.empty()) {
    const IoResult sent = send_some(fd, text.substr(0, at_most));
    if (sent.status != IoStatus::kOk) return;
    text.remove_prefix(sent.bytes);
  }
}

TEST_P(Echo, IO7_EveryByteComesBackInOrderHoweverItWasSplit) {
  EchoServer server(GetParam());
  const UniqueFd client = server.connect();
  for (const auto& [size, part] : {std::pair<std::size_t, std::size_t>{1, 1},
                                   {1024, 7},
                                   {1024, 1024},
                                   {1 << 20, 10'007},
                                   {1 << 20, 1 << 20}}) {
    std::string message(size, '\0');
    for (std::size_t i = 0; i < size; ++i) message[i] = static_cast<char>('a' + i % 23);
    std::jthread sender([&, at_most = part] { send_all(client.get(), message, at_most); });
    EXPECT_EQ(read_n(client.get(), size), examples::upper(message)) << size << " by " << part;
  }
}

TEST_P(Echo, IO9_ResetsAndHalfClosesFreeExactlyTheirConnection) {
  EchoServer server(GetParam());
  const UniqueFd neighbour = server.connect();
  send_all(neighbour.get(), "x", 1);
  ASSERT_EQ(read_n(neighbour.get(), 1), "X");
  const int before = open_descriptors();
  constexpr int kConnections = 1000;
  for (int i = 0; i < kConnections; ++i) {
    UniqueFd client = server.connect();
    send_all(client.get(), "abc", 3);
    if (i % 3 == 0) {  // half-close: the answer still comes
      ::shutdown(client.get(), SHUT_WR);
      EXPECT_EQ(read_n(client.get(), 4), "ABC");
    } else if (i % 3 == 1) {  // reset
      const linger now{1, 0};
      ::setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
  }
  while (server.stats.served < kConnections) std::this_thread::yield();  // the watchdog is ctest's
  send_all(neighbour.get(), "y", 1);
  EXPECT_EQ(read_n(neighbour.get(), 1), "Y");
  while (open_descriptors() > before) std::this_thread::yield();
}

INSTANTIATE_TEST_SUITE_P(All, Echo,
                         testing::Values("threads", "pool", "polling", "select", "spin", "poll",
                                         "epoll", "uring"),
                         [](const auto& info) { return std::string(info.param); });

class EchoOnOneThread : public Echo {};

TEST_P(EchoOnOneThread, IO8_AClientThatNeverReadsStopsNobodyAndIsBounded) {
  EchoServer server(GetParam());
  const UniqueFd greedy = server.connect();
  ASSERT_EQ(::fcntl(greedy.get(), F_SETFL, O_NONBLOCK), 0);
  const std::string chunk(64 * 1024, 'g');
  const UniqueFd other = server.connect();
  // The server stops reading from it once its answers are stuck, so what it can send is bounded by
  // the buffers of two sockets; after each refusal the server has had its chance to take more.
  std::size_t sent = 0;
  for (int refusals = 0; refusals < 20 && sent < (64u << 20);) {
    const IoResult result = send_some(greedy.get(), chunk);
    if (result.status == IoStatus::kOk) {
      sent += result.bytes;
      continue;
    }
    ++refusals;
    send_all(other.get(), "other", 5);
    ASSERT_EQ(read_n(other.get(), 5), "OTHER");
  }
  EXPECT_LT(sent, 64u << 20);
}

INSTANTIATE_TEST_SUITE_P(All, EchoOnOneThread,
                         testing::Values("polling", "select", "spin", "poll", "epoll", "uring"),
                         [](const auto& info) { return std::string(info.param); });

class IdleLoop : public testing::TestWithParam<PollerKind> {};

TEST_P(IdleLoop, IO11_AnIdleServerOf100ConnectionsTakesNoCpu) {
  const UniqueFd listener = listen_loopback();
  EchoStats stats;  // before the loop, whose end destroys the tasks that count in it
  std::optional<EventLoop> loop;
  try {
    loop.emplace(GetParam());
  } catch (const std::system_error& error) {
    GTEST_SKIP() << error.what();
  }
  auto server = loop->spawn(examples::serve_coroutines(*loop, listener.get(), stats));
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 100; ++i) clients.push_back(connect_loopback(local_port(listener.get())));
  auto until_accepted = [](EventLoop& owner) -> Task<> {
    while (owner.live_tasks() < 102) co_await owner.yield();
  };
  loop->run(until_accepted(*loop));
  // The least of ten: what the machine charges to whoever it interrupts is not the server's.
  auto idle = [](EventLoop& owner) -> Task<> { co_await owner.sleep_for(50ms); };
  double least = 1, all = 0;
  for (int i = 0; i < 10; ++i) {
    const double before = thread_cpu_seconds();
    loop->run(idle(*loop));
    const double used = (thread_cpu_seconds() - before) / 0.05;
    least = std::min(least, used);
    all += used;
  }
  if (GetParam() == PollerKind::kSpin)
    EXPECT_GT(all / 10, 0.01) << "the spin poller is there to show its price";
  else
    EXPECT_LT(least, 0.01);
}

INSTANTIATE_TEST_SUITE_P(All, IdleLoop,
                         testing::Values(PollerKind::kSpin, PollerKind::kSelect, PollerKind::kPoll,
                                         PollerKind::kEpoll, PollerKind::kUring),
                         [](const auto& info) { return std::string(to_string(info.param)); });

}  // namespace
}  // namespace weir::concurrency
