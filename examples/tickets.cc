// Rows: E01 E07 E09. Four processes sell the 2000 tickets that are left. To look and to buy has to
// be one step: under a lock, or as one atomic operation. With --unsafe they look, then buy, each
// step whole by itself, and sell more tickets than there are.
//   tickets [--unsafe]
#include <new>
#include <vector>

#include "concurrency/process.h"
#include "concurrency/process_event.h"
#include "concurrency/process_mutex.h"
#include "concurrency/shared_memory.h"
#include "examples/check.h"

using namespace weir::concurrency;

constexpr long kTickets = 2000;

struct Office {
  ProcessEvent open;
  ProcessMutex mutex;
  long left = kTickets;                   // guarded by the mutex
  std::atomic<long> unguarded{kTickets};  // an int here would be undefined behaviour as well
  std::atomic<long> sold{0}, lowest_seen{0}, looking{0};
};

bool buy_locked(Office& office) {
  if (office.mutex.lock() != Taken::kYes) return false;
  const bool any = office.left > 0;
  if (any) --office.left;
  if (office.left < 0) office.lowest_seen = office.left;
  office.mutex.unlock();
  return any;
}

bool buy_unsafe(Office& office) {
  const long seen = office.unguarded;
  if (seen <= 0) return false;
  if (seen == kTickets) {  // the pause in which the others look, too
    ++office.looking;
    while (office.looking < 2) {
    }
  }
  office.unguarded = seen - 1;
  return true;
}

int seller_role(RoleContext& role) {
  const SharedMemory memory = SharedMemory::map(role.fd(0));
  Office& office = *reinterpret_cast<Office*>(memory.data());
  office.open.wait();
  while (role.args().at(0) == "unsafe" ? buy_unsafe(office) : buy_locked(office)) ++office.sold;
  return 0;
}

int main(int argc, char** argv) {
  if (auto code = run_role_if_asked(argc, argv, {{"seller", seller_role}})) return *code;
  std::puts("Rows: E01 E07 E09");
  const bool unsafe = asked(argc, argv, "--unsafe");

  SharedMemory memory = SharedMemory::anonymous(sizeof(Office));
  Office& office = *new (memory.data()) Office;
  std::vector<Process> sellers;
  for (int i = 0; i < 4; ++i) {
    sellers.push_back(
        Process({.role = "seller", .args = {unsafe ? "unsafe" : "locked"}, .fds = {memory.fd()}}));
    sellers.back().start();
  }
  office.open.set();
  for (Process& each : sellers) each.join();
  std::printf("%ld of %ld tickets sold\n", office.sold.load(), kTickets);
  if (unsafe) {
    require(office.sold > kTickets, "look, then buy: some tickets were sold twice");
  } else {
    require(office.sold == kTickets, "under the lock each ticket was sold once");
    require(office.lowest_seen == 0, "and nobody saw fewer than none");
  }
}
