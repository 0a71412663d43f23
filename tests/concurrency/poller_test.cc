#include "concurrency/poller.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "concurrency/unique_fd.h"

namespace weir::concurrency {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

class PollerTest : public testing::TestWithParam<PollerKind> {
 protected:
  void SetUp() override {
    try {
      poller = make_poller(GetParam());
    } catch (const std::system_error& error) {
      if (GetParam() != PollerKind::kUring) throw;
      GTEST_SKIP() << error.what();
    }
  }
  std::vector<Poller::Ready> wait(TimePoint deadline = TimePoint::min()) {
    std::vector<Poller::Ready> ready;
    poller->wait(deadline, ready);
    return ready;
  }
  std::unique_ptr<Poller> poller;
};

struct Pair {
  UniqueFd a, b;
  Pair() {
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
      throw std::system_error(errno, std::system_category(), "socketpair");
    a.reset(fds[0]);
    b.reset(fds[1]);
  }
};

TEST_P(PollerTest, IO1_MisuseIsRejected) {
  Pair pair;
  const int fd = pair.a.get();
  EXPECT_THROW(poller->add(-1, Poller::kRead), std::invalid_argument);
  EXPECT_THROW(poller->add(fd, 0), std::invalid_argument);
  EXPECT_THROW(poller->add(fd, 8), std::invalid_argument);
  EXPECT_THROW(poller->add(fd, Poller::kError), std::invalid_argument);
  EXPECT_THROW(poller->modify(fd, Poller::kRead), std::invalid_argument);
  EXPECT_THROW(poller->remove(fd), std::invalid_argument);
  poller->add(fd, Poller::kRead);
  EXPECT_THROW(poller->add(fd, Poller::kRead), std::invalid_argument);
  poller->remove(fd);
  EXPECT_THROW(poller->remove(fd), std::invalid_argument);
  const int closed = dup(fd);
  ::close(closed);
  EXPECT_THROW(poller->add(closed, Poller::kRead), std::system_error);
}

TEST_P(PollerTest, IO1_ModifyChangesWhatIsReported) {
  Pair pair;
  poller->add(pair.a.get(), Poller::kRead);
  EXPECT_TRUE(wait().empty());
  poller->modify(pair.a.get(), Poller::kWrite);
  auto ready = wait(kNever);
  ASSERT_EQ(ready.size(), 1u);
  EXPECT_EQ(ready[0].events, Poller::kWrite);
  poller->modify(pair.a.get(), Poller::kRead);
  EXPECT_TRUE(wait().empty());
}

TEST_P(PollerTest, IO1_RemovingAfterTheDescriptorWasClosedAndReusedIsSafe) {
  Pair first;
  const int fd = first.a.get();
  poller->add(fd, Poller::kRead);
  first.a.reset();
  EXPECT_NO_THROW(wait());
  poller->remove(fd);
  Pair second;  // one of its ends has the number again
  ASSERT_TRUE(second.a.get() == fd || second.b.get() == fd);
  poller->add(fd, Poller::kRead);
  const int other = second.a.get() == fd ? second.b.get() : second.a.get();
  ASSERT_EQ(write(other, "x", 1), 1);
  auto ready = wait(kNever);
  ASSERT_EQ(ready.size(), 1u);
  EXPECT_EQ(ready[0].fd, fd);
  // Closed and reused while registered: the old registration goes without harm.
  (fd == second.a.get() ? second.a : second.b).reset();
  Pair third;
  EXPECT_NO_THROW(poller->remove(fd));
  EXPECT_TRUE(wait().empty());
}

TEST_P(PollerTest, IO2_LimitsAreHonouredWithNothingRegistered) {
  EXPECT_TRUE(wait(TimePoint::min()).empty());
  const auto start = Steady::now();
  EXPECT_TRUE(wait(start - 1s).empty());
  EXPECT_TRUE(wait(start + 50ms).empty());
  const auto took = Steady::now() - start;
  EXPECT_GE(took, 50ms);
}

TEST_P(PollerTest, IO3_EachMessageArrivesOnItsPartnerOnly) {
  std::array<Pair, 12> pairs;
  for (auto& pair : pairs) poller->add(pair.b.get(), Poller::kRead);
  for (auto& pair : pairs) {
    ASSERT_EQ(write(pair.a.get(), "m", 1), 1);
    auto ready = wait(kNever);
    ASSERT_EQ(ready.size(), 1u);
    EXPECT_EQ(ready[0].fd, pair.b.get());
    EXPECT_EQ(ready[0].events, Poller::kRead);
    EXPECT_EQ(wait().size(), 1u) << "level-triggered: still ready, so told again";
    char byte;
    ASSERT_EQ(read(pair.b.get(), &byte, 1), 1);
    EXPECT_TRUE(wait().empty());
  }
}

TEST_P(PollerTest, IO3_AHangUpIsReportedToEveryInterest) {
  Pair pair;
  poller->add(pair.a.get(), Poller::kRead);
  pair.b.reset();
  auto ready = wait(kNever);
  ASSERT_EQ(ready.size(), 1u);
  EXPECT_TRUE(ready[0].events & Poller::kRead);
}

TEST_P(PollerTest, IO4_ASignalNeitherEndsTheWaitNorProlongsIt) {
  struct sigaction action {
  }, before{};
  static std::atomic<int> signals;
  signals = 0;
  action.sa_handler = [](int) { ++signals; };
  sigaction(SIGUSR1, &action, &before);
  std::atomic<bool> ended = false;
  const pthread_t waiter = pthread_self();
  std::thread disturber([&] {  // signals until the wait has ended: no limit that restarts would end
    while (!ended) {
      pthread_kill(waiter, SIGUSR1);
      ::poll(nullptr, 0, 5);  // paces the signals; nothing is proved by it
    }
  });
  int before_wait;
  do {
    before_wait = signals;
    const auto start = Steady::now();
    EXPECT_TRUE(wait(start + 100ms).empty());
    EXPECT_GE(Steady::now() - start, 100ms);
  } while (signals == before_wait);
  ended = true;
  disturber.join();
  sigaction(SIGUSR1, &before, nullptr);
}

TEST_P(PollerTest, IO5_MoreThanFdSetsizeDescriptorsOrAClearError) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const rlimit before = limit;
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 8192);
  setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < 3000) GTEST_SKIP() << "the hard limit of descriptors is too low";
  Pair pair;
  std::vector<UniqueFd> many;
  while (many.empty() || many.back().get() < FD_SETSIZE + 500)
    many.emplace_back(fcntl(pair.a.get(), F_DUPFD_CLOEXEC, 0));
  const bool select = GetParam() == PollerKind::kSelect;
  for (const auto& fd : many) {
    if (select && fd.get() >= FD_SETSIZE)
      EXPECT_THROW(poller->add(fd.get(), Poller::kRead), std::invalid_argument);
    else
      poller->add(fd.get(), Poller::kRead);
  }
  ASSERT_EQ(write(pair.b.get(), "x", 1), 1);
  EXPECT_FALSE(wait(kNever).empty());
  poller->close();
  setrlimit(RLIMIT_NOFILE, &before);
}

TEST_P(PollerTest, IO6_CloseReleasesEverythingAndLaterUseThrows) {
  Pair pair;
  poller->add(pair.a.get(), Poller::kRead);
  const int handle = poller->native_handle();
  if (handle >= 0) {
    EXPECT_TRUE(fcntl(handle, F_GETFD) & FD_CLOEXEC);
  }
  poller->close();
  poller->close();
  if (handle >= 0) {
    EXPECT_EQ(fcntl(handle, F_GETFD), -1);
  }
  EXPECT_THROW(wait(), std::logic_error);
  EXPECT_THROW(poller->add(pair.a.get(), Poller::kRead), std::logic_error);
  EXPECT_THROW(poller->remove(pair.a.get()), std::logic_error);
}

INSTANTIATE_TEST_SUITE_P(All, PollerTest,
                         testing::Values(PollerKind::kSpin, PollerKind::kSelect, PollerKind::kPoll,
                                         PollerKind::kEpoll, PollerKind::kUring),
                         [](const auto& info) { return std::string(to_string(info.param)); });

}  // namespace
}  // namespace weir::concurrency
