#include "concurrency/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "concurrency/unique_fd.h"
#include "process_test_roles.h"

namespace weir::concurrency {
namespace {

struct Pipe {
  UniqueFd read, write;
  Pipe() {
    int fds[2];
    if (::pipe2(fds, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
    read = UniqueFd(fds[0]);
    write = UniqueFd(fds[1]);
  }
};

// A role that says '.' on its first descriptor and then waits to be ended.
Process sleeper(const Pipe& ready, bool daemon = true) {
  return Process(
      {.role = "process", .args = {"wait"}, .fds = {ready.write.get()}, .daemon = daemon});
}

std::string text_of(int fd) {
  std::string text;
  while (const char byte = hear(fd)) text.push_back(byte);
  return text;
}

}  // namespace

TEST(Process, PR1_StateBeforeWhileAndAfterRunning) {
  NothingLeft nothing_left;
  Pipe ready;
  Process child = sleeper(ready);
  EXPECT_FALSE(child.pid());
  EXPECT_FALSE(child.exit_code());
  EXPECT_FALSE(child.is_alive());
  EXPECT_TRUE(active_children().empty());
  child.start();
  EXPECT_EQ(hear(ready.read.get()), '.');
  EXPECT_TRUE(child.is_alive());
  EXPECT_FALSE(child.exit_code());
  EXPECT_EQ(active_children(), std::vector<pid_t>{*child.pid()});
  child.terminate();
  EXPECT_TRUE(child.join(soon()));
  EXPECT_FALSE(child.is_alive());
  EXPECT_TRUE(active_children().empty());
}

TEST(Process, PR2_NameArgumentsRoleAndParentArrive) {
  NothingLeft nothing_left;
  Pipe pipe;
  Process child({.role = "process",
                 .name = "weir:test-1",
                 .args = {"describe", "an argument=with -- odd bytes"},
                 .fds = {pipe.write.get()}});
  child.start();
  pipe.write.reset();
  const std::string me = std::to_string(::getpid());
  EXPECT_EQ(text_of(pipe.read.get()), "weir:test-1|weir:test-1|" + std::to_string(*child.pid()) +
                                          "|" + me + "|" + me +
                                          "|main|an argument=with -- odd bytes|alive");
  EXPECT_TRUE(child.join(soon()));
  EXPECT_EQ(child.exit_code(), 0);
}

TEST(Process, PR2_RoleIsVisibleInTheCommandLine) {
  Pipe ready;
  Process child = sleeper(ready);
  child.start();
  ASSERT_EQ(hear(ready.read.get()), '.');
  UniqueFd fd(::open(("/proc/" + std::to_string(*child.pid()) + "/cmdline").c_str(), O_RDONLY));
  char text[200] = {};
  ASSERT_GT(::read(fd.get(), text, sizeof text - 1), 0);
  EXPECT_STREQ(text + std::strlen(text) + 1, "role=process");
}

TEST(Process, PR3_ExitCodes) {
  NothingLeft nothing_left;
  const auto code_of = [](std::vector<std::string> args) {
    Process child({.role = "process", .args = std::move(args)});
    child.start();
    EXPECT_TRUE(child.join(soon()));
    return child.exit_code();
  };
  EXPECT_EQ(code_of({"exit", "0"}), 0);
  EXPECT_EQ(code_of({"exit", "7"}), 7);
  testing::internal::CaptureStderr();
  EXPECT_EQ(code_of({"throw"}), 1);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("thrown by the role"), std::string::npos);
  for (int signal : {SIGTERM, SIGKILL, SIGINT}) {
    Pipe ready;
    Process child = sleeper(ready);
    child.start();
    hear(ready.read.get());
    ::kill(*child.pid(), signal);
    EXPECT_TRUE(child.join(soon()));
    EXPECT_EQ(child.exit_code(), -signal);
  }
  Pipe ready;
  Process handled({.role = "process", .args = {"interrupt"}, .fds = {ready.write.get()}});
  handled.start();
  hear(ready.read.get());
  ::kill(*handled.pid(), SIGINT);
  EXPECT_TRUE(handled.join(soon()));
  EXPECT_EQ(handled.exit_code(), 1);
}

TEST(Process, PR3_StatusSaysWhatHappenedAndWhatItCost) {
  Process child({.role = "process", .args = {"burn"}});
  child.start();
  ASSERT_TRUE(child.join(soon()));
  EXPECT_GE(child.exit_status()->cpu, std::chrono::milliseconds(50));
  EXPECT_EQ(child.cpu_time(), child.exit_status()->cpu);
  EXPECT_GT(child.exit_status()->peak_rss, 1u << 20);
  EXPECT_EQ(ExitStatus{.code = 7}.describe(), "exit code 7");
  EXPECT_EQ(ExitStatus{.code = -11}.describe(), "signal 11 (Segmentation fault)");
}

TEST(Process, PR4_TerminateAndKill) {
  NothingLeft nothing_left;
  Pipe ready;
  Process polite = sleeper(ready);
  polite.start();
  hear(ready.read.get());
  polite.terminate();
  EXPECT_TRUE(polite.join(soon()));
  EXPECT_EQ(polite.exit_code(), -SIGTERM);
  polite.terminate();  // a no-op once it has ended

  Process stubborn({.role = "process", .args = {"ignore-term"}, .fds = {ready.write.get()}});
  stubborn.start();
  hear(ready.read.get());
  stubborn.terminate();
  EXPECT_FALSE(stubborn.join(after(std::chrono::milliseconds(20))));
  stubborn.kill();
  EXPECT_TRUE(stubborn.join(soon()));
  EXPECT_EQ(stubborn.exit_code(), -SIGKILL);
}

TEST(Process, PR5_JoinLimitsAndMisuse) {
  NothingLeft nothing_left;
  Pipe ready;
  Process child = sleeper(ready);
  EXPECT_THROW(child.join(), ProcessError);
  EXPECT_THROW(child.terminate(), ProcessError);
  child.start();
  EXPECT_THROW(child.start(), ProcessError);
  EXPECT_FALSE(child.join(Clock::now()));
  EXPECT_FALSE(child.join(Clock::now() - std::chrono::hours(1)));
  EXPECT_TRUE(child.is_alive());
  child.kill();
  EXPECT_TRUE(child.join());
  EXPECT_TRUE(child.join(Clock::now()));
}

TEST(Process, PR6_SentinelIsReadableAtTheEnd) {
  Pipe ready;
  Process child = sleeper(ready);
  EXPECT_THROW(child.sentinel(), ProcessError);
  child.start();
  pollfd polls[2] = {{.fd = child.sentinel(), .events = POLLIN, .revents = 0},
                     {.fd = ready.read.get(), .events = POLLIN, .revents = 0}};
  ASSERT_EQ(::poll(polls, 2, 20'000), 1);  // together with a pipe: the pipe first
  EXPECT_NE(polls[1].revents, 0);
  hear(ready.read.get());
  EXPECT_EQ(::poll(polls, 1, 0), 0);
  child.kill();
  EXPECT_EQ(::poll(polls, 1, 20'000), 1);
  EXPECT_TRUE(child.join(soon()));
  EXPECT_EQ(::poll(polls, 1, 0), 1);  // also after it was reaped
}

TEST(Process, PR7_Close) {
  NothingLeft nothing_left;
  Pipe ready;
  Process child = sleeper(ready);
  child.start();
  EXPECT_THROW(child.close(), ProcessError);
  child.kill();
  child.join();
  child.close();
  child.close();
  EXPECT_THROW((void)child.pid(), ProcessError);
  EXPECT_THROW((void)child.name(), ProcessError);
}

TEST(Process, PR8_ChildNoticesTheDeathOfItsParent) {
  Pipe told, gate;
  Process parent({.role = "process",
                  .args = {"start-orphan"},
                  .fds = {told.write.get(), gate.read.get()},
                  .daemon = false});
  parent.start();
  told.write.reset();
  std::string text;
  while (text.empty() || text.back() != ',') text.push_back(hear(told.read.get()));
  EXPECT_EQ(text, "alive,");
  tell(gate.write.get());
  EXPECT_TRUE(parent.join(soon()));
  EXPECT_EQ(text_of(told.read.get()), "dead");
}

TEST(Process, PR10_PR19_ADaemonCannotStartChildren) {
  testing::internal::CaptureStderr();
  Process child({.role = "process", .args = {"start-child"}});
  child.start();
  EXPECT_TRUE(child.join(soon()));
  EXPECT_EQ(child.exit_code(), 1);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("daemon process may not start children"),
            std::string::npos);
}

TEST(Process, PR11_DestructorEndsADaemonAndJoinsAnother) {
  NothingLeft nothing_left;
  Pipe ready;
  pid_t pid;
  {
    Process daemon = sleeper(ready);
    daemon.start();
    hear(ready.read.get());
    pid = *daemon.pid();
  }
  EXPECT_FALSE(exists(pid));
  {
    Process other({.role = "process", .args = {"burn"}, .daemon = false});
    other.start();
    pid = *other.pid();
  }
  EXPECT_FALSE(exists(pid));
}

// Both means of dying with the parent, each with the other taken away.
TEST(Process, PR12_KilledParentTakesItsDaemonsAlong) {
  for (const char* kind : {"untied", "tied"}) {
    NothingLeft nothing_left;
    Pipe told, gate;
    Process parent({.role = "process",
                    .args = {"parent", "direct", kind},
                    .fds = {told.write.get(), gate.read.get()},
                    .daemon = false});
    parent.start();
    told.write.reset();
    std::string pid;
    while (pid.empty() || pid.back() != '\n') pid.push_back(hear(told.read.get()));
    EXPECT_TRUE(exists(std::stoi(pid)));
    parent.kill();
    EXPECT_TRUE(parent.join(soon()));
    EXPECT_EQ(hear(told.read.get()), '\0') << kind;  // the end of file: the last holder is gone
  }
}

TEST(Process, PR13_HundredShortOnesAndHundredTerminatedOnes) {
  NothingLeft nothing_left;
  constexpr int kMany = kSanitized ? 20 : 100;
  std::vector<Process> children;
  for (int i = 0; i < kMany; ++i) {
    children.emplace_back(ProcessSpec{.role = "process", .args = {"exit", "0"}});
    children.back().start();
  }
  for (Process& child : children) {
    EXPECT_TRUE(child.join(soon()));
    EXPECT_EQ(child.exit_code(), 0);
  }
  children.clear();
  Pipe ready;
  for (int i = 0; i < kMany; ++i) {
    children.push_back(sleeper(ready));
    children.back().start();
  }
  for (int i = 0; i < kMany; ++i) hear(ready.read.get());
  for (Process& child : children) child.terminate();
  for (Process& child : children) {
    EXPECT_TRUE(child.join(soon()));
    EXPECT_EQ(child.exit_code(), -SIGTERM);
  }
}

TEST(Process, PR14_ChildrenInheritNothingOfTheirSiblings) {
  NothingLeft nothing_left;
  UniqueFd leaky(::open("/dev/null", O_RDONLY));  // close-on-exec forgotten
  std::vector<Process> children;
  std::vector<std::unique_ptr<Pipe>> pipes;
  std::vector<std::string> counts;
  for (int i = 0; i < 5; ++i) {
    pipes.push_back(std::make_unique<Pipe>());
    children.emplace_back(
        ProcessSpec{.role = "process", .args = {"fds"}, .fds = {pipes.back()->write.get()}});
    children.back().start();
    std::string count;
    while (const char byte = hear(pipes.back()->read.get())) {
      if (byte == '\n') break;
      count.push_back(byte);
    }
    counts.push_back(count);
  }
  // 0, 1, 2, the control pipe, the one given, and the directory being read.
  for (const std::string& count : counts) EXPECT_EQ(count, "6");
}

TEST(Process, PR16_ClosedOutputDoesNotMatter) {
  const UniqueFd saved(::fcntl(1, F_DUPFD_CLOEXEC, 3));
  ::close(1);
  Process child({.role = "process", .args = {"exit", "0"}});
  child.start();
  EXPECT_TRUE(child.join(soon()));
  ::dup2(saved.get(), 1);
  EXPECT_EQ(child.exit_code(), 0);
}

TEST(Process, PR17_JoinSurvivesSignals) {
  struct sigaction action {};
  static int alarms;
  alarms = 0;
  action.sa_handler = [](int) { ++alarms; };  // without SA_RESTART
  struct sigaction before;
  ::sigaction(SIGALRM, &action, &before);
  const itimerval often{{0, 2000}, {0, 2000}}, never{};
  ::setitimer(ITIMER_REAL, &often, nullptr);
  Process child({.role = "process", .args = {"burn"}});
  child.start();
  EXPECT_TRUE(child.join(soon()));
  ::setitimer(ITIMER_REAL, &never, nullptr);
  ::sigaction(SIGALRM, &before, nullptr);
  EXPECT_EQ(child.exit_code(), 0);
  EXPECT_GT(alarms, 0);
}

TEST(Process, PR18_ProcessesStartProcesses) {
  Pipe pipe;
  Process child(
      {.role = "process", .args = {"count-down", "2"}, .fds = {pipe.write.get()}, .daemon = false});
  child.start();
  pipe.write.reset();
  EXPECT_EQ(text_of(pipe.read.get()), "210012");
  EXPECT_TRUE(child.join(soon()));
}

TEST(Process, SurroundingsAreBare) {
  Pipe pipe;
  Process child({.role = "process", .args = {"surroundings"}, .fds = {pipe.write.get()}});
  child.start();
  pipe.write.reset();
  const std::string text = text_of(pipe.read.get());
  EXPECT_EQ(text.rfind("null own-group ", 0), 0u) << text;
  if (!kSanitized) {
    EXPECT_EQ(text, "null own-group empty");
  }
}

TEST(Process, UnknownRoleAndRoleByHandAreRefused) {
  testing::internal::CaptureStderr();
  Process child({.role = "no-such-role"});
  child.start();
  EXPECT_TRUE(child.join(soon()));
  EXPECT_EQ(child.exit_code(), 2);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("no role is called no-such-role"),
            std::string::npos);
  char name[] = "weir", role[] = "role=process";
  char* argv[] = {name, role, nullptr};
  testing::internal::CaptureStderr();
  EXPECT_EQ(run_role_if_asked(2, argv, {{"process", process_role}}), 2);
  testing::internal::GetCapturedStderr();
  EXPECT_FALSE(run_role_if_asked(1, argv, {{"process", process_role}}));
}

TEST(Process, DescriptorThatIsNotOpenIsRefused) {
  NothingLeft nothing_left;
  Process child({.role = "process", .args = {"exit", "0"}, .fds = {999}});
  EXPECT_THROW(child.start(), ProcessError);
  EXPECT_FALSE(child.pid());
}

}  // namespace weir::concurrency
