#include "concurrency/sandbox.h"

#include <gtest/gtest.h>
#include <signal.h>

#include "pool_test.h"

namespace weir::concurrency {
namespace {

using Kind = PoolReply::Kind;

TEST(Sandbox, AllowsComputingAndNothingElse) {
  if (kSanitized) GTEST_SKIP() << "a sanitized build cannot be sandboxed";
  NothingLeft nothing_left;
  ProcessPoolOptions once = options(1, "sandbox");
  once.tries = 1;
  ProcessPool pool(std::move(once));
  EXPECT_EQ(run(pool, "allocate 30").result.rfind("allocated ", 0), 0u);
  EXPECT_EQ(run(pool, "throw still works").message, "std::runtime_error: still works");
  for (const char* what : {"open", "socket", "fork", "kill", "stderr", "executable", "abort"}) {
    const PoolReply reply = run(pool, what);
    EXPECT_EQ(reply.kind, Kind::kCrash) << what;
    EXPECT_EQ(reply.exit.code, -SIGSYS) << what;
    EXPECT_EQ(run(pool, "echo fine").result, "fine");
  }
}

TEST(Sandbox, MemoryLimitEndsAsOutOfMemory) {
  if (kSanitized) GTEST_SKIP() << "a sanitized build cannot be sandboxed";
  ProcessPool pool(options(1, "sandbox"));
  const PoolReply reply = run(pool, "exhaust");
  EXPECT_EQ(reply.kind, Kind::kMemory) << reply.message;
  EXPECT_LT(reply.exit.peak_rss, 100u << 20);
}

}  // namespace
}  // namespace weir::concurrency
