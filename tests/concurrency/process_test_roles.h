// The roles that these tests start themselves in, and what several of them need.
#pragma once

#include <chrono>
#include <string>

#include "concurrency/deadline.h"
#include "concurrency/process.h"

namespace weir::concurrency {

// Sanitized processes start slowly, keep their options in the environment, and cannot be sandboxed.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

// One generous limit for everything that is expected to happen.
inline Deadline soon() { return after(std::chrono::seconds(20)); }

// Open descriptors of this process; children of this process in state Z; whether a pid exists.
std::size_t open_fds();
std::size_t zombies();
bool exists(pid_t pid);
// Blocks until the pid is gone; false after soon().
bool gone(pid_t pid);

// One byte over a pipe or socket: "I am here", "go on".
void tell(int fd, char byte = '.');
char hear(int fd);  // 0 at the end of file

// No test may leave a descriptor or a zombie behind.
class NothingLeft {
 public:
  NothingLeft() : fds_(open_fds()) {}
  ~NothingLeft();

 private:
  std::size_t fds_;
};

int process_role(RoleContext& role);
int pool_role(RoleContext& role);
int memory_role(RoleContext& role);
int channel_role(RoleContext& role);
int queue_role(RoleContext& role);
int board_role(RoleContext& role);

}  // namespace weir::concurrency
