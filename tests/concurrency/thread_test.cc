#include "concurrency/thread.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "concurrency/app.h"
#include "concurrency/event.h"
#include "concurrency/report.h"
#include "concurrency/semaphore.h"
#include "tests/concurrency/crew.h"

namespace weir::concurrency {
namespace {

using namespace std::chrono_literals;

bool enumerated(const std::string& name) {
  const auto all = enumerate_threads();
  return std::any_of(all.begin(), all.end(), [&](const auto& each) { return each.name == name; });
}

TEST(Thread, TH1_NamesReachTheKernel) {
  EXPECT_EQ(current_thread().name, "MainThread");
  Thread unnamed([] {});
  EXPECT_EQ(unnamed.name().substr(0, 7), "Thread-");
  std::string ours, kernels;
  Thread named({.name = "a-name-of-more-than-15"}, [&] {
    char name[16];
    pthread_getname_np(pthread_self(), name, sizeof name);
    kernels = name;
    ours = current_thread().name;
  });
  named.start();
  named.join();
  EXPECT_EQ(ours, "a-name-of-more-than-15");
  EXPECT_EQ(kernels, "a-name-of-more-");
}

TEST(Thread, TH2_LifeCycle) {
  for (int round = 0; round < 100; ++round) {
    Event go;
    Thread thread({.name = "life"}, [&] { go.wait(); });
    EXPECT_EQ(thread.info().id, 0);
    EXPECT_FALSE(thread.is_alive());
    EXPECT_FALSE(enumerated("life"));
    thread.start();
    const pid_t id = thread.info().id;
    EXPECT_NE(id, 0);
    EXPECT_TRUE(thread.is_alive());
    EXPECT_TRUE(enumerated("life"));
    go.set();
    thread.join();
    EXPECT_EQ(thread.info().id, id);
    EXPECT_FALSE(thread.is_alive());
    EXPECT_FALSE(enumerated("life"));
  }
}

TEST(Thread, TH3_TenThreadsUnderABoundedSemaphore) {
  BoundedSemaphore three(3);
  std::atomic<int> inside = 0;
  std::atomic<int> arrived = 0;
  std::mutex mutex;
  std::set<pid_t> ids{getpid()};
  std::vector<Thread> threads;
  for (int i = 0; i < 10; ++i)
    threads.emplace_back([&] {
      {
        const Permit permit(three);
        EXPECT_LE(++inside, 3);
        std::this_thread::yield();
        --inside;
      }
      {
        const std::lock_guard lock(mutex);
        ids.insert(gettid());
      }
      ++arrived;  // all stay alive together, so that no id can be used twice
      EXPECT_TRUE(eventually([&] { return arrived == 10; }));
    });
  for (Thread& each : threads) each.start();
  for (Thread& each : threads) each.join();
  EXPECT_EQ(ids.size(), 11u);
}

TEST(Thread, TH4_MisuseThrows) {
  Event go;
  Thread* self = nullptr;
  Thread thread([&] {
    go.wait();
    EXPECT_THROW(self->join(), ThreadMisuse);
  });
  self = &thread;
  EXPECT_THROW(thread.join(), ThreadMisuse);
  thread.start();
  EXPECT_THROW(thread.start(), ThreadMisuse);
  go.set();
  thread.join();
  EXPECT_THROW(thread.start(), ThreadMisuse);
}

TEST(Thread, TH5_TH20_ARefusedThreadLeavesNoGhost) {
  const std::size_t before = active_count();
  Thread too_small({.name = "ghost", .stack_bytes = 1}, [] {});
  EXPECT_THROW(too_small.start(), std::system_error);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they abort where it fails
  Thread too_large({.name = "ghost", .stack_bytes = std::size_t{1} << 50}, [] {});
  EXPECT_THROW(too_large.start(), std::system_error);
#endif
  EXPECT_EQ(active_count(), before);
  EXPECT_FALSE(enumerated("ghost"));
}

TEST(Thread, TH20_StackSizes) {
  for (const std::size_t bytes : {256u << 10, 1u << 20}) {
    std::atomic<int> ran = 0;
    for (int i = 0; i < 10; ++i) Thread({.stack_bytes = bytes}, [&] { ++ran; }).start();
    EXPECT_EQ(ran, 10);  // each temporary joined at its end
  }
}

TEST(Thread, TH6_JoinWithALimit) {
  Event go;
  Thread thread([&] { go.wait(); });
  thread.start();
  EXPECT_FALSE(thread.join_until(after(5ms)));
  EXPECT_TRUE(thread.is_alive());
  go.set();
  EXPECT_TRUE(thread.join_until(kNever));
  thread.join();
}

TEST(Thread, TH7_TheRegistryCountsMainAndDaemonsAndTheRegistered) {
  const std::size_t before = active_count();
  EXPECT_TRUE(enumerated("MainThread"));
  Thread daemon({.name = "service", .daemon = true}, [](const std::stop_token& stop) {
    Event never;
    never.wait(stop);
  });
  daemon.start();
  EXPECT_EQ(active_count(), before + 1);
  std::jthread([&] {
    EXPECT_EQ(active_count(), before + 1);
    {
      const RegisteredThread here("curl-7");
      EXPECT_EQ(active_count(), before + 2);
      EXPECT_EQ(current_thread().name, "curl-7");
    }
    EXPECT_EQ(active_count(), before + 1);
  }).join();
}

TEST(Thread, TH12_DaemonIsInheritedUnlessGiven) {
  for (const bool daemon : {false, true}) {
    Thread creator({.daemon = daemon}, [daemon] {
      EXPECT_EQ(Thread([] {}).daemon(), daemon);
      EXPECT_FALSE(Thread({.daemon = false}, [] {}).daemon());
    });
    creator.start();
  }
}

class ReportedLines {
 public:
  ReportedLines()
      : before_(set_reporter([this](std::string_view line) { lines.emplace_back(line); })) {}
  ~ReportedLines() { set_reporter(before_); }
  std::vector<std::string> lines;

