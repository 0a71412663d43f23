// Rows: F04 F05 F06. A dict that lives in a manager's process and is used by others: what a child
// sets, its parent reads. Each call is one step, but to read, add and write back is three: without
// a lock four processes lose updates, with one they lose none. (In the course notes a manager is
// said to be shared memory. It is a server; only the array is memory.)
//   manager_dict
#include <new>
#include <string>
#include <vector>

#include "concurrency/manager.h"
#include "concurrency/process_event.h"
#include "concurrency/process_mutex.h"
#include "examples/check.h"

using namespace weir::concurrency;

constexpr int kProcesses = 4;
constexpr int kUpdates = 50;

struct Shared {
  ProcessMutex mutex;
  ProcessEvent all_have_read;
  std::atomic<int> have_read{0};
};

int rename_role(RoleContext& role) {
  const Manager manager{Channel(UniqueFd(role.fd(0)))};
  SharedDict(manager.attach(std::stoull(role.args().at(0)))).set("name", "刘阿猫");
  return 0;
}

int add_role(RoleContext& role) {
  const Manager manager{Channel(UniqueFd(role.fd(0)))};
  SharedDict counts(manager.attach(std::stoull(role.args().at(0))));
  const SharedMemory memory = SharedMemory::map(role.fd(1));
  Shared& shared = *reinterpret_cast<Shared*>(memory.data());
  const bool locked = role.args().at(1) == "locked";
  for (int i = 0; i < kUpdates; ++i) {
    if (locked && shared.mutex.lock() != Taken::kYes) return 1;
    const std::int64_t seen = counts.at("n").integer();
    if (!locked && i == 0) {  // the pause in which the others read, too
      if (++shared.have_read == kProcesses) shared.all_have_read.set();
      shared.all_have_read.wait();
    }
    counts.set("n", seen + 1);
    if (locked) shared.mutex.unlock();
  }
  return 0;
}

std::int64_t counted(const Manager& manager, const std::string& how) {
  const SharedDict counts = manager.dict({{"n", 0}});
  const SharedMemory memory = SharedMemory::anonymous(sizeof(Shared));
  new (memory.data()) Shared;
  std::vector<Process> adders;
  for (int i = 0; i < kProcesses; ++i) {
    const Channel seat = manager.invite();
    adders.push_back(Process({.role = "add",
                              .args = {std::to_string(counts.id()), how},
                              .fds = {seat.fd(), memory.fd()}}));
    adders.back().start();
  }
  for (Process& each : adders) each.join();
  return counts.at("n").integer();
}

int main(int argc, char** argv) {
  if (auto code = run_role_if_asked(
          argc, argv, {{"rename", rename_role}, {"add", add_role}, {kManagerRole, run_manager}}))
    return *code;
  std::puts("Rows: F04 F05 F06");
  const Manager manager = Manager::start();

  const SharedDict person = manager.dict({{"name", "陈阿狗"}});
  const Channel seat = manager.invite();
  Process child({.role = "rename", .args = {std::to_string(person.id())}, .fds = {seat.fd()}});
  child.start();
  child.join();
  std::printf("the name is %s\n", person.at("name").text().c_str());
  require(person.at("name").text() == "刘阿猫", "what the child set, the parent reads");

  constexpr int kAll = kProcesses * kUpdates;
  const std::int64_t unlocked = counted(manager, "unlocked");
  std::printf("%ld of %d updates without a lock\n", static_cast<long>(unlocked), kAll);
  require(unlocked < kAll, "read, add, write back: updates were lost");
  require(counted(manager, "locked") == kAll, "under a lock none was lost");
}
