// What the children of process_test.cc do.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <thread>

#include "concurrency/process.h"
#include "process_test_roles.h"

namespace weir::concurrency {
namespace {

void print(int fd, const std::string& text) {
  if (::write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    throw std::runtime_error("print");
}

}  // namespace

int process_role(RoleContext& role) {
  const std::string what = role.args().at(0);
  if (what == "exit") return std::stoi(role.args().at(1));
  if (what == "throw") throw std::runtime_error("thrown by the role");
  if (what == "wait" || what == "ignore-term") {
    if (what == "ignore-term") ::signal(SIGTERM, SIG_IGN);
    tell(role.fd(0));
    for (;;) ::pause();
  }
  if (what == "interrupt") {
    ::signal(SIGINT, [](int) { ::_exit(1); });
    tell(role.fd(0));
    for (;;) ::pause();
  }
  if (what == "describe") {
    print(role.fd(0), role.name() + "|" + process_name() + "|" + std::to_string(::getpid()) + "|" +
                          std::to_string(::getppid()) + "|" + std::to_string(role.parent_pid()) +
                          "|" + role.parent_name() + "|" + role.args().at(1) + "|" +
                          (role.parent_alive() ? "alive" : "dead"));
    return 0;
  }
  if (what == "fds") {
    print(role.fd(0), std::to_string(open_fds()));
    tell(role.fd(0), '\n');
    for (;;) ::pause();
  }
  if (what == "surroundings") {
    char byte;
    std::string text = ::read(0, &byte, 1) == 0 ? "null " : "input ";
    text += ::getpgrp() == ::getpid() ? "own-group " : "shared-group ";
    text += environ == nullptr || *environ == nullptr ? "empty" : *environ;
    print(role.fd(0), text);
    return 0;
  }
  if (what == "start-child") {  // a daemon may not
    Process({.role = "process", .args = {"exit", "0"}}).start();
    return 0;
  }
  if (what == "parent") {  // starts a child with our descriptors, then waits to be killed
    const bool by_thread = role.args().at(1) == "thread";
    Process child(
        {.role = "process", .args = {role.args().at(2)}, .fds = {role.fd(0), role.fd(1)}});
    if (by_thread) {
      std::thread([&] {
        child.start();
        hear(role.fd(2));
      }).join();
    } else {
      child.start();
    }
    for (;;) ::pause();
  }
  if (what == "untied") {  // a daemon that lost the first means of dying with its parent
    ::prctl(PR_SET_PDEATHSIG, 0);
    print(role.fd(0), std::to_string(::getpid()) + "\n");
    for (;;) ::pause();
  }
  if (what == "tied") {  // ...or the second
    ::fcntl(role.parent_sentinel(), F_SETFL, 0);
    print(role.fd(0), std::to_string(::getpid()) + "\n");
    for (;;) ::pause();
  }
  if (what == "orphan") {  // not a daemon: it notices the end of its parent, and says so
    print(role.fd(0), role.parent_alive() ? "alive," : "dead,");
    pollfd poll{.fd = role.parent_sentinel(), .events = POLLIN, .revents = 0};
    while (::poll(&poll, 1, -1) < 0) {
    }
    print(role.fd(0), role.parent_alive() ? "alive" : "dead");
    return 0;
  }
  if (what == "start-orphan") {
    Process child({.role = "process", .args = {"orphan"}, .fds = {role.fd(0)}, .daemon = false});
    child.start();
    hear(role.fd(1));
    ::_exit(0);
  }
  if (what == "count-down") {
    const int level = std::stoi(role.args().at(1));
    print(role.fd(0), std::to_string(level));
    if (level > 0) {
      Process child({.role = "process",
                     .args = {"count-down", std::to_string(level - 1)},
                     .fds = {role.fd(0)},
                     .daemon = false});
      child.start();
      child.join();
    }
    print(role.fd(0), std::to_string(level));
    return 0;
  }
  if (what == "burn") {
    rusage usage{};
    do {
      ::getrusage(RUSAGE_SELF, &usage);
    } while (usage.ru_utime.tv_sec == 0 && usage.ru_utime.tv_usec < 50'000);
    return 0;
  }
  return 99;
}

}  // namespace weir::concurrency
