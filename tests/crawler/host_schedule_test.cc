#include "crawler/host_schedule.h"

#include <gtest/gtest.h>

#include <set>

namespace weir {
namespace {

using namespace std::chrono_literals;
using Action = HostSchedule::Action;

class HostScheduleTest : public ::testing::Test {
 protected:
  HostScheduleTest() {
    settings_.lists.emplace_back();
    settings_.fetch.delay = 100ms;
    settings_.fetch.per_host = 2;
    settings_.fetch.per_ip = 3;
  }

  HostSchedule& schedule() {
    if (!schedule_) schedule_.emplace(settings_);
    return *schedule_;
  }
  void open(OriginId origin, const std::string& name, const char* robots = "") {
    schedule().has_work(origin, name, 0);
    const auto due = schedule().next(now_);
    ASSERT_TRUE(due);
    ASSERT_EQ(due->action, Action::kSettle);
    schedule().settle(origin, now_, parse::Robots::parse(robots), "rules");
  }
  // The origin that may be leased now, or -1.
  int due() {
    const auto due = schedule().next(now_);
    if (!due) return -1;
    EXPECT_EQ(due->action, Action::kLease);
    return static_cast<int>(due->origin);
  }

  HostAnswer fine(Clock::duration response = 0ms) const { return {now_, response, false, {}}; }
  HostAnswer busy(std::optional<std::chrono::seconds> wait = {}) const {
    return {now_, 0ms, true, wait};
  }
  std::set<int> all_due() {
    std::set<int> origins;
    for (int origin = due(); origin >= 0; origin = due()) origins.insert(origin);
    return origins;
  }

  config::Settings settings_;
  std::optional<HostSchedule> schedule_;
  TimePoint now_ = TimePoint(1000s);
};

TEST_F(HostScheduleTest, NothingIsLeasedBeforeRobotsIsSettled) {
  schedule().has_work(0, "http://a:80", 0);
  const auto first = schedule().next(now_);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->action, Action::kSettle);
  EXPECT_FALSE(schedule().next(now_ + 1h)) << "asked once, not again while it is under way";
  schedule().settle(0, now_, parse::Robots::allow_all(), "allowed by 404");
  EXPECT_EQ(due(), -1) << "robots.txt was a request to this host too";
  now_ += 100ms;
  EXPECT_EQ(due(), 0);
}

TEST_F(HostScheduleTest, StartsAreADelayApart) {
  open(0, "http://a:80");
  now_ += 100ms;
  ASSERT_EQ(due(), 0);
  schedule().started(0, now_);
  EXPECT_EQ(due(), -1);
  EXPECT_EQ(schedule().next_time(), now_ + 100ms);
  now_ += 99ms;
  EXPECT_EQ(due(), -1);
  now_ += 1ms;
  EXPECT_EQ(due(), 0);
  schedule().started(0, now_);
  EXPECT_DOUBLE_EQ(schedule().proofs().at(0).smallest_gap_ms, 100);
}

TEST_F(HostScheduleTest, NoMoreThanPerHostAtOnce) {
  settings_.fetch.delay = 0ms;
  open(0, "http://a:80");
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(due(), 0);
    schedule().started(0, now_);
  }
  EXPECT_EQ(due(), -1);
  EXPECT_EQ(schedule().next_time(), TimePoint::max()) << "only an end of a transfer can help";
  schedule().finished(0, now_, fine());
  EXPECT_EQ(due(), 0);
  EXPECT_EQ(schedule().proofs().at(0).max_concurrent, 2u);
}

TEST_F(HostScheduleTest, NoMoreThanPerIpOverAllHostsOfAnAddress) {
  settings_.fetch.delay = 0ms;
  open(0, "http://a:80");
  open(1, "http://b:80");
  schedule().connected(0, "192.0.2.1");
  schedule().connected(1, "192.0.2.1");
  int started = 0;
  for (int origin = due(); origin >= 0; origin = due(), ++started) {
    schedule().started(static_cast<OriginId>(origin), now_);
  }
  EXPECT_EQ(started, 3);
  schedule().finished(0, now_, fine());
  EXPECT_NE(due(), -1);
}

