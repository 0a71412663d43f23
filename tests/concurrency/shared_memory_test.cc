#include "concurrency/shared_memory.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <new>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "concurrency/file_lock.h"
#include "concurrency/mutex.h"
#include "concurrency/process.h"
#include "concurrency/process_event.h"
#include "concurrency/process_mutex.h"
#include "process_test_roles.h"

namespace weir::concurrency {
namespace {

using std::chrono::milliseconds;

// What these tests share with their children.
struct Board {
  ProcessMutex mutex;
  ProcessEvent go, there;
  ProcessSemaphore permits{0};
  LeasedSemaphore leases{3};
  std::atomic<int> arrived{0}, left{0};
  long tickets = 0;
  std::atomic<long> sold{0};
  std::atomic<int> lines{0};
  char spoken[9] = {};
};

struct Shared {
  SharedMemory memory = SharedMemory::anonymous(sizeof(Board));
  Board& board = *new (memory.data()) Board;
  Process start(std::vector<std::string> args) {
    Process child({.role = "memory", .args = std::move(args), .fds = {memory.fd()}});
    child.start();
    return child;
  }
  bool arrive(int count) const {
    for (const Deadline deadline = soon(); board.arrived < count; std::this_thread::yield())
      if (Clock::now() > deadline) return false;
    return true;
  }
};

[[noreturn]] void hold() {
  for (;;) ::pause();
}

void end(Process& child) {
  child.kill();
  EXPECT_TRUE(child.join(soon()));
}

}  // namespace

int memory_role(RoleContext& role) {
  const std::string what = role.args().at(0);
  if (what == "numbers") {
    auto bytes = SharedArray<std::uint8_t>::map(role.fd(0));
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 3);
    *SharedValue<std::int16_t>::map(role.fd(1)) = -16;
    *SharedValue<std::uint32_t>::map(role.fd(2)) += 32;
    *SharedValue<std::int64_t>::map(role.fd(3)) = -64;
    *SharedValue<double>::map(role.fd(4)) = 2.5;
    return 0;
  }
  SharedMemory memory = SharedMemory::map(role.fd(0));
  Board& board = *reinterpret_cast<Board*>(memory.data());
  if (what == "hold-mutex") {
    if (board.mutex.lock() != Taken::kYes) return 1;
    board.there.set();
    hold();
  }
  if (what == "sell") {  // tickets: check, then act, under the lock
    ++board.arrived;
    board.go.wait();
    for (;;) {
      if (board.mutex.lock() != Taken::kYes) return 1;
      const bool any = board.tickets > 0;
      if (any) --board.tickets, ++board.sold;
      board.mutex.unlock();
      if (!any) return 0;
    }
  }
  if (what == "introduce") {
    board.go.wait();
    if (board.mutex.lock() != Taken::kYes) return 1;
    for (int line = 0; line < 3; ++line) {
      board.spoken[board.lines++] = role.args().at(1).front();
      std::this_thread::yield();
    }
    board.mutex.unlock();
    return 0;
  }
  if (what == "wait-event") {
    ++board.arrived;
    if (board.go.wait(soon())) ++board.left;
    return 0;
  }
  if (what == "set-event") {
    board.go.set();
    return 0;
  }
  if (what == "acquire") {
    ++board.arrived;
    if (board.permits.acquire(soon())) ++board.left;
    return 0;
  }
  if (what == "lease") {
    while (board.leases.try_acquire()) ++board.arrived;
    hold();
  }
  if (what == "file-lock") {
    FileLock lock(role.args().at(1));
    lock.lock();
    lock.sign();
    board.there.set();
    hold();
  }
  return 99;
}

TEST(SharedMemory, SH1_ChildWritesParentSees) {
  NothingLeft nothing_left;
  SharedArray<std::uint8_t> bytes(10);
  SharedValue<std::int16_t> i16(1);
  SharedValue<std::uint32_t> u32(10);
  SharedValue<std::int64_t> i64(1);
  SharedValue<double> number(1.0);
  Process child({.role = "memory",
                 .args = {"numbers"},
                 .fds = {bytes.fd(), i16.fd(), u32.fd(), i64.fd(), number.fd()}});
  child.start();
  ASSERT_TRUE(child.join(soon()));
  EXPECT_EQ(child.exit_code(), 0);
  EXPECT_EQ(bytes[9], 27);
  EXPECT_EQ(*i16, -16);
  EXPECT_EQ(*u32, 42u);
  EXPECT_EQ(*i64, -64);
  EXPECT_EQ(*number, 2.5);
}

