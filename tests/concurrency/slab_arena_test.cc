#include "concurrency/slab_arena.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "process_test_roles.h"

namespace weir::concurrency {
namespace {

constexpr std::size_t kUnit = kSlabUnit;

std::size_t resident_now(const SlabArena& arena) {
  struct stat status;
  ::fstat(arena.read_only_fd(), &status);
  return static_cast<std::size_t>(status.st_blocks) * 512;
}

TEST(SlabArena, BodyIsStoredAndFollowedByNul) {
  NothingLeft nothing_left;
  SlabArena arena({.memory = 1 << 20, .max_body = 4096, .slots = 2});
  Slab slab = *arena.open();
  EXPECT_EQ(slab.append("hello, "), Append::kStored);
  EXPECT_EQ(slab.append("slab"), Append::kStored);
  slab.seal();
  slab.seal();
  EXPECT_EQ(slab.bytes(), "hello, slab");
  EXPECT_EQ(slab.bytes().data()[slab.size()], '\0');
  EXPECT_THROW((void)slab.append("more"), std::logic_error);
}

TEST(SlabArena, NulFollowsEveryBodyInAReusedPlace) {
  SlabArena arena({.memory = 1 << 20, .max_body = 200'000, .slots = 1});
  {
    Slab slab = *arena.open();
    ASSERT_EQ(slab.append(std::string(200'000, 'x')), Append::kStored);
    slab.seal();
    EXPECT_EQ(slab.bytes().data()[200'000], '\0');
  }
  for (std::size_t size : {0, 1, 4095, 4096, 65'535, 65'536, 131'072}) {
    Slab slab = *arena.open();
    ASSERT_EQ(slab.append(std::string(size, 'y')), Append::kStored);
    slab.seal();
    EXPECT_EQ(slab.bytes(), std::string(size, 'y'));
    EXPECT_EQ(slab.bytes().data()[size], '\0') << size;
  }
}

TEST(SlabArena, MoreThanMaxBodyIsFullAndStoresNothing) {
  SlabArena arena({.memory = 1 << 20, .max_body = 10, .slots = 1});
  Slab slab = *arena.open();
  EXPECT_EQ(slab.append("12345678"), Append::kStored);
  EXPECT_EQ(slab.append("abc"), Append::kFull);
  EXPECT_EQ(slab.room(), 2u);
  EXPECT_EQ(slab.append("9a"), Append::kStored);
  EXPECT_EQ(slab.bytes(), "123456789a");
}

TEST(SlabArena, SlotsAreLimitedAndComeBack) {
  SlabArena arena({.memory = 1 << 20, .max_body = 10, .slots = 2});
  std::optional<Slab> a = arena.open(), b = arena.open();
  EXPECT_NE(a->slot(), b->slot());
  EXPECT_FALSE(arena.open());
  Slab moved = std::move(*a);
  a.reset();  // empty after the move: frees nothing
  EXPECT_FALSE(arena.open());
  moved.release();
  moved.release();
  EXPECT_TRUE(arena.open());
}

TEST(SlabArena, MeaninglessOptionsAreRejected) {
  EXPECT_THROW(SlabArena({.max_body = 0}), std::invalid_argument);
  EXPECT_THROW(SlabArena({.slots = 0}), std::invalid_argument);
}

TEST(SlabArena, ChargesUnitsAsBytesArriveNulIncluded) {
  SlabArena arena({.memory = 10 * kUnit, .max_body = 5 * kUnit, .slots = 2});
  Slab slab = *arena.open();
  EXPECT_EQ(arena.figures().used, 0u);
  ASSERT_EQ(slab.append(std::string(kUnit - 1, 'x')), Append::kStored);
  EXPECT_EQ(arena.figures().used, kUnit);
  ASSERT_EQ(slab.append("x"), Append::kStored);
  EXPECT_EQ(arena.figures().used, 2 * kUnit);
  slab.release();
  EXPECT_EQ(arena.figures().used, 0u);
  EXPECT_EQ(arena.figures().high_water, 2 * kUnit);
}

TEST(SlabArena, OldestUnsealedOverdrawsAndTheOthersAreRefused) {
  SlabArena arena({.memory = 4 * kUnit, .max_body = 8 * kUnit - 1, .slots = 3});
  const std::string unit(kUnit - 1, 'x');
  Slab first = *arena.open(), second = *arena.open(), third = *arena.open();
  ASSERT_EQ(second.append(unit),
            Append::kStored);  // the oldest that holds bytes, not the first open
  ASSERT_EQ(first.append(unit), Append::kStored);
  ASSERT_EQ(first.append(unit + unit), Append::kStored);
  EXPECT_EQ(first.append(unit), Append::kNoCredit);
  EXPECT_EQ(third.append("x"), Append::kNoCredit);
  EXPECT_EQ(first.size(), 3 * unit.size());
  for (int i = 0; i < 7; ++i) ASSERT_EQ(second.append(unit), Append::kStored);
  second.seal();
  EXPECT_EQ(first.append(unit + unit), Append::kNoCredit);  // a second overdraft breaks the bound
  EXPECT_LE(arena.figures().high_water, arena.bound());
  second.release();
  EXPECT_EQ(first.append(unit), Append::kStored);
}

TEST(SlabArena, ABodyLargerThanTheBudgetStillPasses) {
  SlabArena arena({.memory = 1, .max_body = 1 << 20, .slots = 2});
  Slab slab = *arena.open();
  EXPECT_EQ(slab.append(std::string(1 << 20, 'x')), Append::kStored);
  Slab other = *arena.open();
  EXPECT_EQ(other.append("x"), Append::kNoCredit);
  slab.release();
  EXPECT_EQ(other.append("x"), Append::kStored);
}

TEST(SlabArena, OnCreditIsCalledOnceForARefusalWhenBytesComeFree) {
  SlabArena arena({.memory = kUnit, .max_body = 2 * kUnit, .slots = 3});
  int calls = 0;
  arena.on_credit([&] { ++calls; });
  Slab a = *arena.open(), b = *arena.open(), c = *arena.open();
  ASSERT_EQ(a.append("x"), Append::kStored);
  a.seal();
  EXPECT_EQ(calls, 0);  // nobody was refused
  EXPECT_EQ(b.append("x"), Append::kNoCredit);
  EXPECT_EQ(b.append("x"), Append::kNoCredit);
  c.release();
  EXPECT_EQ(calls, 0);  // held nothing
  a.release();
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(b.append("x"), Append::kStored);
  b.release();
  EXPECT_EQ(calls, 1);
}

TEST(SlabArena, SealingTheOldestOffersCreditToTheNext) {
  SlabArena arena({.memory = 2 * kUnit, .max_body = 3 * kUnit, .slots = 2});
  int calls = 0;
  arena.on_credit([&] { ++calls; });
  Slab a = *arena.open(), b = *arena.open();
  ASSERT_EQ(a.append("x"), Append::kStored);
  ASSERT_EQ(b.append("x"), Append::kStored);
  EXPECT_EQ(b.append(std::string(kUnit, 'x')), Append::kNoCredit);
  a.seal();
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(b.append(std::string(kUnit, 'x')), Append::kStored);
}

TEST(SlabArena, BlockingAppendWaitsForCredit) {
  SlabArena arena({.memory = kUnit, .max_body = 2 * kUnit, .slots = 2});
  Slab a = *arena.open(), b = *arena.open();
  ASSERT_EQ(a.append("x"), Append::kStored);
  a.seal();
  Append got = Append::kNoCredit;
  std::thread waiter([&] { got = b.append("body", std::stop_token()); });
  while (arena.figures().refusals == 0) std::this_thread::yield();
  a.release();
  waiter.join();
  EXPECT_EQ(got, Append::kStored);
  EXPECT_EQ(b.bytes(), "body");
}

TEST(SlabArena, BlockingAppendObeysStop) {
  SlabArena arena({.memory = kUnit, .max_body = 2 * kUnit, .slots = 2});
  Slab a = *arena.open(), b = *arena.open();
  ASSERT_EQ(a.append("x"), Append::kStored);
  a.seal();
  std::stop_source stop;
  std::thread waiter([&] { EXPECT_EQ(b.append("x", stop.get_token()), Append::kNoCredit); });
  while (arena.figures().refusals == 0) std::this_thread::yield();
  stop.request_stop();
  waiter.join();
  EXPECT_EQ(b.size(), 0u);
}

TEST(SlabArena, ResidentMemoryStaysWithinTheBoundThoughPlacesAreReusedWarm) {
  const std::size_t memory = 24 * kUnit;
  SlabArena arena({.memory = memory, .max_body = 16 * kUnit - 1, .slots = 64});
  std::vector<Slab> open;
  for (int i = 0; i < 64; ++i) {  // every slot grows big once, one after the other
    open.clear();
    std::vector<Slab> small;
    for (int j = 0; j < i; ++j) small.push_back(*arena.open());
    Slab slab = *arena.open();
    ASSERT_EQ(slab.append(std::string(16 * kUnit - 1, 'x')), Append::kStored);
    EXPECT_LE(resident_now(arena), arena.bound());
    slab.seal();
  }
  EXPECT_LE(resident_now(arena), memory);
  EXPECT_LE(arena.figures().resident, memory);
  Slab slab = *arena.open();
  ASSERT_EQ(slab.append("x"), Append::kStored);
  EXPECT_GT(arena.figures().resident, arena.figures().used);  // warm pages were kept
}

TEST(SlabArena, FiguresMatchTheKernelUnderARandomLoad) {
  const std::size_t memory = 8 * kUnit;
  SlabArena arena({.memory = memory, .max_body = 6 * kUnit, .slots = 12});
  std::mt19937 random(7);
  std::vector<Slab> slabs;
  for (int step = 0; step < 3000; ++step) {
    if (slabs.size() < 12 && random() % 3 == 0) slabs.push_back(*arena.open());
    if (slabs.empty()) continue;
    Slab& slab = slabs[random() % slabs.size()];
    const auto action = random() % 8;
    if (action == 0) {
      std::swap(slab, slabs.back());
      slabs.pop_back();
    } else if (action == 1) {
      slab.seal();
    } else if (!slab.sealed()) {
      (void)slab.append(std::string(random() % (kUnit * 2), 'r'));
    }
    ASSERT_LE(resident_now(arena), arena.figures().resident);
    ASSERT_LE(arena.figures().resident, std::max(memory, arena.figures().used));
    ASSERT_LE(arena.figures().used, arena.bound());
  }
}

TEST(SlabArena, ManyThreadsNeverDeadlockAndNeverPassTheBound) {
  SlabArena arena({.memory = 4 * kUnit, .max_body = 6 * kUnit, .slots = 16});
  std::vector<std::jthread> threads;
  std::atomic<int> bodies{0};
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937 random(static_cast<unsigned>(t));
      for (int i = 0; i < 60; ++i) {
        Slab slab = *arena.open();
        const std::size_t size = random() % (6 * kUnit);
        std::string expected;
        while (expected.size() < size) {
          const std::string part(std::min<std::size_t>(20'000, size - expected.size()),
                                 static_cast<char>('a' + random() % 26));
          ASSERT_EQ(slab.append(part, std::stop_token()), Append::kStored);
          expected += part;
        }
        slab.seal();
        ASSERT_EQ(slab.bytes(), expected);
        ++bodies;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(bodies, 8 * 60);
  EXPECT_LE(arena.figures().high_water, arena.bound());
  EXPECT_EQ(arena.figures().used, 0u);
}

TEST(SlabArena, ReaderSeesBodiesAndCannotWrite) {
  SlabArena arena({.memory = 1 << 20, .max_body = 1000, .slots = 3});
  SlabReader reader(arena.read_only_fd(), arena.slot_bytes(), arena.slots());
  Slab skip = *arena.open();
  Slab slab = *arena.open();
  ASSERT_EQ(slab.append("shared"), Append::kStored);
  slab.seal();
  EXPECT_EQ(reader.bytes(slab.slot(), slab.size()), "shared");
  EXPECT_EQ(reader.bytes(slab.slot(), 0), "");
  EXPECT_FALSE(reader.bytes(3, 1));
  EXPECT_FALSE(reader.bytes(0, arena.slot_bytes()));
  EXPECT_EQ(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, arena.read_only_fd(), 0),
            MAP_FAILED);
}

}  // namespace
}  // namespace weir::concurrency
