// `weir bench parse`: what the parse stage makes of a page, beside Gumbo's tree alone.
#include <time.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <optional>
#include <stdexcept>

#include "bench/benchmarks.h"
#include "bench/flags.h"
#include "bench/pages.h"
#include "bench/report.h"
#include "bench/usage.h"
#include "concurrency/cpus.h"
#include "concurrency/deadline.h"
#include "crawler/parse_stage.h"
#include "crawler/statistics.h"
#include "parse/tree.h"
#include "parse/wire.h"

namespace weir::bench {
namespace {

using concurrency::Clock;

constexpr double kForever = 1e18;
constexpr double kMostOfGumbo = 1.15, kMostWithScript = 0.8;  // targets of the whole
constexpr double kMostTransport = 12;                         // microseconds
constexpr double kMostWithMore = 1.10;  // CPU of a page with more parsers, beside one

struct Options {
  std::string folder;
  std::uint64_t count = 200, rounds = 5;
  std::vector<std::uint64_t> parsers;
  bool baseline = false, plain = false, half_script = false, json = false;
};

double thread_us() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return 1e6 * static_cast<double>(now.tv_sec) + 1e-3 * static_cast<double>(now.tv_nsec);
}

const std::string& body_of(const BenchPage& page, const Options& options) {
  return options.plain ? page.html : page.packed;
}

// Everything below gives microseconds of CPU a page.

double by_gumbo(const std::vector<BenchPage>& pages, parse::Tree& tree) {
  const double before = thread_us();
  for (const BenchPage& page : pages) tree.build(page.html);
  return (thread_us() - before) / static_cast<double>(pages.size());
}

// What the store does with a page that was parsed, but for its record.
void count(Statistics& statistics, UrlId id, const std::string& url,
           const std::optional<parse::PageFacts>& facts) {
  if (!facts) throw std::runtime_error(url + ": its facts are not read");
  PageRecord record;
  record.url = url;
  record.status = 200;
  statistics.add(id, record, &*facts);
}

double in_process(const std::vector<BenchPage>& pages, const Options& options,
                  parse::PageMemory& memory, std::string& region) {
  Statistics statistics;
  UrlId id = 0;
  const double before = thread_us();
  for (const BenchPage& page : pages) {
    parse::ParseRequest request{.url = page.url, .body = body_of(page, options)};
    request.headers = {{"content-type", "text/html; charset=utf-8"}};
    if (!options.plain) request.headers.emplace_back("content-encoding", "gzip");
    const std::size_t size = parse::encode_facts(parse::parse_page(request, memory), region);
    count(statistics, id++, page.url, parse::decode_facts({region.data(), size}));
  }
  return (thread_us() - before) / static_cast<double>(pages.size());
}

struct WholeCost {
  double cpu_us = 0, pages_per_s = 0;
};

// The crawl's own stage, from the page queue to the statistics. The bodies lie in the arena before
// the figures begin, since fetching puts them there.
class Whole {
 public:
  Whole(const std::vector<BenchPage>& pages, const Options& options, std::size_t parsers,
        config::ParseMode mode = config::ParseMode::kProcesses)
      : pages_(pages),
        options_(options),
        arena_({.memory = std::size_t{1} << 30,
                .max_body = std::size_t{16} << 20,
                .slots = pages.size() + 1}),
        stage_({.mode = mode, .parsers = parsers},
               {.arena = &arena_,
                .pages = &queue_,
                .inbox = &inbox_,
                .agent = "weir",
                .broken = [this](const std::string&) { inbox_.close(); }}) {
    stage_.start();
  }
  ~Whole() {
    queue_.close();
    stage_.join();
  }

  WholeCost run() {
    std::vector<PagePtr> ready;
    for (const BenchPage& page : pages_) ready.push_back(fetched(page));
    const double before = cpu_us();
    const auto start = Clock::now();
    for (PagePtr& page : ready) (void)queue_.put(std::move(page));
    for (std::size_t i = 0; i < pages_.size(); ++i) take();
    const std::chrono::duration<double> seconds = Clock::now() - start;
    const auto n = static_cast<double>(pages_.size());
    return {(cpu_us() - before) / n, n / seconds.count()};
  }

