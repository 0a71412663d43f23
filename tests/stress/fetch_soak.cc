// The fetch stage under a long seeded mix of hazards: every URL has the outcome that it must have,
// nothing hangs, and descriptors and memory never take more than in the first fifth (which is 2,000
// URLs at least: then all is warm).
//
//   fetch_soak [REQUESTS [SEED]]       as a test: a few thousand; at full length: 200000
//
// Prints what came of each hazard; exit code 1 if anything is wrong.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <utility>

#include "concurrency/channel.h"
#include "concurrency/fd_limit.h"
#include "concurrency/in_flight.h"
#include "concurrency/process.h"
#include "concurrency/semaphore.h"
#include "concurrency/thread.h"
#include "crawler/fetch_stage.h"
#include "tests/stress/passing_frontier.h"
#include "tests/stress/soak_site.h"

namespace weir {
namespace {

using concurrency::Channel;
using concurrency::Process;

constexpr std::size_t kTransfers = 192;
constexpr std::ptrdiff_t kAhead = 4000;       // URLs admitted and not yet completed
constexpr std::chrono::seconds kHang{60};     // without one URL completed
constexpr std::size_t kMoreFds = 32;          // that the end may have above the first fifth
constexpr std::size_t kMoreMemory = 4 << 20;  // and a tenth
constexpr std::uint64_t kWarm = 2000;         // URLs
constexpr std::uint64_t kSampleEvery = 250;   // URLs

std::size_t open_fds() {
  return static_cast<std::size_t>(std::distance(
      std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator()));
}

std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

config::Settings soak_settings() {
  config::Settings settings;
  settings.crawl.obey_robots = false;
  auto& fetch = settings.fetch;
  fetch.transfers = kTransfers;
  fetch.per_host = 2;  // so that connections kept are soon as many as they will be
  fetch.per_ip = 100'000;
  fetch.delay = config::Duration{0};
  fetch.retries = 1;
  fetch.max_body = kSoakMaxBody;
  fetch.max_header_count = kSoakMaxHeaders;
  fetch.first_byte_timeout = kSoakFirstByte;
  fetch.timeout = kSoakTimeout;
  fetch.low_speed_window = kSoakWindow;
  fetch.insecure = true;  // no certificates to read
  for (int i = 0; i < kSoakHosts; ++i) {
    fetch.resolve.push_back("h" + std::to_string(i) + ".example:127.0.0.1");
  }
  settings.lists.push_back({.name = "soak"});
  return settings;
}

// What came of the URLs, and the most that was used in the first fifth and after it.
struct Tally {
  struct Of {
    std::uint64_t urls = 0, attempts = 0;
  };
  struct Used {
    std::size_t fds = 0, memory = 0;
  };
  std::map<std::string, Of, std::less<>> hazards;
  std::uint64_t done = 0, wrong = 0;
  Used first, later;
};

class Soak {
 public:
  Soak(std::uint64_t urls, std::uint64_t seed, int port)
      : urls_(urls),
        seed_(seed),
        port_(port),
        settings_(soak_settings()),
        arena_({.memory = 16 << 20, .max_body = kSoakMaxBody, .slots = 2 * kTransfers}),
        pages_(static_cast<std::ptrdiff_t>(kTransfers)),
        admission_(settings_, frontier_, unfinished_,
                   [this](OriginId origin, const std::string& name, std::uint32_t list) {
                     stage_.news(origin, name, list);
                   }),
        stage_(settings_, {.frontier = &frontier_,
                           .admission = &admission_,
                           .unfinished = &unfinished_,
                           .arena = &arena_,
                           .pages = &pages_,
                           .inbox = &inbox_,
                           .limit_reached = [] {},
                           .log = [](const std::string&) {}}) {}

  // False if nothing came to an end for too long.
  bool run() {
    concurrency::Thread parsers([this] {
      for (PagePtr& page : pages_) (void)inbox_.put(std::move(page));
    });
    concurrency::Thread store([this] {
      for (PagePtr& page : inbox_) end(*page);
    });
    stage_.start();
    parsers.start();
    store.start();
    bool alive = true;
    for (std::uint64_t i = 0; i < urls_ && alive; ++i) {
      alive = room_.acquire_until(concurrency::after(kHang));
      if (alive) (void)admission_.seed({.text = url_of(hazard_of(seed_, i), i, port_)});
    }
    while (alive && unfinished_.count() > 0) {
      const std::uint64_t before = ended_;
      alive = unfinished_.join_until(concurrency::after(kHang)) == concurrency::Joined::kDone ||
              ended_ > before;
    }
    alive ? stage_.drain() : stage_.drop();
    stage_.join();
    parsers.join();
    inbox_.close();
    store.join();
    return alive;
  }

  const Tally& tally() const { return tally_; }
  FetchFigures figures() const { return stage_.figures(); }
  concurrency::SlabFigures bodies() const { return arena_.figures(); }
  void print_unfinished() const {
    int left = 20;
    frontier_.for_each_unfinished([&](const std::string& url) {
      if (left-- > 0) std::fprintf(stderr, "unfinished: %s\n", url.c_str());
    });
  }