 private:
  Reporter before_;
};

TEST(Thread, TH13_AnExceptionGoesToTheHook) {
  ReportedLines reported;
  std::string what, who;
  const auto hook =
      set_thread_exception_hook([&](const std::exception_ptr& e, const ThreadInfo& t) {
        what = describe(e);
        who = t.name;
      });
  Thread({.name = "first"}, [] { throw std::runtime_error("oops"); }).start();
  set_thread_exception_hook(hook);
  EXPECT_EQ(what, "oops");
  EXPECT_EQ(who, "first");
  EXPECT_TRUE(reported.lines.empty());
  Thread({.name = "second"}, [] { throw std::runtime_error("oops"); }).start();
  EXPECT_EQ(reported.lines, std::vector<std::string>{"Exception in thread second: oops"});
}

TEST(Thread, TH14_AThrowingHookIsReportedOnce) {
  ReportedLines reported;
  const auto hook = set_thread_exception_hook(
      [](const std::exception_ptr&, const ThreadInfo&) { throw std::logic_error("hook"); });
  Thread([] { throw std::runtime_error("oops"); }).start();
  set_thread_exception_hook(hook);
  EXPECT_EQ(reported.lines.size(), 1u);
}

TEST(Thread, TH15_AQuietExitIsNotReported) {
  ReportedLines reported;
  Thread([] { throw QuietExit(); }).start();
  EXPECT_TRUE(reported.lines.empty());
}

TEST(Thread, TH16_ArgumentsGoWithTheRun) {
  auto argument = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = argument;
  Thread thread([argument = std::move(argument)] {});
  EXPECT_FALSE(watch.expired());
  thread.start();
  thread.join();
  EXPECT_TRUE(watch.expired());
}

TEST(Thread, TH17_NeverJoinedLeaksNothing) {
  std::atomic<bool> stopped = false;
  {
    Thread owned([&](const std::stop_token& stop) {
      Event never;
      never.wait(stop);
      stopped = stop.stop_requested();
    });
    owned.start();
    Thread never_started([] {});
  }
  EXPECT_TRUE(stopped);
  Event ran;
  Thread::launch({.name = "launched"}, [&] { ran.set(); });
  ran.wait();
  ASSERT_TRUE(eventually([] { return !enumerated("launched"); }));
  EXPECT_EQ(run_app([] { return 0; }), 0);  // joins what was launched
}

class Counter final : public Thread {
 public:
  Counter() : Thread({.name = "counter"}) {}
  ~Counter() override { end(); }
  std::atomic<int> count = 0;

