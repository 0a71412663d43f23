#include "parse/worker.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "concurrency/process_pool.h"
#include "html_pages.h"
#include "parse/wire.h"

namespace weir::parse {
namespace {

using namespace std::chrono_literals;
using concurrency::PoolReply;

class Worker : public ::testing::Test {
 protected:
  Worker()
      : bodies_({.memory = 64 << 20, .max_body = 32 << 20, .slots = 4}),
        pool_({.role = std::string(kWorkerRole),
               .workers = 1,
               .bodies = &bodies_,
               .init = worker_init({.parse_memory = 128 * config::kMiB, .extract = kExtract})}) {}

  static inline const config::Headers kExtract = {{"words", "p::text"}, {"to", "a::attr(href)"}};

  PoolReply ask(std::string_view body, std::string content_type = "text/html; charset=utf-8",
                std::chrono::nanoseconds limit = 60s) {
    std::optional<concurrency::Slab> slab = bodies_.open();
    EXPECT_EQ(slab->append(body), concurrency::Append::kStored);
    slab->seal();
    ParseRequest request{.url = "http://h.example/dir/page"};
    request.headers = {{"content-type", std::move(content_type)}};
    return pool_.submit({.header = encode_request(request), .body = &*slab, .time_limit = limit})
        .get();
  }

  concurrency::SlabArena bodies_;
  concurrency::ProcessPool pool_;
};

TEST_F(Worker, SaysWhatThePureFunctionSays) {
  const std::string_view html = "<title>t</title><a href=x rel=nofollow>text</a><p>some words";
  const PoolReply reply = ask(html);
  ASSERT_EQ(reply.kind, PoolReply::Kind::kDone) << reply.message;
  std::optional<PageFacts> facts = decode_facts(reply.result, 50'000, kExtract.size());
  ASSERT_TRUE(facts);
  EXPECT_GT(facts->cpu_us, 0u);
  facts->cpu_us = 0;
  EXPECT_EQ(facts->extracted, (std::vector<std::vector<std::string>>{{"some words"}, {"x"}}));
  facts->extracted.clear();
  PageMemory memory(std::size_t{64} << 20);
  EXPECT_EQ(*facts, parse_text(html, memory));
}

TEST_F(Worker, ReadsEveryCharsetInTheSandbox) {
  for (const char* charset : {"utf-8", "utf-16le", "iso-8859-2", "windows-1251", "koi8-r", "gbk",
                              "gb18030", "big5", "euc-jp", "iso-2022-jp", "shift_jis", "euc-kr",
                              "windows-874", "macintosh", "x-user-defined", "unheard-of"}) {
    const PoolReply reply =
        ask("<a href='?q=\xa4\xa2\xe9'>\xa4\xa2</a><a href='//b\xc3\xbc.example'>",
            std::string("text/html; charset=") + charset);
    EXPECT_EQ(reply.kind, PoolReply::Kind::kDone) << charset << " " << reply.exit.describe();
  }
  const PoolReply guessed = ask("<p>\xcf\xf0\xe8\xe2\xe5\xf2, \xec\xe8\xf0", "text/html");
  EXPECT_EQ(guessed.kind, PoolReply::Kind::kDone) << guessed.exit.describe();
  EXPECT_EQ(pool_.figures().deaths, 0u);
}

TEST_F(Worker, HostilePagesHurtOnlyThemselves) {
  for (const HostilePage& page : hostile_pages(2'000)) {
    const PoolReply reply = ask(page.html);
    EXPECT_EQ(reply.kind, PoolReply::Kind::kDone) << page.name << " " << reply.exit.describe();
    if (reply.kind == PoolReply::Kind::kDone) {
      EXPECT_TRUE(decode_facts(reply.result, 50'000, kExtract.size())) << page.name;
    }
  }
  EXPECT_EQ(decode_facts(ask("<title>after</title>").result, 50'000, kExtract.size())->title,
            "after");
}

TEST_F(Worker, AFullArenaIsParseMemory) {
  std::string html;
  for (int i = 0; i < 400'000; ++i) html += "<p>x<br>";
  const PoolReply reply = ask(html);
  if (reply.kind == PoolReply::Kind::kMemory) return;
  ASSERT_EQ(reply.kind, PoolReply::Kind::kDone);
  EXPECT_EQ(decode_facts(reply.result, 50'000, kExtract.size())->outcome, PageOutcome::kMemory);
}

TEST_F(Worker, AnOverlongPageIsKilledAndTheNextOneRead) {
  const std::string slow(32'000'000, '<');
  // Stopped, so that it cannot be done before the pool looks at the time.
  ASSERT_EQ(::kill(ask("x").worker, SIGSTOP), 0);
  EXPECT_EQ(ask(slow, "text/html; charset=utf-8", 1ms).kind, PoolReply::Kind::kTimeout);
  EXPECT_EQ(ask("<title>after</title>").kind, PoolReply::Kind::kDone);
}

TEST_F(Worker, ARequestThatIsNoneFailsAlone) {
  EXPECT_EQ(pool_.submit({.header = "nonsense"}).get().kind, PoolReply::Kind::kFailed);
  EXPECT_EQ(ask("x").kind, PoolReply::Kind::kDone);
}

}  // namespace
}  // namespace weir::parse

int main(int argc, char** argv) {
  if (auto code = weir::concurrency::run_role_if_asked(
          argc, argv, {{weir::parse::kWorkerRole, weir::parse::run_worker}})) {
    return *code;
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
