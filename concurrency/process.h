// A child process: this executable started again in a named role.
//
//   int main(int argc, char** argv) {
//     if (auto code = run_role_if_asked(argc, argv, {{"greet", greet}})) return *code;
//     Process child({.role = "greet", .args = {"Ada"}});
//     child.start();
//     child.join();  ...  child.exit_code() == 0
//
// The child gets the descriptors of its spec and nothing else, an empty environment, stdin from
// /dev/null, default signals and a process group of its own. A daemon child (the default) dies with
// its parent whatever happens to it: by PR_SET_PDEATHSIG, and by a signal at the end of file of a
// control pipe. PR_SET_PDEATHSIG follows the *thread* that called start(): start daemons from one
// that lives as long as they should.
//
// Thread-compatible.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <initializer_list>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "concurrency/deadline.h"

namespace weir::concurrency {

// A rule of Process was broken (start twice, join before start, close while running, a daemon that
// starts children), or a process could not be started.
struct ProcessError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Role;
struct ChildState;

// What a role is told about itself and its parent.
class RoleContext {
 public:
  const std::string& name() const noexcept { return name_; }
  const std::vector<std::string>& args() const noexcept { return args_; }
  // The spec's descriptors, in its order, owned by the role. Throws std::out_of_range.
  int fd(std::size_t index) const;
  std::size_t fd_count() const noexcept { return fd_count_; }

  pid_t parent_pid() const noexcept { return parent_pid_; }
  const std::string& parent_name() const noexcept { return parent_name_; }
  // Readable (end of file) once the parent has died or closed its Process.
  int parent_sentinel() const noexcept;
  bool parent_alive() const;

 private:
  friend std::optional<int> run_role_if_asked(int, char**, std::initializer_list<Role>);
  std::string name_, parent_name_;
  std::vector<std::string> args_;
  std::size_t fd_count_ = 0;
  pid_t parent_pid_ = 0;
};

struct Role {
  std::string_view name;
  int (*run)(RoleContext&);  // its value is the exit code; an exception is printed and gives 1
};

// First thing in main: if this process was started in a role, runs it and returns its exit code
// (2 if there is no such role or it was not started by Process).
std::optional<int> run_role_if_asked(int argc, char** argv, std::initializer_list<Role> roles);

// Name of this process: the spec's, or "main".
const std::string& process_name();

struct ProcessSpec {
  std::string role;
  std::string name;  // for ps and logs; empty: ROLE-N
  std::vector<std::string> args;
  std::vector<int> fds;  // stay the caller's; the child gets copies
  bool daemon = true;    // false: the destructor joins, the child may start children
  bool quiet = false;    // stdout is /dev/null too
};

struct ExitStatus {
  int code = 0;                    // the exit code, or -N if signal N killed it
  std::chrono::nanoseconds cpu{};  // user and system time
  std::size_t peak_rss = 0;        // bytes
  std::string describe() const;    // "exit code 1", "signal 11 (Segmentation fault)"
};

class Process {
 public:
  explicit Process(ProcessSpec spec);
  // A daemon is terminated, killed two seconds later, and reaped; any other child is joined.
  ~Process();
  Process(Process&&) noexcept;
  Process& operator=(Process&&) noexcept;

  void start();

  const std::string& name() const;
  bool daemon() const;
  std::optional<pid_t> pid() const;  // empty before start()
  // Empty while the child has not ended. These three reap it once it has.
  std::optional<int> exit_code() const;
  std::optional<ExitStatus> exit_status() const;
  bool is_alive() const;
  // Blocks until the child has ended (true) or the deadline has passed (false); reaps it.
  bool join(Deadline deadline = kNever);
  // Send SIGTERM or SIGKILL and return at once; no-ops if the child has ended.
  void terminate();
  void kill();
  // Readable once the child has ended (a pidfd), whoever reaps it.
  int sentinel() const;
  // User and system time so far, also of a running child.
  std::chrono::nanoseconds cpu_time() const;
  // Frees the handle. Throws if the child runs; everything but close() throws afterwards.
  void close();

 private:
  ChildState& opened() const;
  ChildState& started() const;
  void end() noexcept;
  std::shared_ptr<ChildState> state_;  // shared with active_children()
};

// Pids of this process's children that were started by Process and not yet reaped. Reaps those
// that have ended, like join() would. Thread-safe.
std::vector<pid_t> active_children();

}  // namespace weir::concurrency