 private:
  PagePtr fetched(const BenchPage& page) {
    auto made = std::make_unique<Page>();
    made->lease.id = next_id_++;
    made->lease.url = page.url;
    made->fetched.outcome = fetch::FetchOutcome::kOk;
    made->fetched.status = 200;
    made->fetched.body_complete = true;
    made->fetched.headers.add("content-type", "text/html; charset=utf-8");
    if (!options_.plain) made->fetched.headers.add("content-encoding", "gzip");
    auto slab = arena_.open();
    if (!slab || slab->append(body_of(page, options_)) != concurrency::Append::kStored) {
      throw std::runtime_error("the pages are too large to be held at once: --count");
    }
    slab->seal();
    made->fetched.body = *std::move(slab);
    return made;
  }

  void take() {
    const auto got = inbox_.get();
    if (!got) throw std::runtime_error("the parser processes died");
    const Page& page = **got.item;
    count(statistics_, page.lease.id, page.lease.url,
          page.facts ? page.facts : parse::decode_facts(page.encoded_facts));
  }

  double cpu_us() const { return ProcessUse::now().cpu_us + 1e6 * stage_.figures().cpu_seconds; }

  const std::vector<BenchPage>& pages_;
  const Options& options_;
  concurrency::SlabArena arena_;
  PageQueue queue_;
  Inbox inbox_;
  Statistics statistics_;
  UrlId next_id_ = 0;
  ParseStage stage_;
};

void against_gumbo(const std::vector<BenchPage>& pages, const Options& options, Report& report) {
  parse::Tree tree(std::size_t{512} << 20);
  parse::PageMemory memory(std::size_t{512} << 20);
  std::string region(16 << 20, '\0');
  // A body stays where it is, so what the way costs shows best where there is next to none.
  const std::vector<BenchPage> tiny(1000, {"http://127.0.0.1/", "x", gzip("x")});
  Whole whole(pages, options, 1), there(tiny, options, 1);
  Whole inline_(tiny, options, 1, config::ParseMode::kInline);
  for (Whole* each : {&whole, &there, &inline_}) each->run();  // starts the workers
  double gumbo = kForever, here = kForever, all = kForever;
  double tiny_there = kForever, tiny_inline = kForever;
  for (std::uint64_t round = 0; round < options.rounds; ++round) {
    gumbo = std::min(gumbo, by_gumbo(pages, tree));
    here = std::min(here, in_process(pages, options, memory, region));
    all = std::min(all, whole.run().cpu_us);
    tiny_there = std::min(tiny_there, there.run().cpu_us);
    tiny_inline = std::min(tiny_inline, inline_.run().cpu_us);
  }
  const double transport = tiny_there - tiny_inline;
  const double target = options.half_script ? kMostWithScript : kMostOfGumbo;
  report.table("baseline",
               "CPU of parsing a page, the least of " + std::to_string(options.rounds) + " rounds",
               {{"name", "what"}, {"cpu_us", "CPU us/page", 1}, {"ratio", "of Gumbo's", 3}});
  report.row({{"name", "Gumbo's tree alone"}, {"cpu_us", gumbo}, {"ratio", 1.0}});
  report.row({{"name", "all but transport"}, {"cpu_us", here}, {"ratio", here / gumbo}});
  report.row({{"name", "transport"},
              {"cpu_us", transport},
              {"ratio", transport / gumbo},
              {"target_us", kMostTransport}});
  report.row({{"name", "the whole stage"},
              {"cpu_us", all},
              {"ratio", all / gumbo},
              {"target", target},
              {"missed", options.baseline && all / gumbo > target}});
  char aim[32];
  std::snprintf(aim, sizeof aim, "%.2f", target);
  report.note(
      "Gumbo alone: the same pages, plain, an arena, no error list, no walk. All but transport:\n"
      "content encoding, charset, pre-pass, tree, facts, links, the facts' way into bytes and "
      "back,\n"
      "statistics. Transport: to a worker process and back; what a page of one byte costs more in "
      "the\n"
      "crawl's stage by processes than inline. 12 us is the aim, which CPUs that sleep between "
      "pages\n"
      "miss. The whole: the crawl's own stage; " +
      std::string(aim) + " of Gumbo's is the aim, with --baseline exit code 1 if it is missed.");
}

void by_parsers(const std::vector<BenchPage>& pages, const Options& options, Report& report) {
  report.table("parsers", "The whole stage, by worker processes; the best round",
               {{"parsers", "parsers"},
                {"pages_per_s", "pages/s"},
                {"cpu_us", "CPU us/page", 1},
                {"ratio", "of the first", 3}});
  double first = 0;
  for (const std::uint64_t parsers : options.parsers) {
    Whole whole(pages, options, parsers);
    whole.run();
    WholeCost best{kForever, 0};
    for (std::uint64_t round = 0; round < options.rounds; ++round) {
      const WholeCost cost = whole.run();
      best = {std::min(best.cpu_us, cost.cpu_us), std::max(best.pages_per_s, cost.pages_per_s)};
    }
    if (first == 0) first = best.cpu_us;
    report.row({{"parsers", parsers},
                {"pages_per_s", best.pages_per_s},
                {"cpu_us", best.cpu_us},
                {"ratio", best.cpu_us / first},
                {"target", kMostWithMore}});
  }
  report.note(
      "How to read it: --parsers as many as still raise pages/s; beyond the number of CPUs they do "
      "not. CPU\na page grows where parsers share a core's caches or its two threads.");
}

}  // namespace

