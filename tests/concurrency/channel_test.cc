#include "concurrency/channel.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "concurrency/process.h"
#include "process_test_roles.h"

namespace weir::concurrency {
namespace {

using std::chrono::milliseconds;

std::string path_for(const char* name) {
  return "@weir-channel-test-" + std::to_string(::getpid()) + "-" + name;
}

}  // namespace

int channel_role(RoleContext& role) {
  const std::string what = role.args().at(0);
  if (what == "echo") {
    Channel channel{UniqueFd(role.fd(0))};
    for (;;) {
      Received got = channel.receive();
      if (got.status != Receipt::kMessage) return got.status == Receipt::kEnd ? 0 : 1;
      if (!channel.send(got.bytes, kNever, got.fd ? got.fd.get() : -1)) return 2;
    }
  }
  if (what == "ten") {
    Channel channel{UniqueFd(role.fd(0))};
    for (int i = 0; i < 10; ++i) channel.send(role.args().at(1) + std::to_string(i));
    return 0;
  }
  return 99;
}

TEST(Channel, CH1_MessagesKeepBoundariesAndOrder) {
  NothingLeft nothing_left;
  auto [ours, theirs] = Channel::pair();
  Process child({.role = "channel", .args = {"echo"}, .fds = {theirs.fd()}});
  child.start();
  theirs.close();  // CH6: right after the start
  for (const std::string& text : {std::string("one"), std::string(), std::string("three\0!", 7)}) {
    ASSERT_TRUE(ours.send(text));
    const Received got = ours.receive(soon());
    EXPECT_EQ(got.status, Receipt::kMessage);
    EXPECT_EQ(got.bytes, text);
  }
  std::string big(16 << 20, 'b');
  big.back() = 'e';
  std::jthread sender([&, &ours = ours] { EXPECT_TRUE(ours.send(big)); });
  EXPECT_EQ(ours.receive(soon()).bytes, big);
  sender.join();
  EXPECT_THROW(ours.send(std::string(Channel::kMostBytes + 1, 'x')), std::length_error);
  ours.close();
  EXPECT_TRUE(child.join(soon()));
  EXPECT_EQ(child.exit_code(), 0);
  EXPECT_THROW(ours.receive(), std::logic_error);
}

TEST(Channel, CH3_PollDoesNotConsume) {
  auto [one, two] = Channel::pair();
  EXPECT_FALSE(two.poll());
  EXPECT_FALSE(two.poll(Clock::now() - std::chrono::hours(1)));
  ASSERT_TRUE(one.send("x"));
  EXPECT_TRUE(two.poll());
  EXPECT_TRUE(two.poll());
  EXPECT_EQ(two.receive().bytes, "x");
  EXPECT_FALSE(two.poll());
  EXPECT_EQ(two.receive(after(milliseconds(10))).status, Receipt::kTimeout);
  EXPECT_FALSE(two.closed());  // nothing was taken
  one.close();
  EXPECT_TRUE(two.poll(soon()));
}

TEST(Channel, CH5_BufferedMessagesOutliveTheirSender) {
  auto [one, two] = Channel::pair();
  ASSERT_TRUE(one.send("first"));
  ASSERT_TRUE(one.send("second"));
  one.close();
  EXPECT_EQ(two.receive().bytes, "first");
  EXPECT_EQ(two.receive().bytes, "second");
  EXPECT_EQ(two.receive().status, Receipt::kEnd);
  EXPECT_FALSE(two.send("to nobody"));  // and no SIGPIPE
}

TEST(Channel, CH6_TheParentMayCloseItsCopyRightAfterTheStart) {
  NothingLeft nothing_left;
  auto [ours, theirs] = Channel::pair();
  Process child({.role = "channel", .args = {"ten", "n"}, .fds = {theirs.fd()}});
  child.start();
  theirs.close();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(ours.receive(soon()).bytes, "n" + std::to_string(i));
  EXPECT_EQ(ours.receive(soon()).status, Receipt::kEnd);
  EXPECT_TRUE(child.join(soon()));
}

TEST(Channel, CH7_DescriptorsTravel) {
  NothingLeft nothing_left;
  auto [ours, theirs] = Channel::pair();
  Process child({.role = "channel", .args = {"echo"}, .fds = {theirs.fd()}});
  child.start();
  int pipe[2];
  ASSERT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
  UniqueFd read(pipe[0]), write(::fcntl(pipe[1], F_DUPFD_CLOEXEC, 300));  // beyond 256 too
  ::close(pipe[1]);
  ASSERT_TRUE(ours.send("fd", kNever, write.get()));
  Received got = ours.receive(soon());
  ASSERT_TRUE(got.fd);
  EXPECT_EQ(::fcntl(got.fd.get(), F_GETFD), FD_CLOEXEC);
  tell(got.fd.get(), 'p');
  EXPECT_EQ(hear(read.get()), 'p');
  ASSERT_TRUE(ours.send("none"));
  EXPECT_FALSE(ours.receive(soon()).fd);
  ASSERT_THROW(ours.send("bad", kNever, 9999), std::system_error);
}

TEST(Channel, CH7_DescriptorsBeyondTheOneAreClosed) {
  auto [one, two] = Channel::pair();
  const std::size_t before = open_fds();
  // A message of one byte, "x", as send() makes it, but with two descriptors: both fit in where one
  // is expected.
  char bytes[] = "\1\0\0\0x";
  iovec part{.iov_base = bytes, .iov_len = 5};
  alignas(cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(2 * sizeof(int));
  const int fds[] = {one.fd(), two.fd()};
  std::memcpy(CMSG_DATA(header), fds, sizeof fds);
  ASSERT_EQ(::sendmsg(one.fd(), &message, 0), 5);
  {
    const Received got = two.receive(soon());
    EXPECT_EQ(got.bytes, "x");
    EXPECT_TRUE(got.fd);
  }
  EXPECT_EQ(open_fds(), before);
}

TEST(Channel, CH8_WaitAnyOverChannelsAndSentinels) {
  NothingLeft nothing_left;
  std::vector<Channel> channels;
  std::vector<Process> writers;
  std::vector<int> fds;
  for (int i = 0; i < 4; ++i) {
    auto [ours, theirs] = Channel::pair();
    writers.emplace_back(ProcessSpec{.role = "channel",
                                     .args = {"ten", std::string(1, static_cast<char>('a' + i))},
                                     .fds = {theirs.fd()}});
    writers.back().start();
    channels.push_back(std::move(ours));
  }
  for (const Channel& channel : channels) fds.push_back(channel.fd());
  for (const Process& writer : writers) fds.push_back(writer.sentinel());
  std::map<char, int> next;
  std::size_t ended = 0;
  while (ended < 4) {
    const auto ready = wait_any(fds, soon());
    ASSERT_FALSE(ready.empty());
    for (const std::size_t index : ready) {
      if (index >= 4) continue;
      const Received got = channels[index].receive(soon());
      if (got.status == Receipt::kMessage) {
        EXPECT_EQ(got.bytes, got.bytes.substr(0, 1) + std::to_string(next[got.bytes[0]]++));
      } else {
        EXPECT_EQ(got.status, Receipt::kEnd);
        fds[index] = -1;  // poll passes it over
        ++ended;
      }
    }
  }
  for (const auto& [name, count] : next) EXPECT_EQ(count, 10) << name;
  EXPECT_EQ(next.size(), 4u);
  for (Process& writer : writers) ASSERT_TRUE(writer.join(soon()));
  EXPECT_EQ(wait_any(fds, soon()).size(), 4u);  // the sentinels
  EXPECT_TRUE(wait_any(std::array{-1}, Clock::now() - milliseconds(1)).empty());
}

TEST(Channel, CH9_SignalsAreInvisible) {
  struct sigaction action {};
  struct sigaction before;
  action.sa_handler = [](int) {};  // without SA_RESTART
  ::sigaction(SIGALRM, &action, &before);
  const itimerval often{{0, 500}, {0, 500}}, never{};
  ::setitimer(ITIMER_REAL, &often, nullptr);
  auto [one, two] = Channel::pair();
  std::jthread sender([&, &one = one] {
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(one.send(std::string(100'000, 's')));
  });
  for (int i = 0; i < 50; ++i) EXPECT_EQ(two.receive(soon()).bytes.size(), 100'000u);
  sender.join();
  ::setitimer(ITIMER_REAL, &never, nullptr);
  ::sigaction(SIGALRM, &before, nullptr);
}

TEST(Channel, CH10_Listener) {
  NothingLeft nothing_left;
  const std::string path = path_for("listener");
  EXPECT_THROW(Channel::connect(path), std::system_error);
  Listener listener(path);
  EXPECT_THROW(Listener{path}, std::system_error);
  EXPECT_FALSE(listener.accept(Clock::now()));
  {
    Channel early = Channel::connect(path);
    ASSERT_TRUE(early.send("before accept"));
  }
  std::optional<Channel> accepted = listener.accept(soon());
  ASSERT_TRUE(accepted);
  EXPECT_EQ(accepted->receive().bytes, "before accept");
  EXPECT_EQ(accepted->receive().status, Receipt::kEnd);
  listener.close();
  listener.close();
  EXPECT_THROW(listener.accept(), std::logic_error);
  EXPECT_THROW(Listener(std::string(200, 'x')), std::invalid_argument);
}

TEST(Channel, ListenerTakesOverThePathOfADeadOne) {
  const std::string path = "/tmp/weir-channel-test-" + std::to_string(::getpid());
  {
    Listener first(path);
    EXPECT_THROW(Listener{path}, std::system_error);
    EXPECT_EQ(::access(path.c_str(), F_OK), 0);
  }
  EXPECT_NE(::access(path.c_str(), F_OK), 0);
  {  // what a killed one leaves
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    Listener lost(path);
    ::dup2(fd, lost.fd());
    ::close(fd);
    Listener next(path);
    Channel client = Channel::connect(path);
    EXPECT_TRUE(next.accept(soon()));
  }
}

TEST(Channel, CH11_CorruptLengthClosesThatChannelOnly) {
  auto [one, two] = Channel::pair();
  auto [three, four] = Channel::pair();
  const std::uint32_t huge = UINT32_MAX;
  ASSERT_EQ(::write(one.fd(), &huge, sizeof huge), 4);
  EXPECT_EQ(two.receive(soon()).status, Receipt::kCorrupt);
  EXPECT_TRUE(two.closed());
  ASSERT_TRUE(three.send("fine"));
  EXPECT_EQ(four.receive(soon()).bytes, "fine");
}

TEST(Channel, CH11_EndInsideAMessageIsCorrupt) {
  auto [one, two] = Channel::pair();
  const std::uint32_t five = 5;
  ASSERT_EQ(::write(one.fd(), &five, sizeof five), 4);
  ASSERT_EQ(::write(one.fd(), "ab", 2), 2);
  one.close();
  EXPECT_EQ(two.receive(soon()).status, Receipt::kCorrupt);
}

TEST(Channel, CH12_SendThatIsNotReadInTimeClosesTheChannel) {
  auto [one, two] = Channel::pair();
  EXPECT_FALSE(one.send(std::string(8 << 20, 'x'), after(milliseconds(20))));
  EXPECT_TRUE(one.closed());
  EXPECT_THROW(one.send("more"), std::logic_error);
  EXPECT_EQ(two.receive(soon()).status, Receipt::kCorrupt);
}

}  // namespace weir::concurrency
