// Rows: E01 E02 E03 E06 E08 E10 E11. Three processes say three lines each. Under one lock the lines
// of one stay together, in any order of persons; join() after each start fixes the order as well
// and leaves nothing concurrent; without a lock the lines mix.
//   introductions [--unlocked | --join]
#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <new>
#include <string>
#include <vector>

#include "concurrency/channel.h"
#include "concurrency/process.h"
#include "concurrency/process_mutex.h"
#include "concurrency/shared_memory.h"
#include "examples/check.h"

using namespace weir::concurrency;

int person_role(RoleContext& role) {
  Channel hear{UniqueFd(role.fd(0))};
  const SharedMemory memory = SharedMemory::map(role.fd(2));
  auto& mutex = *reinterpret_cast<ProcessMutex*>(memory.data());
  const bool locked = role.args().at(0) == "locked";
  if (locked) {
    hear.receive();  // all begin together
    if (mutex.lock() != Taken::kYes) return 1;
  }
  for (const char* line : {"my name is ", "I work as ", "I like "}) {
    if (!locked) hear.receive();  // the pause of the notes' program: the others get their turn
    const std::string said = line + role.name() + '\n';
    if (::write(role.fd(1), said.data(), said.size()) < 0) return 1;  // whole: it is short
  }
  if (locked) mutex.unlock();
  return 0;
}

int main(int argc, char** argv) {
  if (auto code = run_role_if_asked(argc, argv, {{"person", person_role}})) return *code;
  std::puts("Rows: E01 E02 E03 E06 E08 E10 E11");
  const bool unlocked = asked(argc, argv, "--unlocked"), join = asked(argc, argv, "--join");

  SharedMemory memory = SharedMemory::anonymous(sizeof(ProcessMutex));
  new (memory.data()) ProcessMutex;
  int output[2];
  if (::pipe2(output, O_CLOEXEC) != 0) return 1;
  std::vector<Process> persons;
  std::vector<Channel> talk;
  for (const char* name : {"Ada", "Ben", "Cleo"}) {
    auto [mine, its] = Channel::pair();
    persons.push_back(Process({.role = "person",
                               .name = name,
                               .args = {unlocked ? "unlocked" : "locked"},
                               .fds = {its.fd(), output[1], memory.fd()}}));
    persons.back().start();
    talk.push_back(std::move(mine));
    if (!join) continue;
    talk.back().send("go");
    persons.back().join();
  }
  ::close(output[1]);
  std::FILE* heard = ::fdopen(output[0], "r");

  std::string order;  // the first letters of who spoke, line by line
  const int rounds = unlocked ? 3 : 1;
  for (int round = 0; round < rounds; ++round) {
    if (!join)
      for (Channel& each : talk) each.send("go");
    for (int line = 0; line < 9 / rounds; ++line) {
      char said[64];
      require(std::fgets(said, sizeof said, heard) != nullptr, "a line was said");
      std::printf("%s", said);
      order += std::strrchr(said, ' ')[1];
    }
  }
  bool together = true;
  for (std::size_t i = 0; i < 9; i += 3)
    together = together && order[i] == order[i + 1] && order[i] == order[i + 2];
  std::fclose(heard);
  if (unlocked) return require(!together, "without a lock the lines mix"), 0;
  require(together, "each person's three lines stay together");
  if (join) require(order == "AAABBBCCC", "join fixes the order too: all is serial");
}
