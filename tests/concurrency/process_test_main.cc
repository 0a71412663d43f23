#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "concurrency/manager_server.h"
#include "process_test_roles.h"

namespace weir::concurrency {

std::size_t open_fds() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    ++count;
  return count;
}

std::size_t zombies() {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "stat");
    std::string text;
    if (!std::getline(file, text)) continue;
    char state = 0;
    int parent = 0;
    if (std::sscanf(text.c_str() + text.rfind(')') + 1, " %c %d", &state, &parent) == 2 &&
        state == 'Z' && parent == ::getpid())
      ++count;
  }
  return count;
}

bool exists(pid_t pid) { return ::kill(pid, 0) == 0 || errno != ESRCH; }

bool gone(pid_t pid) {
  for (const Deadline deadline = soon(); exists(pid); std::this_thread::yield())
    if (Clock::now() > deadline) return false;
  return true;
}

void tell(int fd, char byte) {
  if (::write(fd, &byte, 1) != 1) throw std::runtime_error("tell");
}

char hear(int fd) {
  char byte = 0;
  ssize_t got;
  do {
    got = ::read(fd, &byte, 1);
  } while (got < 0 && errno == EINTR);
  return got == 1 ? byte : '\0';
}

NothingLeft::~NothingLeft() {
  EXPECT_EQ(open_fds(), fds_);
  EXPECT_EQ(zombies(), 0u);
}

}  // namespace weir::concurrency

int main(int argc, char** argv) {
  using namespace weir::concurrency;
  if (auto code = run_role_if_asked(argc, argv,
                                    {{"process", process_role},
                                     {"pool", pool_role},
                                     {"memory", memory_role},
                                     {"channel", channel_role},
                                     {"queue", queue_role},
                                     {"board", board_role},
                                     {kManagerRole, run_manager}}))
    return *code;
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