TEST_F(HostScheduleTest, AnAddressThatChangesTakesItsTransfersAlong) {
  settings_.fetch.delay = 0ms;
  settings_.fetch.per_ip = 1;
  open(0, "http://a:80");
  open(1, "http://b:80");
  schedule().connected(0, "192.0.2.1");
  schedule().connected(1, "192.0.2.1");
  ASSERT_EQ(due(), 0);
  schedule().started(0, now_);
  EXPECT_EQ(due(), -1) << "host b waits for the address";
  schedule().connected(0, "192.0.2.2");
  EXPECT_EQ(due(), 1) << "the address is free";
}

TEST_F(HostScheduleTest, APauseHoldsTheWholeHost) {
  open(0, "http://a:80");
  open(1, "http://b:80");
  now_ += 100ms;
  ASSERT_EQ(due(), 0);
  schedule().started(0, now_);
  schedule().finished(0, now_, busy(7s));
  now_ += 6s;
  EXPECT_EQ(due(), 1) << "the other host is free to go";
  schedule().started(1, now_);
  EXPECT_EQ(due(), -1);
  now_ += 1s;
  EXPECT_NE(due(), -1);
  EXPECT_EQ(schedule().proofs().at(0).backoffs + schedule().proofs().at(1).backoffs, 1u);
}

TEST_F(HostScheduleTest, AHostThatNamesNoTimeIsLeftAloneForLongerEachTime) {
  settings_.fetch.delay = 0ms;
  open(0, "http://a:80");
  ASSERT_EQ(due(), 0);
  std::vector<Clock::duration> pauses;
  for (int i = 0; i < 7; ++i) {
    schedule().started(0, now_);
    schedule().finished(0, now_, busy());
    const TimePoint from = now_;
    while (due() != 0) now_ = schedule().next_time();
    pauses.push_back(now_ - from);
  }
  EXPECT_EQ(pauses, (std::vector<Clock::duration>{5s, 10s, 20s, 40s, 80s, 120s, 120s}));
  schedule().started(0, now_);
  schedule().finished(0, now_, fine());
  ASSERT_EQ(due(), 0);
  schedule().started(0, now_);
  schedule().finished(0, now_, busy());
  const TimePoint from = now_;
  while (due() != 0) now_ = schedule().next_time();
  EXPECT_EQ(now_ - from, Clock::duration(5s)) << "one good answer and it starts anew";
}

TEST_F(HostScheduleTest, AnswersToWhatWasUnderWayAlreadyAreOneRefusal) {
  settings_.fetch.delay = 0ms;
  open(0, "http://a:80");
  const HostAnswer first = busy(), second = busy();
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(due(), 0);
    schedule().started(0, now_);
  }
  now_ += 1s;
  schedule().finished(0, now_, first);
  schedule().finished(0, now_, second);
  const TimePoint from = now_;
  while (due() != 0) now_ = schedule().next_time();
  EXPECT_EQ(now_ - from, Clock::duration(5s));
}

TEST_F(HostScheduleTest, ATimeThatIsNamedIsKeptUpToACeiling) {
  settings_.fetch.delay = 0ms;
  open(0, "http://a:80");
  ASSERT_EQ(due(), 0);
  for (const auto& [named, kept] : {std::pair{3s, 3s}, {120s, 120s}, {86400s, 120s}}) {
    schedule().started(0, now_);
    schedule().finished(0, now_, busy(named));
    const TimePoint from = now_;
    while (due() != 0) now_ = schedule().next_time();
    EXPECT_EQ(now_ - from, Clock::duration(kept));
  }
}

