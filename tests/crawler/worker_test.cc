// Workers that turn against the crawl: what the sandbox, the pool and the store make of them. The
// role is this test's own; the product has no such worker.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <optional>
#include <sstream>
#include <string>

#include "concurrency/pool_worker.h"
#include "concurrency/process_pool.h"
#include "crawler/crawl_command.h"
#include "crawler/inspect.h"
#include "parse/wire.h"
#include "parse/worker.h"
#include "tests/fetch/raw_server.h"

namespace weir {
namespace {

using namespace std::chrono_literals;
using concurrency::PoolReply;
using concurrency::ResultWriter;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

// -- the worker --

// What a page can order, by its first word. True: the kernel let it happen.
const std::map<std::string_view, std::function<bool(std::string_view body)>>& crimes() {
  static const std::map<std::string_view, std::function<bool(std::string_view)>> all = {
      {"open", [](auto) { return ::open("/etc/passwd", O_RDONLY) >= 0; }},
      {"socket", [](auto) { return ::socket(AF_INET, SOCK_STREAM, 0) >= 0; }},
      {"fork", [](auto) { return ::fork() >= 0; }},
      {"exec",
       [](auto) {
         char name[] = "/bin/true";
         char* arguments[] = {name, nullptr};
         return ::execv(name, arguments) == 0;
       }},
      {"ptrace", [](auto) { return ::ptrace(PTRACE_ATTACH, ::getppid(), 0, 0) == 0; }},
      {"kill", [](auto) { return ::kill(::getppid(), SIGKILL) == 0; }},
      {"write",
       [](std::string_view body) {
         *const_cast<volatile char*>(body.data()) = 'x';
         return true;
       }},
      {"mprotect",
       [](std::string_view body) {
         const auto page = reinterpret_cast<std::uintptr_t>(body.data()) & ~std::uintptr_t{4095};
         return ::mprotect(reinterpret_cast<void*>(page), 4096, PROT_READ | PROT_WRITE) == 0;
       }},
      {"abort",
       [](auto) {
         std::abort();
         return true;
       }},
  };
  return all;
}

void lie(std::string_view kind, ResultWriter& out) {
  parse::PageFacts facts;
  facts.html = true;
  facts.title = "t";
  facts.links.push_back({.el = "a", .attr = "href", .url = "http://h/"});
  if (kind == "utf-8") facts.title = "\xff\xfe";
  if (kind == "url") facts.links[0].url = "no url\n";
  out.commit(encode_facts(facts, out.room()));
  std::span<char> written(out.room().data() - out.size(), out.size());
  if (kind == "cut") out.clear(), out.commit(written.size() / 2);
  if (kind == "longer") out.commit(1);
  if (kind == "counts") {  // every number as large as can be
    for (std::size_t i = 1; i < written.size(); ++i) written[i] = '\xff';
  }
  if (kind == "random") {
    std::uint32_t state = 1;
    for (char& c : written) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  }
}

int hostile_worker(concurrency::RoleContext& role) {
  std::optional<parse::PageMemory> memory;
  return concurrency::serve_pool(
      role, {.before_serving =
                 [&](concurrency::PoolWorker& worker) {
                   memory.emplace(std::size_t{32} << 20);
                   parse::parse_page({.url = "http://h/", .body = "<p>x"}, *memory);
                   worker.arm_sandbox(std::size_t{256} << 20);
                 },
             .handle =
                 [&](std::string_view header, std::string_view body, ResultWriter& out) {
                   const std::string_view word = body.substr(0, body.find(' '));
                   if (const auto found = crimes().find(word); found != crimes().end()) {
                     (void)out.append(found->second(body) ? "done" : "refused");
                     return;
                   }
                   if (word == "lie") {
                     const std::string_view rest = body.substr(4);
                     return lie(rest.substr(0, rest.find(' ')), out);
                   }
                   if (word == "spin") {
                     for (volatile bool on = true; on;) {
                     }
                   }
                   if (word == "eat") throw std::bad_alloc();
                   std::optional<parse::ParseRequest> request = parse::decode_request(header);
                   request->body = body;
                   out.commit(encode_facts(parse_page(*request, *memory), out.room()));
                 }});
}

// -- what comes of it --

TEST(HostileWorker, ReachesNothingAndIsReplaced) {
  if (kSanitized) GTEST_SKIP() << "a sanitized build arms no sandbox";
  concurrency::SlabArena bodies({.memory = 1 << 20, .max_body = 1 << 16, .slots = 2});
  concurrency::ProcessPool pool(
      {.role = std::string(parse::kWorkerRole), .workers = 1, .bodies = &bodies});
  const auto ask = [&](std::string_view text) {
    std::optional<concurrency::Slab> body = bodies.open();
    EXPECT_EQ(body->append(text), concurrency::Append::kStored);
    body->seal();
    PoolReply reply = pool.submit({.header = parse::encode_request({.url = "http://h/"}),
                                   .body = &*body,
                                   .time_limit = 60s})
                          .get();
    EXPECT_EQ(body->bytes(), text);
    return reply;
  };
  for (const auto& [crime, commit] : crimes()) {
    const PoolReply reply = ask(std::string(crime) + " now");
    if (crime == "mprotect") {  // the body was opened for reading: the kernel says no
      EXPECT_EQ(reply.kind, PoolReply::Kind::kDone) << crime;
      EXPECT_EQ(reply.result, "refused") << crime;
    } else {
      EXPECT_EQ(reply.kind, PoolReply::Kind::kCrash) << crime << " " << reply.result;
      EXPECT_EQ(reply.exit.code, crime == "write" ? -SIGSEGV : -SIGSYS) << crime;
    }
    const PoolReply honest = ask("<title>after</title>");
    ASSERT_EQ(honest.kind, PoolReply::Kind::kDone) << crime;
    EXPECT_EQ(parse::decode_facts(honest.result)->title, "after") << crime;
  }
}

// The record of each path, as text.
std::map<std::string, std::string> crawl(const std::map<std::string, std::string>& pages,
                                         const std::filesystem::path& folder) {
  fetch::RawServer server([&](fetch::Visit& visit) {
    const auto page = pages.find(visit.path);
    if (page == pages.end()) {
      visit.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    } else {
      visit.reply(page->second, "Content-Type: text/html\r\n");
    }
  });
  std::vector<std::string> arguments = {
      "--quiet",       "--delay",         "0ms", "--scope",   "page", "--out",
      folder.string(), "--parse-timeout", "2s",  "--parsers", "2"};
  for (const auto& [path, page] : pages) arguments.push_back(server.url(path));
  EXPECT_EQ(crawl_command(arguments), 0);
  std::map<std::string, std::string> records;
  std::ifstream file(folder / "pages.jsonl");
  for (std::string line; std::getline(file, line);) {
    for (const auto& [path, page] : pages) {
      if (line.find(server.url(path) + "\"") < 60) records[path] = line;
    }
  }
  return records;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

struct Folder {
  Folder() {
    char name[] = "/tmp/weir-worker-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

TEST(HostileWorker, LiesAndDeathsAreOutcomesAndTheRestOfTheCrawlIsRight) {
  const Folder folder;
  std::map<std::string, std::string> pages;
  for (int i = 0; i < 20; ++i) pages["/good" + std::to_string(i)] = "<title>good</title>";
  for (const char* lie : {"utf-8", "url", "cut", "longer", "counts", "random"}) {
    pages[std::string("/lie-") + lie] = std::string("lie ") + lie + " now";
  }
  if (!kSanitized) pages["/abort"] = "abort now";
  pages["/spin"] = "spin now";
  pages["/eat"] = "eat now";
  const auto records = crawl(pages, folder.path / "run");
  ASSERT_EQ(records.size(), pages.size());
  for (const auto& [path, record] : records) {
    if (path.starts_with("/good")) {
      EXPECT_TRUE(has(record, "\"outcome\":\"ok\"") && has(record, "\"title\":\"good\"")) << record;
      continue;
    }
    EXPECT_TRUE(has(record, "\"quarantine\":\"quarantine/")) << record;
    EXPECT_TRUE(has(record, path == "/spin"  ? "\"outcome\":\"parse_timeout\""
                            : path == "/eat" ? "\"outcome\":\"parse_memory\""
                                             : "\"outcome\":\"parse_crash\""))
        << record;
    if (path.starts_with("/lie")) {
      EXPECT_TRUE(has(record, "the parser's reply is not valid")) << record;
    }
  }
  std::ifstream log(folder.path / "run" / "weir.log");
  const std::string text(std::istreambuf_iterator<char>(log), {});
  EXPECT_TRUE(has(text, "weir inspect links '" + (folder.path / "run/quarantine/").string()))
      << text;
  EXPECT_TRUE(has(text, " --content-type 'text/html' --parse-timeout 2s --parse-memory 512MiB"));
}

struct Answer {
  int code;
  std::string out;
};

Answer inspect(std::string_view page, const std::vector<std::string>& options) {
  const Folder folder;
  const std::string file = (folder.path / "page").string();
  std::ofstream(file) << page;
  std::vector<std::string> arguments = {"links", file};
  arguments.insert(arguments.end(), options.begin(), options.end());
  std::ostringstream out;
  auto* const before = std::cout.rdbuf(out.rdbuf());
  const int code = inspect_command(arguments);
  std::cout.rdbuf(before);
  return {code, out.str()};
}

TEST(InspectSandbox, SaysWhatAWorkerFoundOrHowItDied) {
  const Answer good = inspect("<title>t</title><a href=x>", {"--sandbox", "--url", "http://h/d/"});
  EXPECT_EQ(good.code, 0);
  EXPECT_TRUE(has(good.out, "http://h/d/x")) << good.out;
  const Answer slow = inspect("spin now", {"--sandbox", "--parse-timeout", "50ms"});
  EXPECT_EQ(slow.code, 1);
  EXPECT_TRUE(has(slow.out, "parse_timeout: killed after 50ms")) << slow.out;
  const Answer greedy = inspect("eat now", {"--sandbox", "--parse-memory", "64MiB"});
  EXPECT_EQ(greedy.code, 1);
  EXPECT_TRUE(has(greedy.out, "parse_memory: it needs more than 64MiB")) << greedy.out;
  const Answer dead = inspect("abort now", {"--sandbox"});
  EXPECT_EQ(dead.code, 1);
  EXPECT_TRUE(has(dead.out, "parse_crash: the parser died")) << dead.out;
  const Answer liar = inspect("lie random now", {"--sandbox"});
  EXPECT_EQ(liar.code, 1);
  EXPECT_TRUE(has(liar.out, "reply is not valid")) << liar.out;
  const Answer refused = inspect("<p>", {"--sandbox", "--content-encoding", "zip"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_TRUE(has(refused.out, "bad_encoding")) << refused.out;
  EXPECT_EQ(inspect("<p>", {"--sandbox", "--parse-timeout", "soon"}).code, 2);
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) {
  if (auto code = weir::concurrency::run_role_if_asked(
          argc, argv, {{weir::parse::kWorkerRole, weir::hostile_worker}})) {
    return *code;
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
