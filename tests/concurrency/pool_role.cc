// What the workers of the process pool's tests do: the first word of a task's header says it.
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include "concurrency/pool_ring.h"
#include "concurrency/pool_worker.h"
#include "concurrency/shared_memory.h"
#include "concurrency/unique_fd.h"
#include "process_test_roles.h"

namespace weir::concurrency {
namespace {

// Leaves a mark; how many there are now.
std::size_t leave(std::string_view path) {
  const UniqueFd fd(::open(std::string(path).c_str(), O_WRONLY | O_APPEND));
  tell(fd.get());
  struct stat status;
  ::fstat(fd.get(), &status);
  return static_cast<std::size_t>(status.st_size);
}

ring::ResultPage* results;  // of this worker, for the hostile ones
int done_fd;

void hold_forever() {
  for (;;) ::pause();
}

void lie(std::uint64_t completed, std::uint64_t bytes) {
  results->entries[0].bytes = bytes;
  results->completed = completed;
  const std::uint64_t one = 1;
  (void)!::write(done_fd, &one, sizeof one);
  hold_forever();
}

void handle(std::string_view header, std::string_view body, ResultWriter& out) {
  const auto space = header.find(' ');
  const std::string_view what = header.substr(0, space);
  const std::string_view rest = space == header.npos ? "" : header.substr(space + 1);
  const auto say = [&out](std::string_view text) {
    if (!out.append(text)) throw std::length_error("no room");
  };
  if (what == "echo") return say(std::string(rest) + std::string(body));
  if (what == "pid") return say(std::to_string(::getpid()));
  if (what == "nul") return say(body.data()[body.size()] == '\0' ? "nul" : "none");
  if (what == "throw") throw std::runtime_error(std::string(rest));
  if (what == "throw-long") throw std::runtime_error(std::string(1 << 20, 'e'));
  if (what == "throw-int") throw 7;
  if (what == "memory") throw std::bad_alloc();
  if (what == "exit") ::_exit(std::stoi(std::string(rest)));
  if (what == "signal") ::raise(std::stoi(std::string(rest)));
  if (what == "hold") {
    leave(rest);
    hold_forever();
  }
  if (what == "hold-once") {
    if (leave(rest) == 1) hold_forever();
    return say("again");
  }
  if (what == "die-twice") {
    if (leave(rest) <= 2) ::raise(SIGKILL);
    return say("third time");
  }
  if (what == "fill") {
    for (char& byte : out.room()) byte = 'f';
    return out.commit(out.room().size());
  }
  if (what == "overflow") return say(std::string(out.room().size() + 1, 'x'));
  // Lies to the pool.
  if (what == "count-ahead") lie(1000, 0);
  if (what == "count-back") lie(UINT64_MAX, 0);
  if (what == "long-result") lie(1, UINT64_MAX);
  // Things that the sandbox does not allow.
  if (what == "open") ::open("/etc/passwd", O_RDONLY);
  if (what == "socket") ::socket(AF_INET, SOCK_STREAM, 0);
  if (what == "fork") ::fork();
  if (what == "kill") ::kill(::getppid(), SIGKILL);
  if (what == "stderr") (void)!::write(2, "x", 1);
  if (what == "executable")
    ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (what == "abort") std::abort();
  if (what == "write-body") const_cast<char*>(body.data())[0] = 'X';
  if (what == "allocate") {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < std::stoul(std::string(rest)); ++i) {
      std::vector<char> block(1 << 20, 'a');
      sum += static_cast<std::size_t>(block[i % block.size()]);
    }
    return say("allocated " + std::to_string(sum));
  }
  if (what == "exhaust") {
    std::vector<std::vector<char>> blocks;
    for (;;) blocks.emplace_back(100'000, 'x');
  }
}

void before_serving(PoolWorker& worker) {
  const std::string_view init = worker.init();
  if (init == "throw") throw std::runtime_error("no initializer today");
  if (init == "exit") ::_exit(3);
  if (init == "memory") throw std::bad_alloc();
  if (init == "hold") hold_forever();
  if (init == "sandbox") worker.arm_sandbox(64 << 20);
}

}  // namespace

int pool_role(RoleContext& role) {
  SharedMemory memory = SharedMemory::map(role.fd(ring::kResults));
  results = reinterpret_cast<ring::ResultPage*>(memory.data());
  done_fd = role.fd(ring::kDone);
  return serve_pool(role, {.before_serving = before_serving, .handle = handle});
}

}  // namespace weir::concurrency