TEST_F(HostScheduleTest, ASlowHostIsAskedNoMoreOftenThanItAnswersUpToALimit) {
  open(0, "http://a:80");
  now_ += 100ms;
  ASSERT_EQ(due(), 0);
  Clock::duration gap{};
  const auto after = [&](int times, Clock::duration response) {
    for (int i = 0; i < times; ++i) {
      schedule().started(0, now_);
      const TimePoint from = now_;
      schedule().finished(0, now_, fine(response));
      while (due() != 0) now_ = schedule().next_time();
      gap = now_ - from;
    }
    return gap;
  };
  EXPECT_EQ(after(50, 20ms), Clock::duration(100ms)) << "a fast one as often as was asked for";
  EXPECT_NEAR(std::chrono::duration<double>(after(100, 300ms)).count(), 0.3, 0.01);
  EXPECT_EQ(after(100, 60s), Clock::duration(800ms));
  EXPECT_EQ(after(200, 20ms), Clock::duration(100ms)) << "and it may recover";
}

TEST_F(HostScheduleTest, AnErrandTakesTheTurnOfALease) {
  open(0, "http://a:80");
  schedule().has_none(0);
  now_ += 1s;
  schedule().has_errand(0);
  schedule().has_errand(0);
  for (int i = 0; i < 2; ++i) {
    const auto due = schedule().next(now_);
    ASSERT_TRUE(due);
    EXPECT_EQ(due->action, Action::kErrand);
    schedule().started(0, now_);
    EXPECT_FALSE(schedule().next(now_)) << "the delay holds for it too";
    schedule().finished(0, now_, fine());
    now_ += 100ms;
  }
  EXPECT_FALSE(schedule().next(now_ + 1h));
}

TEST_F(HostScheduleTest, TheLargerOfDelayAndCrawlDelayWinsUpToACeiling) {
  settings_.fetch.delay = 0ms;
  open(0, "http://a:80", "User-agent: *\nCrawl-delay: 2\n");
  EXPECT_EQ(due(), -1);
  now_ += 2s;
  ASSERT_EQ(due(), 0);
  schedule().started(0, now_);
  now_ += 1999ms;
  EXPECT_EQ(due(), -1);
  now_ += 1ms;
  EXPECT_EQ(due(), 0);

  open(1, "http://b:80", "User-agent: *\nCrawl-delay: 86400\n");
  now_ += 29s;
  EXPECT_FALSE(all_due().contains(1));
  now_ += 1s;
  EXPECT_TRUE(all_due().contains(1));
}

TEST_F(HostScheduleTest, RobotsThatDoNotAnswerAreAskedThreeTimesMoreThenGivenUp) {
  schedule().has_work(0, "http://a:80", 0);
  for (const auto wait : {0s, 5s, 20s, 60s}) {
    now_ += wait;
    const auto due = schedule().next(now_);
    ASSERT_TRUE(due) << wait.count();
    ASSERT_EQ(due->action, Action::kSettle);
    schedule().retry_settling(0, now_);
    if (wait < 60s) {
      EXPECT_FALSE(schedule().next(now_ + 4s));
    }
  }
  ASSERT_TRUE(schedule().failure(0));
  EXPECT_EQ(schedule().failure(0)->first, Outcome::kRobotsUnavailable);
  EXPECT_EQ(due(), 0) << "its URLs are leased to be ended";
}

TEST_F(HostScheduleTest, RulesHoldForADay) {
  open(0, "http://a:80");
  now_ += 24h;
  const auto due = schedule().next(now_);
  ASSERT_TRUE(due);
  EXPECT_EQ(due->action, Action::kSettle);
}

TEST_F(HostScheduleTest, AnOriginWithNothingToLeaseRestsUntilThereIsNews) {
  open(0, "http://a:80");
  now_ += 1s;
  ASSERT_EQ(due(), 0);
  schedule().has_none(0);
  EXPECT_EQ(due(), -1);
  schedule().has_work(0, "http://a:80", 0);
  EXPECT_EQ(due(), 0);
}

}  // namespace
}  // namespace weir
