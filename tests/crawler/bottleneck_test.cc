#include "crawler/bottleneck.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

Flow quiet() { return {.elapsed = 100, .cpus = 4, .transfers = 64, .parsers = 2}; }

TEST(Bottleneck, BusyParsersAreNamedWithTheFlagThatAddsMore) {
  Flow flow = quiet();
  flow.parse_busy = 0.97;
  flow.fetch_blocked = 80;
  const Bottleneck found = find_bottleneck(flow);
  EXPECT_EQ(found.stage, "parse");
  EXPECT_NE(found.advice.find("--parsers 4"), std::string::npos) << found.advice;
  EXPECT_NE(found.because.find("97 %"), std::string::npos) << found.because;
}

TEST(Bottleneck, NoFlagHelpsWhereAllCpusParse) {
  Flow flow = quiet();
  flow.parse_busy = 0.97;
  flow.parsers = 4;
  EXPECT_EQ(find_bottleneck(flow).advice.find("--parsers"), std::string::npos);
}

TEST(Bottleneck, TransfersThatAreAllInUseWaitForServers) {
  Flow flow = quiet();
  flow.transfers_mean = 60;
  flow.parse_busy = 0.1;
  const Bottleneck found = find_bottleneck(flow);
  EXPECT_EQ(found.stage, "fetch");
  EXPECT_EQ(found.advice, "--transfers 128");
}

TEST(Bottleneck, EachWaitHasItsName) {
  Flow flow = quiet();
  flow.polite_wait = 90;
  EXPECT_EQ(find_bottleneck(flow).stage, "politeness");
  flow = quiet();
  flow.credit_paused = 60;
  EXPECT_EQ(find_bottleneck(flow).stage, "memory");
  flow = quiet();
  flow.fetch_blocked = 60;
  EXPECT_EQ(find_bottleneck(flow).stage, "queue");
  flow = quiet();
  flow.store_busy = 0.9;
  EXPECT_EQ(find_bottleneck(flow).stage, "store");
  flow = quiet();
  flow.loop_busy = 0.9;
  EXPECT_EQ(find_bottleneck(flow).stage, "loop");
  flow = quiet();
  flow.frontier_empty = 60;
  EXPECT_EQ(find_bottleneck(flow).stage, "frontier");
  EXPECT_EQ(find_bottleneck(quiet()).stage, "none");
  EXPECT_EQ(find_bottleneck({}).stage, "none");
}

}  // namespace
}  // namespace weir