TEST(SharedMemory, SH2_StartsZeroedAndChecksItsBounds) {
  for (int round = 0; round < 20; ++round) {
    SharedArray<std::uint64_t> array(1000);
    for (std::size_t i = 0; i < 1000; ++i) {
      ASSERT_EQ(array[i], 0u);
      array[i] = ~0ull;
    }
    EXPECT_THROW(array[1000], std::out_of_range);
  }
}

TEST(SharedMemory, SH3_SH4_Names) {
  NothingLeft nothing_left;
  const std::string name = "weir-test-" + std::to_string(::getpid());
  EXPECT_THROW(SharedMemory::attach(name), std::system_error);
  EXPECT_THROW(SharedMemory::create(name, 0), std::invalid_argument);
  EXPECT_THROW(SharedMemory::create(name, static_cast<std::size_t>(-5)), std::invalid_argument);
  SharedMemory one = SharedMemory::create(name, 100);
  EXPECT_THROW(SharedMemory::create(name, 100), std::system_error);
  SharedMemory two = SharedMemory::attach(name);
  EXPECT_EQ(two.size(), 100u);
  std::strcpy(one.data(), "seen");
  EXPECT_STREQ(two.data(), "seen");
  EXPECT_TRUE(SharedMemory::unlink(name));
  EXPECT_FALSE(SharedMemory::unlink(name));
  EXPECT_STREQ(two.data(), "seen");
  EXPECT_THROW(SharedMemory::attach(name), std::system_error);
}

TEST(SharedMemory, AReadOnlyDescriptorCannotWriteAndNobodyCanShrink) {
  SharedMemory memory = SharedMemory::anonymous(4096);
  UniqueFd fd = memory.read_only_fd();
  EXPECT_EQ(::mmap(nullptr, 4096, PROT_WRITE, MAP_SHARED, fd.get(), 0), MAP_FAILED);
  EXPECT_NE(::ftruncate(memory.fd(), 0), 0);
  memory.data()[7] = 'x';
  EXPECT_EQ(SharedMemory::map(fd.get()).data()[7], 'x');
}

TEST(ProcessMutex, MX5_OwnerIsChecked) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "ThreadSanitizer reports the very misuse that is tried here";
#endif
  Shared shared;
  ProcessMutex& mutex = shared.board.mutex;
  ASSERT_EQ(mutex.lock(), Taken::kYes);
  EXPECT_THROW((void)mutex.lock(), LockMisuse);
  EXPECT_EQ(mutex.try_lock(), Taken::kNo);
  std::thread([&] {
    EXPECT_EQ(mutex.try_lock(), Taken::kNo);
    EXPECT_EQ(mutex.try_lock_until(after(milliseconds(10))), Taken::kNo);
    EXPECT_THROW(mutex.unlock(), LockMisuse);
  }).join();
  mutex.unlock();
  EXPECT_THROW(mutex.unlock(), LockMisuse);
}

TEST(ProcessMutex, SH8_DeathOfTheHolder) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "ThreadSanitizer reports the very misuse that is tried here";
#endif
  NothingLeft nothing_left;
  Shared shared;
  Board& board = shared.board;
  for (int round = 0; round < 2; ++round) {
    board.there.clear();
    Process holder = shared.start({"hold-mutex"});
    ASSERT_TRUE(board.there.wait(soon()));
    EXPECT_EQ(board.mutex.try_lock(), Taken::kNo);
    end(holder);
    ASSERT_EQ(board.mutex.try_lock_until(soon()), Taken::kOwnerDied);
    if (round == 0) board.mutex.mark_consistent();
    board.mutex.unlock();
    if (round > 0) break;
    EXPECT_EQ(board.mutex.lock(), Taken::kYes);
    board.mutex.unlock();
  }
  EXPECT_EQ(board.mutex.lock(), Taken::kNotRecoverable);
  EXPECT_EQ(board.mutex.try_lock(), Taken::kNotRecoverable);
}

TEST(ProcessMutex, SH9_TicketsAreSoldOnce) {
  NothingLeft nothing_left;
  Shared shared;
  shared.board.tickets = 2000;
  std::vector<Process> sellers;
  for (int i = 0; i < 4; ++i) sellers.push_back(shared.start({"sell"}));
  ASSERT_TRUE(shared.arrive(4));
  shared.board.go.set();
  for (Process& seller : sellers) {
    EXPECT_TRUE(seller.join(soon()));
    EXPECT_EQ(seller.exit_code(), 0);
  }
  EXPECT_EQ(shared.board.sold, 2000);
  EXPECT_EQ(shared.board.tickets, 0);
}

