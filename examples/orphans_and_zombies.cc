// Rows: B13 B15 B16 C05 D01 D02 D03 D04 D06 D07 D08 D09. A child that ended and was not asked about
// is a zombie, and its exit status waits. A daemon child dies with its parent, even if that is
// killed (in Python it would go on as an orphan); its last line may never be printed.
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "concurrency/channel.h"
#include "concurrency/process.h"
#include "examples/check.h"

using namespace weir::concurrency;
using namespace std::chrono_literals;

char state_of(pid_t pid) {  // R, S, Z ... or '-' if there is no such process
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  if (!std::getline(file, text)) return '-';
  return text.at(text.rfind(')') + 2);
}

int seven_role(RoleContext&) { return 7; }

int guard_role(RoleContext& role) {
  Channel parent{UniqueFd(role.fd(0))};
  parent.send(std::to_string(::getpid()));
  for (;;) ::pause();
  parent.send("over");  // never: the guard dies with the one it guards
}

int parent_role(RoleContext& role) {
  Process guard({.role = "guard", .fds = {role.fd(0)}});
  guard.start();
  for (;;) ::pause();
}

int main(int argc, char** argv) {
  if (auto code = run_role_if_asked(
          argc, argv, {{"seven", seven_role}, {"guard", guard_role}, {"parent", parent_role}}))
    return *code;
  std::puts("Rows: B13 B15 B16 C05 D01 D02 D03 D04 D06 D07 D08 D09");

  Process child({.role = "seven"});
  child.start();
  pollfd ended{child.sentinel(), POLLIN, 0};
  ::poll(&ended, 1, 10'000);
  require(state_of(*child.pid()) == 'Z', "it ended and nobody asked: a zombie");
  require(::kill(*child.pid(), 0) == 0, "its pid is still taken");
  require(child.exit_code() == 7, "its status was kept for its parent");
  require(state_of(*child.pid()) == '-', "asking for it reaped the zombie");

  ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // orphans come to us, so that we can look at them
  auto [ours, theirs] = Channel::pair();
  Process parent({.role = "parent", .fds = {theirs.fd()}, .daemon = false});
  parent.start();
  theirs.close();
  const pid_t guard = std::atoi(ours.receive(after(10s)).bytes.c_str());
  require(guard > 0 && state_of(guard) != '-', "the daemon child of a child runs");
  parent.kill();
  parent.join();
  require(parent.exit_code() == -SIGKILL, "its parent was killed, without a chance to tidy up");
  require(ours.receive(after(10s)).status == Receipt::kEnd,
          "the daemon died with it, and never printed its last line");
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(guard), &info, WEXITED);
  require(info.si_pid == guard, "the orphan came to the nearest subreaper, which reaped it");
}
