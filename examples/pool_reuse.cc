// Rows: J19 J20 N01 N02 N03 N04 N05 N06 N07 N08. A pool is made empty, grows with its tasks to its
// size, and keeps its workers: ten tasks, a pause, ten more, and never more than three threads, or
// processes.
#include <unistd.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "concurrency/cpus.h"
#include "concurrency/pool_worker.h"
#include "concurrency/process_pool.h"
#include "concurrency/thread_pool.h"
#include "examples/check.h"

using namespace weir::concurrency;

int worker_role(RoleContext& role) {
  return serve_pool(role, {.handle = [](auto, auto, ResultWriter& out) {
                      (void)out.append(std::to_string(::getpid()));
                    }});
}

int main(int argc, char** argv) {
  if (auto code = run_role_if_asked(argc, argv, {{"worker", worker_role}})) return *code;
  std::puts("Rows: J19 J20 N01 N02 N03 N04 N05 N06 N07 N08");

  ThreadPool threads({.threads = 3, .name = "pool"});
  require(active_count() == 1 && enumerate_threads()[0].name == "MainThread",
          "a thread pool that was just made has no thread: there is only main");
  std::set<pid_t> workers;
  for (int wave = 0; wave < 2; ++wave) {
    std::vector<Future<pid_t>> tasks;
    for (int i = 0; i < 10; ++i) tasks.push_back(threads.submit([] { return ::gettid(); }));
    for (auto& each : tasks) workers.insert(each.get());
    threads.wait_idle();  // the pause
  }
  require(!workers.empty() && workers.size() <= 3, "20 tasks ran on at most three threads");
  require(!workers.contains(::gettid()), "none of them main");

  ProcessPool processes({.role = "worker", .workers = 3});
  require(processes.figures().alive == 0, "nor has a process pool any process");
  std::set<std::string> pids;
  for (int wave = 0; wave < 2; ++wave) {
    std::vector<Future<PoolReply>> tasks;
    for (int i = 0; i < 10; ++i) tasks.push_back(processes.submit({}));
    for (auto& each : tasks) pids.insert(each.get().result);
  }
  require(!pids.empty() && pids.size() <= 3, "20 tasks ran in at most three processes");
  require(!pids.contains(std::to_string(::getpid())), "none of them this one");

  require(
      default_pool_size() == std::min(32, available_cpus() + 4),
      "by default a thread pool is for waiting: CPUs + 4, 32 at most (the notes' CPUs x 5 is of "
      "Python 3.5 to 3.7)");
}