int parse_bench(const Arguments& arguments) {
  Options options;
  options.parsers = {1, static_cast<std::uint64_t>(concurrency::available_cpus())};
  if (options.parsers[1] == 1) options.parsers.pop_back();
  CLI::App app("Parses pages as a crawl does, with nothing fetched.", "weir bench parse");
  app.add_option("--pages", options.folder,
                 "parse the .html files under this folder; else pages of weir site")
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);
  app.add_option("--count", options.count, "pages, at most")
      ->type_name("N")
      ->check(between(1, 10'000))
      ->capture_default_str();
  app.add_option("--rounds", options.rounds,
                 "of each measurement; the best counts: the least disturbed")
      ->type_name("N")
      ->check(between(1, 1000))
      ->capture_default_str();
  app.add_option("--parsers", options.parsers, "numbers of worker processes to compare")
      ->delimiter(',')
      ->type_name("N,...")
      ->check(between(1, 256))
      ->default_str("1 and the number of CPUs");
  app.add_flag("--baseline", options.baseline, "only beside Gumbo's tree alone");
  app.add_flag("--half-script", options.half_script, "as many bytes of script again in each page");
  app.add_flag("--plain", options.plain, "not compressed; else by gzip");
  app.add_flag("--json", options.json, "for machines");
  app.footer(
      "examples:\n"
      "  weir bench parse                                  # some ten seconds\n"
      "  weir bench parse --pages /usr/share/doc --baseline\n"
      "  weir bench parse --parsers 1,2,4,8");
  if (const auto code = read_flags(app, arguments)) return *code;
  std::vector<BenchPage> pages;
  if (options.folder.empty()) {
    pages = made_pages(options.count, 30 * 1024);
  } else {
    pages = pages_of(options.folder, options.count);
  }
  if (pages.empty()) {
    std::cerr << "weir bench parse: there is no .html file under " << options.folder << '\n';
    return 2;
  }
  if (options.half_script) add_script(pages);
  Report report("parse", options.json);
  against_gumbo(pages, options, report);
  if (!options.baseline) by_parsers(pages, options, report);
  return report.end();
}

}  // namespace weir::bench