TEST(ProcessMutex, SH10_IntroductionsStayTogether) {
  NothingLeft nothing_left;
  for (int run = 0; run < 20; ++run) {
    Shared shared;
    std::vector<Process> persons;
    for (const char* name : {"a", "b", "c"}) persons.push_back(shared.start({"introduce", name}));
    shared.board.go.set();
    for (Process& each : persons) EXPECT_TRUE(each.join(soon()));
    const std::string_view spoken(shared.board.spoken, 9);
    std::set<char> who;
    for (std::size_t i = 0; i < 9; i += 3) {
      EXPECT_EQ(spoken.substr(i, 3), std::string(3, spoken[i])) << spoken;
      who.insert(spoken[i]);
    }
    EXPECT_EQ(who.size(), 3u) << spoken;
  }
}

TEST(ProcessEvent, EV7_ChildSetsParentWaits) {
  NothingLeft nothing_left;
  Shared shared;
  EXPECT_FALSE(shared.board.go.wait(Clock::now()));
  EXPECT_FALSE(shared.board.go.wait(after(milliseconds(10))));
  Process child = shared.start({"set-event"});
  EXPECT_TRUE(shared.board.go.wait(soon()));
  EXPECT_TRUE(shared.board.go.wait(Clock::now()));
  shared.board.go.clear();
  EXPECT_FALSE(shared.board.go.is_set());
  EXPECT_TRUE(child.join(soon()));
}

TEST(ProcessEvent, EV8_KilledWaitersHarmNobody) {
  NothingLeft nothing_left;
  Shared shared;
  for (int round = 1; round <= 10; ++round) {
    shared.board.go.clear();
    shared.board.arrived = shared.board.left = 0;
    Process victim = shared.start({"wait-event"});
    Process survivor = shared.start({"wait-event"});
    ASSERT_TRUE(shared.arrive(2));
    end(victim);
    shared.board.go.set();
    ASSERT_TRUE(survivor.join(soon()));
    EXPECT_GE(shared.board.left, 1);
  }
}

TEST(ProcessSemaphore, SM10_Limits) {
  NothingLeft nothing_left;
  Shared shared;
  ProcessSemaphore& permits = shared.board.permits;
  EXPECT_FALSE(permits.try_acquire());
  const Deadline start = Clock::now();
  EXPECT_FALSE(permits.acquire(after(milliseconds(20))));
  EXPECT_GE(Clock::now() - start, milliseconds(20));
  std::vector<Process> children;
  for (int i = 0; i < 3; ++i) children.push_back(shared.start({"acquire"}));
  ASSERT_TRUE(shared.arrive(3));
  permits.release(3);
  for (Process& child : children) EXPECT_TRUE(child.join(soon()));
  EXPECT_EQ(shared.board.left, 3);
  EXPECT_EQ(permits.permits(), 0u);
}

TEST(LeasedSemaphore, SM11_PermitsOfTheDeadComeBack) {
  NothingLeft nothing_left;
  Shared shared;
  LeasedSemaphore& leases = shared.board.leases;
  Process holder = shared.start({"lease"});
  ASSERT_TRUE(shared.arrive(3));
  EXPECT_FALSE(leases.try_acquire());
  EXPECT_EQ(leases.reclaim(), 0u);
  EXPECT_THROW(leases.release(), LockMisuse);
  end(holder);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(leases.acquire(soon()));
  EXPECT_FALSE(leases.acquire(after(milliseconds(10))));
  EXPECT_EQ(leases.held(), 3u);
  leases.release();
  EXPECT_EQ(leases.held(), 2u);
  EXPECT_THROW(LeasedSemaphore(65), std::invalid_argument);
}

TEST(FileLock, SH11_SH12_ExclusionSharingAndDeath) {
  NothingLeft nothing_left;
  const std::string path = "/tmp/weir-file-lock-" + std::to_string(::getpid());
  {
    FileLock one(path), two(path);  // two holders in one process
    one.lock();
    EXPECT_FALSE(two.try_lock());
    EXPECT_FALSE(two.try_lock(FileLock::Mode::kShared));
    one.unlock();
    EXPECT_TRUE(one.try_lock(FileLock::Mode::kShared));
    EXPECT_TRUE(two.try_lock(FileLock::Mode::kShared));
    EXPECT_FALSE(two.try_lock());
    one.unlock();
    EXPECT_TRUE(two.try_lock());
    two.unlock();
    std::thread([&] { EXPECT_TRUE(two.try_lock()); }).join();
    EXPECT_FALSE(one.try_lock());
    two.unlock();

    Shared shared;
    Process holder = shared.start({"file-lock", path});
    ASSERT_TRUE(shared.board.there.wait(soon()));
    EXPECT_FALSE(one.try_lock());
    EXPECT_EQ(one.holder(), std::to_string(*holder.pid()));
    end(holder);
    EXPECT_TRUE(one.try_lock());
  }
  std::filesystem::remove(path);
  EXPECT_THROW(FileLock("/no/such/directory/lock"), std::system_error);
}

}  // namespace weir::concurrency
