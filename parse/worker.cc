#include "parse/worker.h"

#include <time.h>

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "concurrency/pool_worker.h"
#include "parse/extract.h"
#include "parse/page.h"
#include "parse/wire.h"
#include "parse/wire_codec.h"

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

struct WorkerInit {
  std::uint64_t memory = 0;
  config::Headers extract;
};

WorkerInit read_init(std::string_view bytes) {
  WireReader in(bytes);
  WorkerInit init{.memory = in.number()};
  const std::uint64_t rules = in.number(kMaxExtractRules);
  for (std::uint64_t i = 0; i < rules && !in.failed(); ++i) {
    std::string name = in.string(kMaxExtractName);
    init.extract.emplace_back(std::move(name), in.string(kMaxSelectorBytes));
  }
  if (in.failed() || !in.at_end() || init.memory < kLeastMemory) {
    throw std::runtime_error("bad init of a parse-worker");
  }
  return init;
}

// What is read or built once, on first use, must be so before the sandbox closes the files: tables,
// converters, the data of ICU, uchardet and libpsl.
void warm_up(PageMemory& memory, const ExtractRules& extract) {
  constexpr std::string_view kPage =
      "<!DOCTYPE html><title>t</title><base href=/b><meta name=robots content=none>"
      "<meta http-equiv=refresh content='1;url=x'><a href='//b\xfc\xcd"
      "cher.example/?\xe9=\xa4'>x"
      "</a><img srcset='a 1x, b 2x'><style>a{b:url(c)}</style><p style='b:url(c)'><svg><a href=x>"
      "</svg><script type=application/ld+json>{\"@type\":\"x\"}</script>";
  ParseRequest request{.url = "http://h.example/", .body = kPage, .extract = &extract};
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
  std::size_t room = 32;
  for (const auto& [name, selector] : settings.extract) {
    room += name.size() + selector.size() + 20;
  }
  std::string bytes(room, '\0');
  WireWriter out(bytes);
  out.number(std::max(settings.parse_memory, kLeastMemory));
  out.number(settings.extract.size());
  for (const auto& [name, selector] : settings.extract) {
    out.string(name);
    out.string(selector);
  }
  bytes.resize(out.size());
  return bytes;
}

int run_worker(concurrency::RoleContext& role) {
  std::optional<PageMemory> memory;
  std::optional<ExtractRules> extract;
  return concurrency::serve_pool(
      role, {.before_serving =
                 [&](PoolWorker& worker) {
                   const WorkerInit init = read_init(worker.init());
                   memory.emplace(init.memory / kTreeShare);
                   extract.emplace(init.extract);
                   warm_up(*memory, *extract);
                   worker.arm_sandbox(init.memory);
                 },
             .handle =
                 [&](std::string_view header, std::string_view body, ResultWriter& out) {
                   const std::uint64_t start = cpu_us();
                   std::optional<ParseRequest> request = decode_request(header);
                   if (!request) throw std::runtime_error("the request cannot be read");
                   request->body = body;
                   request->extract = &*extract;
                   PageFacts facts = parse_page(*request, *memory);
                   facts.cpu_us = static_cast<std::uint32_t>(cpu_us() - start);
                   const std::size_t written = encode_facts(facts, out.room());
                   if (written == 0) throw std::runtime_error("no room for a page's facts");
                   out.commit(written);
                 }});
}

}  // namespace weir::parse
