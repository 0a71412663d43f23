#include "parse/worker.h"

#include <time.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <stdexcept>

#include "concurrency/pool_worker.h"
#include "parse/page.h"
#include "parse/wire.h"

namespace weir::parse {
namespace {

using concurrency::PoolWorker;
using concurrency::ResultWriter;

// Half of a worker's memory is the tree's arena; the rest is for the decoded text and the facts.
constexpr std::uint64_t kTreeShare = 2;
constexpr std::uint64_t kLeastMemory = 64 * config::kMiB;

std::uint64_t cpu_us() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec) / 1000;
}

std::uint64_t memory_of(std::string_view init) {
  std::uint64_t bytes = 0;
  const auto end = std::from_chars(init.data(), init.data() + init.size(), bytes);
  if (end.ec != std::errc() || bytes < kLeastMemory)
    throw std::runtime_error("bad init of a parse-worker");
  return bytes;
}

// What is read or built once, on first use, must be so before the sandbox closes the files: tables,
// converters, the data of ICU, uchardet and libpsl.
void warm_up(PageMemory& memory) {
  constexpr std::string_view kPage =
      "<!DOCTYPE html><title>t</title><base href=/b><meta name=robots content=none>"
      "<meta http-equiv=refresh content='1;url=x'><a href='//b\xfc\xcd"
      "cher.example/?\xe9=\xa4'>x"
      "</a><img srcset='a 1x, b 2x'><style>a{b:url(c)}</style><p style='b:url(c)'><svg><a href=x>"
      "</svg><script type=application/ld+json>{\"@type\":\"x\"}</script>";
  ParseRequest request{.url = "http://h.example/", .body = kPage};
  for (std::string_view label : {"",
                                 "utf-8",
                                 "utf-16le",
                                 "utf-16be",
                                 "ibm866",
                                 "iso-8859-2",
                                 "iso-8859-3",
                                 "iso-8859-4",
                                 "iso-8859-5",
                                 "iso-8859-6",
                                 "iso-8859-7",
                                 "iso-8859-8",
                                 "iso-8859-8-i",
                                 "iso-8859-10",
                                 "iso-8859-13",
                                 "iso-8859-14",
                                 "iso-8859-15",
                                 "iso-8859-16",
                                 "koi8-r",
                                 "koi8-u",
                                 "macintosh",
                                 "windows-874",
                                 "windows-1250",
                                 "windows-1251",
                                 "windows-1252",
                                 "windows-1253",
                                 "windows-1254",
                                 "windows-1255",
                                 "windows-1256",
                                 "windows-1257",
                                 "windows-1258",
                                 "x-mac-cyrillic",
                                 "gbk",
                                 "gb18030",
                                 "big5",
                                 "euc-jp",
                                 "iso-2022-jp",
                                 "shift_jis",
                                 "euc-kr",
                                 "replacement",
                                 "x-user-defined"}) {
    request.headers = {{"content-type", "text/html; charset=" + std::string(label)},
                       {"x-robots-tag", "none"},
                       {"link", "<a>; rel=canonical"}};
    (void)parse_page(request, memory);
  }
}

}  // namespace

std::string worker_init(const config::ParseSettings& settings) {
  return std::to_string(std::max(settings.parse_memory, kLeastMemory));
}

int run_worker(concurrency::RoleContext& role) {
  std::optional<PageMemory> memory;
  return concurrency::serve_pool(
      role, {.before_serving =
                 [&](PoolWorker& worker) {
                   const std::uint64_t bytes = memory_of(worker.init());
                   memory.emplace(bytes / kTreeShare);
                   warm_up(*memory);
                   worker.arm_sandbox(bytes);
                 },
             .handle =
                 [&](std::string_view header, std::string_view body, ResultWriter& out) {
                   const std::uint64_t start = cpu_us();
                   std::optional<ParseRequest> request = decode_request(header);
                   if (!request) throw std::runtime_error("the request cannot be read");
                   request->body = body;
                   PageFacts facts = parse_page(*request, *memory);
                   facts.cpu_us = static_cast<std::uint32_t>(cpu_us() - start);
                   const std::size_t written = encode_facts(facts, out.room());
                   if (written == 0) throw std::runtime_error("no room for a page's facts");
                   out.commit(written);
                 }});
}

}  // namespace weir::parse
