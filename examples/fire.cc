// Rows: B11 O04 O08. Asynchronous without a pool: start threads or processes and go on. Each has a
// name of its own here; the notes' program (--variant=seed) keeps its last process only, under one
// name, and so cannot wait for the others.
//   fire [--variant=seed]
#include <memory>
#include <vector>

#include "concurrency/process.h"
#include "concurrency/process_event.h"
#include "concurrency/shared_memory.h"
#include "concurrency/thread.h"
#include "examples/check.h"

using namespace weir::concurrency;

int task_role(RoleContext& role) {
  const SharedMemory memory = SharedMemory::map(role.fd(0));
  (void)reinterpret_cast<ProcessSemaphore*>(memory.data())->acquire();
  return 0;
}

int main(int argc, char** argv) {
  if (auto code = run_role_if_asked(argc, argv, {{"task", task_role}})) return *code;
  std::puts("Rows: B11 O04 O08");
  SharedMemory memory = SharedMemory::anonymous(sizeof(ProcessSemaphore));
  auto& may_end = *new (memory.data()) ProcessSemaphore(0);
  const ProcessSpec spec{.role = "task", .fds = {memory.fd()}};

  if (asked(argc, argv, "--variant=seed")) {
    auto p = std::make_unique<Process>(spec);
    p->start();
    const pid_t first = *p->pid();
    auto second = std::make_unique<Process>(spec);
    second->start();
    std::swap(p, second);  // p = Process(...), and the first has no name any more
    may_end.release();
    may_end.release();
    require(p->join() && *p->pid() != first, "joining p waits for the last one only");
    return 0;
  }

  std::vector<Process> fired;
  for (int i = 0; i < 3; ++i) {
    fired.push_back(Process(spec));
    fired.back().start();
  }
  for (Process& each : fired) require(each.is_alive(), "start() did not wait for the task");
  may_end.release(3);
  for (Process& each : fired) each.join();
  for (Process& each : fired) require(each.exit_code() == 0, "join() did");

  bool done = false;
  Thread thread([&] { done = true; });
  thread.start();  // and go on; whoever owns it joins it
  thread.join();
  require(done, "the same with a thread");
}