 private:
  void run(std::stop_token stop) override {
    while (!stop.stop_requested()) ++count;
  }
};

TEST(Thread, ASubclassOverridesRun) {
  Counter counter;
  counter.start();
  EXPECT_TRUE(eventually([&] { return counter.count > 10; }));
}

// The rest runs in a process of its own, which must end with the given code and say just this.
class RunApp : public testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};
void say(const char* word) { std::fprintf(stderr, "%s ", word); }

TEST_F(RunApp, TH8_ForegroundThreadsAreJoined) {
  const auto app = [](int way_out) {
    std::exit(run_app([way_out] {
      auto main_is_over = std::make_shared<Event>();
      Thread::launch({.name = "late"}, [main_is_over] {
        main_is_over->wait();
        say("thread");
      });
      at_app_exit([] { say("handler"); });
      std::unique_ptr<Event, void (*)(Event*)> set_on_return(main_is_over.get(), [](Event* event) {
        say("main");
        event->set();
      });
      if (way_out == 1) throw QuietExit{5};
      if (way_out == 2) throw std::runtime_error("oops");
      return 0;
    }));
  };
  EXPECT_EXIT(app(0), testing::ExitedWithCode(0), "^main thread handler $");
  EXPECT_EXIT(app(1), testing::ExitedWithCode(5), "^main thread handler $");
  EXPECT_EXIT(app(2), testing::ExitedWithCode(1), "Exception in thread MainThread: oops");
}

TEST_F(RunApp, TH9_AThreadStartedWhileMainEndsIsJoinedToo) {
  const auto app = [] {
    std::exit(run_app([] {
      Thread::launch({}, [] {
        let_others_run();
        Thread::launch({}, [] {
          let_others_run();
          say("second");
        });
      });
      return 0;
    }));
  };
  EXPECT_EXIT(app(), testing::ExitedWithCode(0), "^second $");
}

TEST_F(RunApp, TH10_FortyDaemonsInTheMiddleOfIo) {
  const auto app = [] {
    std::exit(run_app([] {
      for (int i = 0; i < 40; ++i)
        Thread::launch({.daemon = true}, [](const std::stop_token& stop) {
          std::FILE* null = std::fopen("/dev/null", "w");
          while (!stop.stop_requested()) std::fprintf(null, "%d\n", gettid());
          std::fclose(null);
        });
      return 0;
    }));
  };
  EXPECT_EXIT(app(), testing::ExitedWithCode(0), "^$");
}

TEST_F(RunApp, TH11_DaemonsAreAskedLastAndCannotKeepTheProcess) {
  const auto app = [](bool obeys) {
    std::exit(run_app(
        [obeys] {
          Thread::launch({.daemon = true}, [obeys](const std::stop_token& stop) {
            Event never;
            if (!obeys) never.wait();
            never.wait(stop);
            say("daemon");
          });
          Thread::launch({}, [] {
            let_others_run();
            say("foreground");
          });
          return 3;
        },
        obeys ? 1h : 50ms));
  };
  EXPECT_EXIT(app(true), testing::ExitedWithCode(3), "^foreground daemon $");
  EXPECT_EXIT(app(false), testing::ExitedWithCode(3), "^foreground $");
}

TEST(RunAppHandlers, TH21_RunOnceAndAreClosedDuringTheEnd) {
  int ran = 0;
  bool refused = false;
  EXPECT_EQ(run_app([&] {
              at_app_exit([&] {
                ++ran;
                try {
                  at_app_exit([] {});
                } catch (const ThreadMisuse&) {
                  refused = true;
                }
              });
              return 4;
            }),
            4);
  EXPECT_EQ(ran, 1);
  EXPECT_TRUE(refused);
  EXPECT_EQ(run_app([] { return 0; }), 0);
  EXPECT_EQ(ran, 1);
}

}  // namespace
}  // namespace weir::concurrency
