#include "concurrency/generator.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace weir::concurrency {
namespace {

Generator<int> count(int n, std::shared_ptr<std::string> log = nullptr) {
  if (log) *log += "begin ";
  for (int i = 0; i < n; ++i) co_yield i;
  if (log) *log += "end ";
}

TEST(Generator, GE1_RunsFromYieldToYieldAndStaysEnded) {
  auto log = std::make_shared<std::string>();
  auto numbers = count(2, log);
  EXPECT_EQ(*log, "");
  EXPECT_EQ(numbers.next(), 0);
  EXPECT_EQ(*log, "begin ");
  EXPECT_EQ(numbers.next(), 1);
  EXPECT_EQ(*log, "begin ");
  EXPECT_EQ(numbers.next(), std::nullopt);
  EXPECT_EQ(*log, "begin end ");
  EXPECT_EQ(numbers.next(), std::nullopt);
  EXPECT_TRUE(numbers.done());
}

TEST(Generator, GE2_TwoOfOneFunctionAreIndependent) {
  auto a = count(9), b = count(9);
  a.next();
  a.next();
  EXPECT_EQ(a.next(), 2);
  EXPECT_EQ(b.next(), 0);
}

struct Counted {
  explicit Counted(int& counter) : destroyed(&counter) {}
  Counted(const Counted&) = delete;
  ~Counted() { ++*destroyed; }
  int* destroyed;
};
Generator<int> with_local(int* entered, int* destroyed) {
  ++*entered;
  Counted local(*destroyed);
  for (;;) co_yield 1;
}

TEST(Generator, GE3_DestroyingRunsTheDestructorsOfLiveLocalsOnce) {
  int entered = 0, destroyed = 0;
  {
    auto suspended = with_local(&entered, &destroyed);
    suspended.next();
    suspended.next();
    EXPECT_EQ(destroyed, 0);
  }
  EXPECT_EQ(destroyed, 1);
  { auto never_started = with_local(&entered, &destroyed); }
  EXPECT_EQ(entered, 1);
  EXPECT_EQ(destroyed, 1);
}

Generator<int> failing() {
  co_yield 1;
  throw std::runtime_error("broken");
}

TEST(Generator, GE4_AnExceptionReachesTheCallerAndEndsIt) {
  auto numbers = failing();
  numbers.next();
  EXPECT_THROW(numbers.next(), std::runtime_error);
  EXPECT_EQ(numbers.next(), std::nullopt);
}

Generator<int> asks_itself(Generator<int>** self) {
  co_yield 1;
  co_yield *(*self)->next();
}

TEST(Generator, GE5_ReentryIsDetected) {
  Generator<int>* self = nullptr;
  auto numbers = asks_itself(&self);
  self = &numbers;
  numbers.next();
  EXPECT_THROW(numbers.next(), std::logic_error);
  EXPECT_TRUE(numbers.done());
}

TEST(Generator, GE6_MovesToAnotherThreadBetweenSteps) {
  auto numbers = count(3);
  EXPECT_EQ(numbers.next(), 0);
  int there = -1;
  std::thread([&there, moved = std::move(numbers)]() mutable { there = *moved.next(); }).join();
  EXPECT_EQ(there, 1);
}

Generator<int> nested(int depth) {
  if (depth == 0) {
    for (int i = 0; i < 3; ++i) co_yield i;
    throw std::runtime_error("from the depth");
  }
  co_yield elements_of(nested(depth - 1));
}
Generator<int> twice(int n) {
  co_yield elements_of(count(n));
  co_yield elements_of(count(n));
}
Generator<int> catches_inner() {
  bool caught = false;
  try {
    co_yield elements_of(nested(2));
  } catch (const std::runtime_error&) {
    caught = true;
  }
  if (caught) co_yield 99;
}

TEST(Generator, GE7_DelegationKeepsOrderAndPropagatesExceptions) {
  std::vector<int> seen;
  for (int i : twice(2)) seen.push_back(i);
  EXPECT_EQ(seen, (std::vector<int>{0, 1, 0, 1}));
  seen.clear();
  for (int i : catches_inner()) seen.push_back(i);
  EXPECT_EQ(seen, (std::vector<int>{0, 1, 2, 99}));

  auto deep = nested(1000);  // a step does not pass through the frames above: the stack would tell
  EXPECT_EQ(deep.next(), 0);
  EXPECT_EQ(deep.next(), 1);
  EXPECT_EQ(deep.next(), 2);
  EXPECT_THROW(deep.next(), std::runtime_error);
  EXPECT_EQ(deep.next(), std::nullopt);
}

TEST(Generator, GE7_WhatIsLeftOfAStartedGeneratorCanBeDelegatedTo) {
  auto inner = twice(2);
  inner.next();
  auto outer = [](Generator<int> rest) -> Generator<int> { co_yield elements_of(std::move(rest)); };
  std::vector<int> seen;
  for (int i : outer(std::move(inner))) seen.push_back(i);
  EXPECT_EQ(seen, (std::vector<int>{1, 0, 1}));
}

Generator<std::string, std::string> echo() {
  std::string answer = "ready";
  for (;;) {
    try {
      auto sent = co_yield answer;
      answer = sent ? "got " + *sent : "nothing";
    } catch (const std::runtime_error& error) {
      answer = std::string("caught ") + error.what();
    }
  }
}

TEST(Generator, GE8_SendGivesTheYieldAValueAndThrowIntoAnException) {
  auto server = echo();
  EXPECT_THROW(server.send("too early"), std::logic_error);
  EXPECT_EQ(server.next(), "ready");
  EXPECT_EQ(server.send("x"), "got x");
  EXPECT_EQ(server.next(), "nothing");
  EXPECT_EQ(server.throw_into(std::make_exception_ptr(std::runtime_error("it"))), "caught it");
  EXPECT_EQ(server.send("y"), "got y");
  EXPECT_THROW(server.throw_into(std::make_exception_ptr(std::logic_error("no"))),
               std::logic_error);
  EXPECT_TRUE(server.done());
  auto fresh = echo();
  EXPECT_THROW(fresh.throw_into(std::make_exception_ptr(std::runtime_error("it"))),
               std::runtime_error);
  EXPECT_TRUE(fresh.done());
}

Generator<int> stubborn() {
  bool asked_to_end = false;
  try {
    co_yield 1;
  } catch (const GeneratorExit&) {
    asked_to_end = true;
  }
  if (asked_to_end) co_yield 2;
}

TEST(Generator, GE9_CloseIsIdempotentAndABodyThatYieldsMeanwhileIsAnError) {
  auto unstarted = count(3);
  unstarted.close();
  unstarted.close();
  EXPECT_EQ(unstarted.next(), std::nullopt);
  auto started = count(3);
  started.next();
  started.close();
  started.close();
  EXPECT_EQ(started.next(), std::nullopt);
  auto refuses = stubborn();
  refuses.next();
  EXPECT_THROW(refuses.close(), std::logic_error);
}

Generator<std::string> lines(std::string path, int* closed) {
  struct File {
    explicit File(const std::string& name) : in(name) {}
    ~File() {
      if (closed) ++*closed;
    }
    std::ifstream in;
    int* closed = nullptr;
  } file(path);
  file.closed = closed;
  for (std::string line; std::getline(file.in, line);) co_yield line;
}

[[maybe_unused]] long peak_kib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

TEST(Generator, GE10_AFileIsReadInConstantMemoryAndClosedWhenAbandoned) {
  // 16 MiB of lines: far above the bound below, small enough for every run of the tests.
  const std::string path = testing::TempDir() + "generator_" + std::to_string(getpid());
  {
    std::ofstream out(path);
    const std::string block(64 * 1024 - 1, 'u');
    for (int i = 0; i < 256; ++i) out << block << '\n';
  }
  [[maybe_unused]] const long before = peak_kib();
  int closed = 0;
  std::size_t bytes = 0;
  for (const std::string& line : lines(path, &closed)) bytes += line.size() + 1;
  EXPECT_EQ(bytes, 16u * 1024 * 1024);
  EXPECT_EQ(closed, 1);
#ifndef __SANITIZE_ADDRESS__  // it keeps what is freed
  EXPECT_LT(peak_kib() - before, 4 * 1024);
#endif
  {
    auto half = lines(path, &closed);
    half.next();
  }
  EXPECT_EQ(closed, 2);
  std::remove(path.c_str());
}

}  // namespace
}  // namespace weir::concurrency
