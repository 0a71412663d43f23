// Every setting of a crawl: one plain struct per stage, each field with its default and unit.
// A module receives only its own slice. The table that reads and documents them is in
// config/keys.cc.
//
// Thread-compatible.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weir::config {

using Duration = std::chrono::milliseconds;
using Headers = std::vector<std::pair<std::string, std::string>>;

inline constexpr std::uint64_t kNoLimit = UINT64_MAX;
inline constexpr std::uint64_t kKiB = 1024;
inline constexpr std::uint64_t kMiB = 1024 * kKiB;

// A seed or a seed file as the user wrote it, and where: "crawl.toml:12", "--list", "command line".
struct Seed {
  std::string text;
  std::string origin;
  // What is said counts, not where.
  friend bool operator==(const Seed& a, const Seed& b) { return a.text == b.text; }
};

enum class Scope { kPage, kPrefix, kHost, kDomain, kAny };
enum class Order { kBreadth, kDepth, kPriority };
enum class IoModel { kBlocking, kThreads, kPool, kPolling, kSelect, kCoroutines, kUring };
enum class ParseMode { kProcesses, kThreads, kInline };
enum class Engine { kAuto, kTree, kStream };

struct CrawlSettings {
  Order order = Order::kBreadth;
  std::uint64_t max_pages = kNoLimit;     // URLs asked for, whatever came
  std::optional<Duration> max_time;       // of the whole crawl
  std::uint64_t max_per_host = kNoLimit;  // URLs asked of one host:port
  std::uint64_t max_per_dir = kNoLimit;   // URLs asked of one directory of a host
  bool obey_robots = true;
  bool sitemaps = false;  // the sitemaps that robots.txt names are seeds too
  std::string since;      // an earlier run: ask only for what changed since
  std::string user_agent = "weir/0.1 (+https://weir.example/bot)";

  bool operator==(const CrawlSettings&) const = default;
};

struct FetchSettings {
  IoModel io = IoModel::kCoroutines;
  std::size_t transfers = 64;     // in flight at once
  std::size_t fetch_threads = 8;  // with --io pool
  std::size_t per_host = 2;       // transfers at once to one host:port
  std::size_t per_ip = 8;         // transfers at once to one address
  Duration delay{250};            // between starts to one host:port
  Duration timeout{30'000};       // of one transfer, pauses for memory not counted
  Duration connect_timeout{10'000};
  Duration first_byte_timeout{20'000};
  std::uint64_t low_speed_bytes = 64;  // bytes a second over low_speed_window, else too_slow
  Duration low_speed_window{20'000};
  std::uint64_t max_body = 10 * kMiB;  // bytes on the wire
  std::uint64_t max_header_bytes = 256 * kKiB;
  std::size_t max_header_count = 1000;
  std::size_t max_redirects = 10;
  std::size_t retries = 2;
  bool allow_private = false;
  bool insecure = false;
  bool http2 = true;
  std::string proxy;
  std::string cookies;  // a Netscape jar to read and write; empty: cookies are off
  std::string ca_file;  // empty: the system's bundle
  std::string client_cert;
  std::string client_key;
  std::vector<std::string> resolve;  // HOST:ADDR

  bool operator==(const FetchSettings&) const = default;
};

struct ParseSettings {
  ParseMode mode = ParseMode::kProcesses;
  std::size_t parsers = 0;  // 0: number of CPUs
  Engine engine = Engine::kAuto;
  Duration parse_timeout{5'000};                  // wall and CPU time of one page
  std::uint64_t parse_memory = 512 * kMiB;        // of one worker
  std::uint64_t max_decoded = 32 * kMiB;          // bytes of one body after its content encoding
  std::size_t max_links = 50'000;                 // of one page
  std::uint64_t max_pages_per_worker = kNoLimit;  // then it is retired
  Headers extract;                                // name -> CSS selector

  bool operator==(const ParseSettings&) const = default;
};

struct QueueSettings {
  std::size_t queue = 256;            // pages
  std::uint64_t memory = 256 * kMiB;  // bodies in flight, queued and being parsed together

  bool operator==(const QueueSettings&) const = default;
};

struct OutputSettings {
  std::string out;  // empty: runs/NAME-TIME
  bool links = false;
  bool warc = false;
  bool quiet = false;
  bool json = false;
  std::string dashboard;  // HOST:PORT to serve it on; empty: off

  bool operator==(const OutputSettings&) const = default;
};

// One [[list]] of the config, or what the command line adds up to.
struct ListSettings {
  std::string name;
  std::vector<Seed> urls;              // not parsed yet: config/ knows nothing of URLs
  std::vector<Seed> files;             // absolute; "-" is standard input; gzip by its magic
  Scope scope = Scope::kPage;          // kHost for lists made of the command line's URLs
  std::optional<std::uint64_t> depth;  // none: no limit
  std::optional<Duration> delay;       // none: fetch.delay
  std::optional<std::size_t> per_host;
  std::vector<std::string> include;  // regular expressions on the whole URL
  std::vector<std::string> exclude;
  Headers headers;
  std::string auth;                    // "basic USER:PASSWORD", "digest ...", "bearer TOKEN"
  std::optional<std::string> cookies;  // none: fetch.cookies

  bool operator==(const ListSettings&) const = default;
};

struct Settings {
  CrawlSettings crawl;
  FetchSettings fetch;
  ParseSettings parse;
  QueueSettings queue;
  OutputSettings output;
  std::vector<ListSettings> lists;

  bool operator==(const Settings&) const = default;
};

}  // namespace weir::config
