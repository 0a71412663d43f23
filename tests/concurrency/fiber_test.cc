#include "concurrency/fiber.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "concurrency/report.h"

namespace weir::concurrency {
namespace {

using Any = std::any;

TEST(Fiber, FB1_SwitchesInterleaveAsWritten) {
  std::vector<int> order;
  Fiber child([&](Any) -> Any {
    order.push_back(1);
    Fiber::current().parent()->switch_to();
    order.push_back(3);
    return {};
  });
  order.push_back(0);
  child.switch_to();
  order.push_back(2);
  child.switch_to();
  order.push_back(4);
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST(Fiber, FB1_AChildMayCreateItsOwnChild) {
  std::string order;
  Fiber one([&](Any) -> Any {
    order += "one ";
    Fiber grandchild([&](Any) -> Any {
      order += "grandchild ";
      return {};
    });
    grandchild.switch_to();
    order += "back ";
    return {};
  });
  Fiber two([&](Any) -> Any {
    order += "two ";
    return {};
  });
  one.switch_to();
  two.switch_to();
  EXPECT_EQ(order, "one grandchild back two ");
}

TEST(Fiber, FB2_ValuesTravelBothWaysAndKeepTheirTypes) {
  using Pair = std::tuple<int, std::string>;
  Fiber fiber([](Any first) -> Any {
    auto [number, text] = std::any_cast<Pair>(first);
    Any next = Fiber::current().parent()->switch_to(text + std::to_string(number));
    return std::any_cast<double>(next) * 2;
  });
  EXPECT_EQ(std::any_cast<std::string>(fiber.switch_to(Pair(7, "seven"))), "seven7");
  EXPECT_EQ(std::any_cast<double>(fiber.switch_to(1.5)), 3.0);
}

TEST(Fiber, FB3_AnEndedFiberIsDeadAndLeadsToItsLivingParent) {
  Fiber outer([](Any) -> Any {
    Fiber inner([](Any) -> Any { return 1; });
    const int value = std::any_cast<int>(inner.switch_to());
    EXPECT_TRUE(inner.dead());
    return value +
           std::any_cast<int>(inner.switch_to(10));  // dead: back to its parent, us, at once
  });
  EXPECT_EQ(std::any_cast<int>(outer.switch_to()), 11);
  EXPECT_TRUE(outer.dead());
  EXPECT_EQ(std::any_cast<int>(outer.switch_to(5)), 5);
}

TEST(Fiber, FB4_AnEscapingExceptionGoesUpTheParents) {
  Fiber outer([](Any) -> Any {
    Fiber inner([](Any) -> Any { throw std::runtime_error("from inner"); });
    inner.switch_to();
    ADD_FAILURE() << "not reached";
    return {};
  });
  EXPECT_THROW(outer.switch_to(), std::runtime_error);
  EXPECT_TRUE(outer.dead());
}

TEST(Fiber, FB5_ThrowIntoRaisesAtTheSuspensionPoint) {
  Fiber fiber([](Any) -> Any {
    try {
      Fiber::current().parent()->switch_to();
    } catch (const std::runtime_error& error) {
      return std::string(error.what());
    }
    return {};
  });
  fiber.switch_to();
  auto error = std::make_exception_ptr(std::runtime_error("thrown in"));
  EXPECT_EQ(std::any_cast<std::string>(fiber.throw_into(error)), "thrown in");

  bool ran = false;
  Fiber unstarted([&](Any) -> Any {
    ran = true;
    return {};
  });
  EXPECT_THROW(unstarted.throw_into(error), std::runtime_error);
  EXPECT_TRUE(unstarted.dead());
  EXPECT_FALSE(ran);

  Fiber killed([](Any) -> Any {
    Fiber::current().parent()->switch_to();
    return {};
  });
  killed.switch_to();
  killed.kill();
  EXPECT_TRUE(killed.dead());
  killed.kill();
}

struct Counted {
  int& destroyed;
  ~Counted() { ++destroyed; }
};

TEST(Fiber, FB6_DestroyingUnwindsTheStackAndReportsOtherExceptions) {
  int destroyed = 0;
  {
    Fiber fiber([&](Any) -> Any {
      Counted local{destroyed};
      Fiber::current().parent()->switch_to();
      return {};
    });
    fiber.switch_to();
    EXPECT_EQ(destroyed, 0);
  }
  EXPECT_EQ(destroyed, 1);

  std::string reported;
  Reporter before = set_reporter([&](std::string_view line) { reported = line; });
  {
    Fiber fiber([&](Any) -> Any {
      try {
        Fiber::current().parent()->switch_to();
      } catch (const FiberExit&) {
      }
      throw std::runtime_error("while dying");
    });
    fiber.switch_to();
  }
  set_reporter(std::move(before));
  EXPECT_NE(reported.find("while dying"), std::string::npos);
}

TEST(Fiber, FB7_OtherThreadsAndCyclesAreErrors) {
  Fiber fiber([](Any) -> Any { return {}; });
  Fiber child([](Any) -> Any { return {}; });
  child.set_parent(fiber);
  EXPECT_THROW(fiber.set_parent(child), std::logic_error);
  EXPECT_THROW(fiber.set_parent(fiber), std::logic_error);
  std::thread([&] {
    EXPECT_THROW(fiber.switch_to(), std::logic_error);
    EXPECT_THROW(fiber.set_parent(Fiber::current()), std::logic_error);
  }).join();
}

TEST(Fiber, FB8_CurrentIsRightEverywhereAndKillKeepsTheParent) {
  Fiber& own_stack = Fiber::current();
  EXPECT_EQ(own_stack.parent(), nullptr);
  Fiber* seen = nullptr;
  Fiber fiber([&](Any) -> Any {
    seen = &Fiber::current();
    own_stack.switch_to();
    return {};
  });
  Fiber child([](Any) -> Any {
    Fiber::current().parent()->switch_to();
    return {};
  });
  fiber.switch_to();
  EXPECT_EQ(seen, &fiber);
  EXPECT_EQ(&Fiber::current(), &own_stack);
  child.set_parent(fiber);
  child.kill();
  EXPECT_EQ(child.parent(), &fiber);
}

TEST(Fiber, FB9_TenThreadsRunTheirOwn) {
  std::vector<std::thread> threads;
  std::vector<int> sums(10);
  for (int& sum : sums) {
    threads.emplace_back([&sum] {
      Fiber fiber([](Any) -> Any {
        for (int i = 0; i < 100; ++i) Fiber::current().parent()->switch_to(i);
        return 0;
      });
      while (!fiber.dead()) sum += std::any_cast<int>(fiber.switch_to());
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(sums, std::vector<int>(10, 4950));
}

TEST(Fiber, FB10_TheHandledExceptionBelongsToTheFiber) {
  const auto what = [] {
    try {
      std::rethrow_exception(std::current_exception());
    } catch (const std::exception& error) {
      return std::string(error.what());
    }
  };
  std::vector<std::string> seen;
  Fiber fiber([&](Any) -> Any {
    EXPECT_EQ(std::current_exception(), nullptr);
    try {
      throw std::runtime_error("the fiber's");
    } catch (const std::runtime_error&) {
      Fiber::current().parent()->switch_to();
      seen.push_back(what());
    }
    return {};
  });
  try {
    throw std::runtime_error("the main's");
  } catch (const std::runtime_error&) {
    fiber.switch_to();
    seen.push_back(what());
    fiber.switch_to();
    seen.push_back(what());
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"the main's", "the fiber's", "the main's"}));
}

TEST(Fiber, FB11_TheFourLinesOfTheTwoTasks) {
  std::vector<std::string> lines;
  Fiber* second = nullptr;
  Fiber task1([&](Any name) -> Any {
    lines.push_back(std::any_cast<std::string>(name) + " task1 run1");
    second->switch_to(name);
    lines.push_back("task1 run2");
    second->switch_to();
    return {};
  });
  Fiber task2([&](Any name) -> Any {
    lines.push_back(std::any_cast<std::string>(name) + " task2 run1");
    task1.switch_to();
    lines.push_back("task2 run2");
    return {};
  });
  second = &task2;
  task1.switch_to(std::string("jerry"));
  EXPECT_EQ(lines, (std::vector<std::string>{"jerry task1 run1", "jerry task2 run1", "task1 run2",
                                             "task2 run2"}));
  EXPECT_TRUE(task2.dead());
  EXPECT_FALSE(task1.dead());
}

}  // namespace
}  // namespace weir::concurrency
