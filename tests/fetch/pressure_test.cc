// Many transfers, little memory, and the end of all of them.
#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "concurrency/tcp.h"
#include "tests/fetch/fetch_harness.h"
#include "tests/fetch/raw_server.h"

namespace weir::fetch {
namespace {

using concurrency::Future;
using config::IoModel;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kSoon = seconds(100);  // nothing takes so long unless it hangs

auto deadline() { return std::chrono::steady_clock::now() + kSoon; }

// Opened once, by whoever the test says.
class Latch {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

template <typename Condition>
bool eventually(Condition condition) {
  const auto end = deadline();
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

// A test that fails early must not leave its server waiting.
class OpenAtEnd {
 public:
  explicit OpenAtEnd(Latch& latch) : latch_(latch) {}
  ~OpenAtEnd() { latch_.open(); }

 private:
  Latch& latch_;
};

class Pressure : public testing::TestWithParam<IoModel> {};

std::string letters(std::size_t size, char first) {
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(first + i % 23);
  return text;
}

TEST_P(Pressure, BodiesLargerThanTheBudgetAllArrive) {
  constexpr std::size_t kBody = 300'000;
  RawServer server([](Visit& v) { v.reply(letters(kBody, v.path[1])); });
  auto settings = test_settings(GetParam());
  const concurrency::SlabArenaOptions tiny{.memory = 128 << 10, .max_body = 1 << 20, .slots = 8};
  FetchHarness harness(settings, tiny);
  const bool inline_model = GetParam() == IoModel::kBlocking;

  // The consumer releases each body when the next has come, on the threads that complete them.
  std::mutex mutex;
  FetchResult before;
  std::atomic<int> done{0}, good{0};
  constexpr int kTransfers = 24;
  for (int i = 0; i < kTransfers; ++i) {
    const char first = static_cast<char>('A' + i % 3);
    harness.start({.url = server.url(std::string("/") + first)})
        .on_done([&, first](Future<FetchResult> future) {
          FetchResult r = std::move(future).get();
          EXPECT_EQ(r.outcome, FetchOutcome::kOk) << r.error;
          if (r.body && r.body.bytes() == letters(kBody, first)) ++good;
          const std::lock_guard lock(mutex);
          if (!inline_model) before = std::move(r);
          ++done;
        });
  }
  if (!inline_model) {  // lets go of the last one held, once it has held up the rest
    ASSERT_TRUE(eventually([&] {
      if (done < kTransfers && harness.arena().figures().refusals > 0) {
        const std::lock_guard lock(mutex);
        before = {};
      }
      return done == kTransfers;
    }));
  }
  EXPECT_EQ(good, kTransfers);
  {
    const std::lock_guard lock(mutex);
    before = {};
  }
  const auto figures = harness.arena().figures();
  EXPECT_LE(figures.high_water, harness.arena().bound());
  EXPECT_EQ(figures.used, 0u);
  EXPECT_EQ(figures.open, 0u);
  EXPECT_TRUE(inline_model || figures.refusals > 0) << "the budget was never felt";
}

TEST_P(Pressure, PausedTimeIsNoTimeAtAll) {
  if (GetParam() == IoModel::kBlocking) GTEST_SKIP() << "one transfer at a time";
  constexpr std::size_t kBody = 200'000;
  RawServer server([](Visit& v) { v.reply(letters(kBody, 'a')); });
  const concurrency::SlabArenaOptions tiny{.memory = 256 << 10, .max_body = 1 << 20, .slots = 8};
  FetchHarness harness(test_settings(GetParam()), tiny);
  // How long a transfer takes besides is up to the machine: a busy one gets a longer limit.
  for (milliseconds limit(500);; limit *= 2) {
    FetchResult held = harness.get(server.url("/"));
    ASSERT_EQ(held.outcome, FetchOutcome::kOk) << held.error;
    // The budget is full of a body that nobody has parsed yet.
    const auto refused = harness.arena().figures().refusals;
    auto second = harness.start({.url = server.url("/"), .timeout = limit});
    ASSERT_TRUE(
        eventually([&] { return second.done() || harness.arena().figures().refusals > refused; }));
    (void)second.wait_until(std::chrono::steady_clock::now() + 2 * limit);
    held.body.release();
    ASSERT_TRUE(second.wait_until(deadline()));
    const FetchResult r = std::move(second).get();
    if (r.outcome == FetchOutcome::kTimeout && limit < seconds(5)) continue;
    ASSERT_EQ(r.outcome, FetchOutcome::kOk) << r.error;
    EXPECT_EQ(r.body.bytes(), letters(kBody, 'a'));
    EXPECT_GT(r.paused_ms, static_cast<double>(limit.count()));
    return;
  }
}

TEST_P(Pressure, NoPlaceLeftIsAPauseAsWell) {
  if (GetParam() == IoModel::kBlocking) GTEST_SKIP() << "one transfer at a time";
  RawServer server([](Visit& v) { v.reply("body"); });
  const concurrency::SlabArenaOptions one{.memory = 1 << 20, .max_body = 1 << 20, .slots = 1};
  FetchHarness harness(test_settings(GetParam()), one);
  FetchResult held = harness.get(server.url("/"));
  const auto second = harness.start({.url = server.url("/")});
  EXPECT_FALSE(second.wait_until(std::chrono::steady_clock::now() + milliseconds(200)));
  held.body.release();
  ASSERT_TRUE(second.wait_until(deadline()));
  EXPECT_EQ(second.get().body.bytes(), "body");
}

TEST_P(Pressure, CancelEndsEverythingSoon) {
  if (GetParam() == IoModel::kBlocking) GTEST_SKIP() << "fetch() returns when it is done";
  RawServer server([](Visit& v) {
    if (v.path == "/body") v.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12");
    v.hold();
  });
  Latch names_may_end;
  NameOptions names;
  names.resolver = [&](const std::string&) {
    names_may_end.wait();
    return NameAnswer{{}, "late"};
  };
  FetchHarness harness(test_settings(GetParam()), {}, std::move(names));
  const OpenAtEnd open_names(names_may_end);
  std::vector<Future<FetchResult>> all;
  for (int i = 0; i < 6; ++i) {
    all.push_back(harness.start({.url = server.url(i % 2 ? "/head" : "/body")}));
  }
  all.push_back(harness.start({.url = "http://slow.example/"}));
  constexpr int kExpected = 6;
  ASSERT_TRUE(eventually([&] { return server.requests() == kExpected; }));
  harness.fetcher().cancel();
  harness.fetcher().cancel();
  for (const auto& each : all) {
    ASSERT_TRUE(each.wait_until(deadline()));
    EXPECT_EQ(each.get().outcome, FetchOutcome::kCancelled);
  }
  EXPECT_EQ(harness.get(server.url("/late")).outcome, FetchOutcome::kCancelled);
  EXPECT_EQ(harness.fetcher().in_flight(), 0u);
  EXPECT_EQ(server.requests(), kExpected);
  names_may_end.open();
}

// More than a fetcher keeps handles for.
TEST_P(Pressure, NamesMayComeAfterTheirTransfersHaveGone) {
  if (!needs_loop(GetParam())) GTEST_SKIP() << "a thread for each";
  Latch names_may_end;
  NameOptions names;
  names.resolver = [&](const std::string&) {
    names_may_end.wait();
    return NameAnswer{{}, "late"};
  };
  FetchHarness harness(test_settings(GetParam()), {}, std::move(names));
  const OpenAtEnd open_names(names_may_end);
  std::vector<Future<FetchResult>> all;
  for (int i = 0; i < 1100; ++i) all.push_back(harness.start({.url = "http://slow.example/"}));
  ASSERT_TRUE(eventually([&] { return harness.fetcher().in_flight() == all.size(); }));
  harness.fetcher().cancel();
  for (const auto& each : all) EXPECT_EQ(each.get().outcome, FetchOutcome::kCancelled);
  const auto last = harness.names().lookup("slow.example");
  names_may_end.open();
  (void)last.get();  // and so all who waited before have been told
}

TEST_P(Pressure, CloseLetsTransfersEnd) {
  if (GetParam() == IoModel::kBlocking) GTEST_SKIP() << "fetch() returns when it is done";
  Latch go;
  RawServer server([&](Visit& v) {
    go.wait();
    v.reply("done");
  });
  FetchHarness harness(GetParam());
  const OpenAtEnd open(go);
  const auto first = harness.start({.url = server.url("/")});
  ASSERT_TRUE(eventually([&] { return server.requests() == 1; }));
  harness.fetcher().close();
  EXPECT_EQ(harness.get(server.url("/late")).outcome, FetchOutcome::kCancelled);
  go.open();
  ASSERT_TRUE(first.wait_until(deadline()));
  EXPECT_EQ(first.get().outcome, FetchOutcome::kOk);
}

TEST_P(Pressure, DestructionCompletesWhatIsLeft) {
  if (GetParam() == IoModel::kBlocking) GTEST_SKIP() << "fetch() returns when it is done";
  RawServer server([](Visit& v) { v.hold(); });
  Future<FetchResult> left;
  {
    FetchHarness harness(GetParam());
    left = harness.start({.url = server.url("/")});
    ASSERT_TRUE(eventually([&] { return server.requests() == 1; }));
  }
  ASSERT_TRUE(left.done());
  EXPECT_EQ(left.get().outcome, FetchOutcome::kCancelled);
}

// Holds every request until it is told to answer them all, on one thread: a thousand connections
// are too many for RawServer.
class HoldingServer {
 public:
  HoldingServer()
      : listener_(concurrency::listen_loopback(0, 4096)), thread_([this](std::stop_token stop) {
          while (!stop.stop_requested()) turn();
        }) {}

  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(concurrency::local_port(listener_.get())) + "/";
  }
  int held() const { return held_; }
  void answer() { answer_ = true; }

 private:
  void turn() {
    std::vector<pollfd> fds{{listener_.get(), POLLIN, 0}};
    for (const auto& each : silent_) fds.push_back({each.get(), POLLIN, 0});
    poll(fds.data(), fds.size(), 10);
    // One read is the whole of a request so short.
    for (std::size_t i = fds.size(); i-- > 1;) {
      char head[2048];
      if (fds[i].revents == 0 || concurrency::receive(fds[i].fd, head).bytes == 0) continue;
      asked_.push_back(std::move(silent_[i - 1]));
      silent_.erase(silent_.begin() + static_cast<std::ptrdiff_t>(i) - 1);
      ++held_;
    }
    while (auto fd = concurrency::accept_one(listener_.get())) silent_.push_back(std::move(fd));
    if (!answer_) return;
    for (const auto& each : asked_) {
      concurrency::send_some(each.get(), "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow");
    }
    asked_.clear();
  }

  concurrency::UniqueFd listener_;
  std::vector<concurrency::UniqueFd> silent_, asked_;
  std::atomic<int> held_{0};
  std::atomic<bool> answer_{false};
  std::jthread thread_;
};

TEST_P(Pressure, ManySlowTransfersAtOnce) {
  if (!needs_loop(GetParam())) GTEST_SKIP() << "a thread for each";
  const int kTransfers = GetParam() == IoModel::kSelect ? 400 : 1000;
  HoldingServer server;
  auto settings = test_settings(GetParam());
  settings.transfers = static_cast<std::size_t>(kTransfers);
  std::atomic<int> ok{0}, done{0};
  FetchHarness harness(settings);
  for (int i = 0; i < kTransfers; ++i) {
    harness.start({.url = server.url()}).on_done([&](Future<FetchResult> future) {
      if (future.get().outcome == FetchOutcome::kOk) ++ok;
      ++done;
    });
  }
  ASSERT_TRUE(eventually([&] { return server.held() == kTransfers; })) << server.held();
  EXPECT_EQ(harness.fetcher().in_flight(), static_cast<std::size_t>(kTransfers));
  server.answer();
  ASSERT_TRUE(eventually([&] { return done == kTransfers; })) << done;
  EXPECT_EQ(ok, kTransfers);
}

INSTANTIATE_TEST_SUITE_P(Io, Pressure, testing::ValuesIn(kAllModels),
                         [](const auto& info) { return model_name(info.param); });

TEST(MakeFetcher, RefusesWhatContradictsItself) {
  auto settings = test_settings(IoModel::kSelect);
  Names names;
  concurrency::EventLoop loop;
  const auto make = [&] {
    return make_fetcher({.settings = settings, .names = &names, .loop = &loop});
  };
  EXPECT_NE(make(), nullptr);
  settings.transfers = 901;
  EXPECT_THROW(make(), std::invalid_argument);
  EXPECT_THROW(make_fetcher({.settings = test_settings(IoModel::kCoroutines), .names = &names}),
               std::invalid_argument);
  EXPECT_THROW(make_fetcher({.settings = test_settings(IoModel::kPool)}), std::invalid_argument);
  settings = test_settings(IoModel::kPool);
  settings.insecure = false;
  settings.ca_file = "/nonexistent/ca.pem";
  EXPECT_THROW(make(), std::runtime_error);
}

}  // namespace
}  // namespace weir::fetch
