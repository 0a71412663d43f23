// Rows: A13 A14 A15 B01 B05 B06 B12 B14 J07. Who am I, and who is my parent? The notes' program
// prints getpid() twice; the second has to be getppid(). However many threads, the pid stays.
#include <unistd.h>

#include <string>

#include "concurrency/channel.h"
#include "concurrency/process.h"
#include "concurrency/thread.h"
#include "examples/check.h"

using namespace weir::concurrency;

int child_role(RoleContext& role) {
  Channel(UniqueFd(role.fd(0)))
      .send(std::to_string(::getpid()) + ' ' + std::to_string(::getppid()));
  return 0;
}

int main(int argc, char** argv) {
  if (auto code = run_role_if_asked(argc, argv, {{"child", child_role}})) return *code;
  std::puts("Rows: A13 A14 A15 B01 B05 B06 B12 B14 J07");

  auto [ours, theirs] = Channel::pair();
  Process child({.role = "child", .name = "the child", .fds = {theirs.fd()}});
  require(!child.pid(), "before start() there is no process and no pid");
  child.start();
  theirs.close();
  const std::string said = ours.receive().bytes;
  child.join();
  std::printf("parent %d, child and its parent: %s\n", ::getpid(), said.c_str());
  require(said == std::to_string(*child.pid()) + ' ' + std::to_string(::getpid()),
          "the child has the pid that its parent knows, and its parent is this process");
  const auto seed_prints = std::to_string(*child.pid()) + ' ' + std::to_string(*child.pid());
  require(said != seed_prints, "getpid() twice, as printed in the notes, names no parent");

  pid_t pid = 0;
  Thread thread({.name = "second line"}, [&] { pid = ::getpid(); });
  thread.start();
  thread.join();
  require(pid == ::getpid(), "a thread has the pid of its process");
  require(thread.info().id != ::gettid(), "and a thread id of its own");
}
