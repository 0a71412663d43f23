// Rows: A04 B07 B09 C02 F01 F03 J03. A global that a child process changes stays as it was for the
// parent; one that a thread changes is changed. Processes share only what is shared on purpose.
#include "concurrency/process.h"
#include "concurrency/shared_memory.h"
#include "concurrency/thread.h"
#include "examples/check.h"

using namespace weir::concurrency;

int a = 10;

int child_role(RoleContext& role) {
  a = -1;
  *SharedValue<int>::map(role.fd(0)) = -1;
  return a == -1 ? 0 : 1;
}

int main(int argc, char** argv) {
  if (auto code = run_role_if_asked(argc, argv, {{"child", child_role}})) return *code;
  std::puts("Rows: A04 B07 B09 C02 F01 F03 J03");

  SharedValue<int> shared(10);
  Process child({.role = "child", .fds = {shared.fd()}});
  child.start();
  child.join();
  require(child.exit_code() == 0, "the child saw its own a change to -1");
  require(a == 10, "the parent's a is 10 still: memory of processes is isolated");
  require(*shared == -1, "shared memory, opened on purpose, shows what the child wrote");

  Thread thread([] { a = -1; });
  thread.start();
  thread.join();  // without it, reading `a` here would be a data race
  require(a == -1, "a thread's change is seen after join(): threads share all data");
}