 private:
  // As the store does: the URL's outcome, then the end of its lease.
  void end(Page& page) {
    const auto path = page.lease.url.find('/', 7) + 1;
    const std::string name = page.lease.url.substr(path, page.lease.url.find('/', path) - path);
    const Hazard& hazard = hazard_named(name);
    const fetch::FetchResult& got = page.fetched;
    const std::uint64_t number = std::stoull(page.lease.url.substr(path + name.size() + 1));
    const bool whole = name != "page" || (got.body && got.body.size() == body_of(number));
    if (got.outcome != hazard.outcome || !whole) {
      if (++tally_.wrong <= 20) {
        std::fprintf(stderr, "%s: %s instead of %s, %zu bytes: %s\n", page.lease.url.c_str(),
                     std::string(to_string(got.outcome)).c_str(),
                     std::string(to_string(hazard.outcome)).c_str(), got.body ? got.body.size() : 0,
                     got.error.c_str());
      }
    }
    Tally::Of& of = tally_.hazards[name];
    ++of.urls;
    of.attempts += page.lease.attempts;
    page.fetched.body.release();
    if (++tally_.done % kSampleEvery == 0) sample();
    frontier_.complete(page.lease.id);
    unfinished_.task_done();
    ++ended_;
    room_.release();
  }

  void sample() {
    const bool first = tally_.done <= std::max(urls_ / 5, kWarm);
    Tally::Used& used = first ? tally_.first : tally_.later;
    used.fds = std::max(used.fds, open_fds());
    struct stat bodies;  // how many of them lie there is a matter of luck, and bounded elsewhere
    ::fstat(arena_.read_only_fd(), &bodies);
    const std::size_t kept = static_cast<std::size_t>(bodies.st_blocks) * 512;
    used.memory = std::max(used.memory, resident_bytes() - kept);
  }

  const std::uint64_t urls_, seed_;
  const int port_;
  const config::Settings settings_;
  concurrency::SlabArena arena_;
  concurrency::InFlight unfinished_;
  concurrency::Semaphore room_{kAhead};
  std::atomic<std::uint64_t> ended_{0};
  PassingFrontier frontier_;
  PageQueue pages_;
  Inbox inbox_;
  Admission admission_;
  Tally tally_;  // of the store's thread, until it has ended
  FetchStage stage_;
};

struct Site {
  Process process;
  int port = 0;
};

Site start_site() {
  std::pair<Channel, Channel> ends = Channel::pair();
  Site site{Process({.role = "soak-site", .fds = {ends.second.fd()}}), 0};
  site.process.start();
  ends.second.close();
  site.port = std::stoi(ends.first.receive().bytes);
  return site;
}

int run(std::uint64_t urls, std::uint64_t seed) {
  concurrency::raise_fd_limit();
  const auto start = std::chrono::steady_clock::now();
  const Site site = start_site();
  const std::size_t fds_before = open_fds();
  bool good = true;
  const auto check = [&](bool holds, const char* what) {
    if (!holds) std::fprintf(stderr, "WRONG: %s\n", what);
    good = good && holds;
  };
  {
    Soak soak(urls, seed, site.port);
    check(soak.run(), "nothing came to an end for a minute");
    const Tally& tally = soak.tally();
    const FetchFigures figures = soak.figures();
    std::printf("%-10s %8s %9s  outcome\n", "hazard", "URLs", "attempts");
    for (const auto& [name, of] : tally.hazards) {
      std::printf("%-10s %8zu %9zu  %s\n", name.c_str(), of.urls, of.attempts,
                  std::string(to_string(hazard_named(name).outcome)).c_str());
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    std::printf("%zu URLs, %zu transfers, %zu retries in %.0f s; seed %zu\n", tally.done,
                figures.transfers, figures.retries, seconds.count(), seed);
    std::printf("descriptors, most: %zu in the first fifth, %zu after it\n", tally.first.fds,
                tally.later.fds);
    std::printf("memory, most: %.1f MiB in the first fifth, %.1f after it\n",
                static_cast<double>(tally.first.memory) / (1 << 20),
                static_cast<double>(tally.later.memory) / (1 << 20));
    check(tally.done == urls, "a URL has no outcome, or two");
    check(tally.wrong == 0, "a URL has another outcome than it must have");
    check(figures.in_flight == 0, "a transfer is still in flight");
    check(soak.bodies().used == 0, "a body was not released");
    check(tally.later.fds <= tally.first.fds + kMoreFds, "descriptors leak");
    check(tally.later.memory <= tally.first.memory + tally.first.memory / 10 + kMoreMemory,
          "memory leaks");
    if (tally.done != urls) soak.print_unfinished();
  }
  check(open_fds() == fds_before, "descriptors are left");
  std::puts(good ? "All held." : "FAILED");
  return good ? 0 : 1;
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) {
  if (const auto code =
          weir::concurrency::run_role_if_asked(argc, argv, {{"soak-site", weir::soak_site_role}})) {
    return *code;
  }
  try {
    return weir::run(argc > 1 ? std::stoull(argv[1]) : 5000, argc > 2 ? std::stoull(argv[2]) : 1);
  } catch (const std::invalid_argument&) {
    std::fputs("usage: fetch_soak [REQUESTS [SEED]]\n", stderr);
    return 2;
  }
}
