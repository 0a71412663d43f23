#include "config/keys.h"

#include <algorithm>

#include "config/field_type.h"
#include "config/pattern.h"
#include "config/text_rules.h"

namespace weir::config {
namespace {

Type<std::string> path(std::string what) { return text(std::move(what), "a path", is_printable); }

Type<std::vector<std::string>> patterns() {
  auto type = texts("a regular expression", "RE2 syntax such as \"/blog/\" or \"\\\\.pdf$\"",
                    [](const std::string& text) { return !pattern_error(text); });
  type.detail = pattern_error;
  return type;
}

template <class Target, class T, class Reach>
Access<Target> access(Type<T> type, Reach reach) {
  return {[=](Target& target, const Raw& raw) -> std::string {
            auto value = type.read(raw);
            if (!value) return complaint(raw, type);
            reach(target) = std::move(*value);
            return {};
          },
          [=](const Target& target) { return type.write(reach(target)); }};
}

template <class Stage, class T>
Key stage_key(Stage Settings::*stage, T Stage::*field, Type<T> type, Key key) {
  key.of_crawl = access<Settings>(
      std::move(type), [=](auto& settings) -> auto& { return (settings.*stage).*field; });
  return key;
}

template <class T>
Key list_key(T ListSettings::*field, Type<T> type, Key key) {
  key.of_list = access<ListSettings>(
      std::move(type), [=](auto& list) -> auto& { return list.*field; });
  return key;
}

// A list may differ from the crawl; unset, nothing is written.
template <class Stage, class T>
Key shared_key(Stage Settings::*stage, T Stage::*field, std::optional<T> ListSettings::*list_field,
               Type<T> type, Key key) {
  key = stage_key(stage, field, type, key);
  auto optional = or_none(type);
  optional.write = [write = type.write](const std::optional<T>& value) {
    return value ? write(*value) : std::string();
  };
  return list_key(list_field, std::move(optional), std::move(key));
}

// Headers of a later source replace those of the same name.
Access<ListSettings> merged_headers(Access<ListSettings> plain) {
  return {[plain](ListSettings& list, const Raw& raw) -> std::string {
            ListSettings added;
            std::string problem = plain.set(added, raw);
            if (!problem.empty()) return problem;
            const auto same_name = [](const std::string& a, const std::string& b) {
              return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
                return std::tolower(static_cast<unsigned char>(x)) ==
                       std::tolower(static_cast<unsigned char>(y));
              });
            };
            for (auto& header : added.headers) {
              std::erase_if(list.headers,
                            [&](const auto& old) { return same_name(old.first, header.first); });
            }
            list.headers.insert(list.headers.end(), added.headers.begin(), added.headers.end());
            return {};
          },
          plain.show};
}

const CountWord kNone{"none", kNoLimit};
constexpr auto kOne = Arity::kOne;
constexpr auto kMany = Arity::kMany;
constexpr auto kSwitch = Arity::kSwitch;

void add_crawl_keys(std::vector<Key>& all) {
  using S = Settings;
  using C = CrawlSettings;
  all.push_back(list_key(&ListSettings::scope,
                         choice<Scope>("a scope", {"page", "prefix", "host", "domain", "any"}),
                         {"crawl", "scope", "scope", "SCOPE", kOne,
                          "links to follow: page, prefix, host, domain, any"}));
  all.back().default_note = "host for URLs, page for lists";
  all.push_back(
      list_key(&ListSettings::depth, or_none(count("a depth", 0, kNoLimit, "3")),
               {"crawl", "depth", "depth", "N", kOne, "links followed in a row from a seed"}));
  all.push_back(list_key(
      &ListSettings::include, patterns(),
      {"crawl", "include", "include", "RE", kMany, "follow only URLs that match; repeatable"}));
  all.push_back(list_key(
      &ListSettings::exclude, patterns(),
      {"crawl", "exclude", "exclude", "RE", kMany, "never follow URLs that match; repeatable"}));
  all.push_back(stage_key(
      &S::crawl, &C::order, choice<Order>("an order", {"breadth", "depth", "priority"}),
      {"crawl", "order", "order", "ORDER", kOne, "which URL is next: breadth, depth, priority"}));
  all.push_back(stage_key(
      &S::crawl, &C::max_pages, count("a number of pages", 1, kNoLimit, "10000", kNone),
      {"crawl", "max_pages", "max-pages", "N", kOne, "end after so many URLs were asked for"}));
  all.push_back(stage_key(&S::crawl, &C::max_time,
                          or_none(duration("a time limit", Duration{1}, "1h30m")),
                          {"crawl", "max_time", "max-time", "TIME", kOne, "end after this time"}));
  all.push_back(stage_key(
      &S::crawl, &C::max_per_host, count("a number of pages", 1, kNoLimit, "5000", kNone),
      {"crawl", "max_per_host", "max-per-host", "N", kOne, "URLs asked of one host:port"}));
  all.push_back(stage_key(
      &S::crawl, &C::max_per_dir, count("a number of pages", 1, kNoLimit, "500", kNone),
      {"crawl", "max_per_dir", "max-per-dir", "N", kOne, "URLs asked of one directory of a host"}));
  all.push_back(
      stage_key(&S::crawl, &C::obey_robots, boolean(),
                {"crawl", "robots", "robots", "", kSwitch, "obey robots.txt (RFC 9309)"}));
  all.push_back(stage_key(&S::crawl, &C::sitemaps, boolean(),
                          {"crawl", "sitemaps", "sitemaps", "", kSwitch,
                           "take the sitemaps that robots.txt names as seeds"}));
  all.push_back(stage_key(
      &S::crawl, &C::since, path("a run folder"),
      {"crawl", "since", "since", "RUN", kOne, "ask only for what changed since that run"}));
  all.back().path = PathKind::kFolder;
  all.push_back(
      stage_key(&S::crawl, &C::user_agent,
                text("a user agent", "text such as \"mybot/1.0 (+https://me.example)\"", is_filled),
                {"crawl", "user_agent", "user-agent", "TEXT", kOne,
                 "who we are; its first word is ours in robots.txt"}));
}

void add_fetch_keys(std::vector<Key>& all) {
  using S = Settings;
  using F = FetchSettings;
  all.push_back(stage_key(&S::fetch, &F::io,
                          choice<IoModel>("an IO model", {"blocking", "threads", "pool", "polling",
                                                          "select", "coroutines", "uring"}),
                          {"fetch", "io", "io", "MODEL", kOne,
                           "blocking, threads, pool, polling, select, coroutines, uring"}));
  all.push_back(stage_key(&S::fetch, &F::transfers,
                          count("a number of transfers", 1, 100'000, "64"),
                          {"fetch", "transfers", "transfers", "N", kOne,
                           "transfers in flight at once; at most 900 with select"}));
  all.push_back(
      stage_key(&S::fetch, &F::fetch_threads, count("a number of threads", 1, 10'000, "8"),
                {"fetch", "fetch_threads", "fetch-threads", "N", kOne, "threads, with --io pool"}));
  all.push_back(shared_key(
      &S::fetch, &F::per_host, &ListSettings::per_host,
      count("a number of transfers", 1, 10'000, "2"),
      {"fetch", "per_host", "per-host", "N", kOne, "transfers at once to one host:port"}));
  all.push_back(
      stage_key(&S::fetch, &F::per_ip, count("a number of transfers", 1, 10'000, "8"),
                {"fetch", "per_ip", "per-ip", "N", kOne, "transfers at once to one address"}));
  all.push_back(shared_key(&S::fetch, &F::delay, &ListSettings::delay,
                           duration("a delay", Duration{0}, "250ms"),
                           {"fetch", "delay", "delay", "TIME", kOne,
                            "between starts to one host:port; a longer Crawl-delay wins"}));
  all.push_back(stage_key(&S::fetch, &F::timeout, duration("a timeout", Duration{1}, "30s"),
                          {"fetch", "timeout", "timeout", "TIME", kOne, "of one transfer"}));
  all.push_back(stage_key(&S::fetch, &F::connect_timeout, duration("a timeout", Duration{1}, "10s"),
                          {"fetch", "connect_timeout", "connect-timeout", "TIME", kOne,
                           "until the connection stands, name and TLS included"}));
  all.push_back(stage_key(&S::fetch, &F::first_byte_timeout,
                          duration("a timeout", Duration{1}, "20s"),
                          {"fetch", "first_byte_timeout", "first-byte-timeout", "TIME", kOne,
                           "from the request to the first byte of the answer"}));
  all.push_back(stage_key(&S::fetch, &F::low_speed_bytes,
                          count("a number of bytes a second", 0, 1'000'000'000, "64"),
                          {"fetch", "low_speed_bytes", "low-speed-bytes", "N", kOne,
                           "bytes a second below which a transfer is too slow; 0: never"}));
  all.push_back(stage_key(&S::fetch, &F::low_speed_window,
                          duration("a duration", Duration{1}, "20s"),
                          {"fetch", "low_speed_window", "low-speed-window", "TIME", kOne,
                           "for how long it has to be that slow"}));
  all.push_back(stage_key(
      &S::fetch, &F::max_body, size("a size", 1, "10MiB"),
      {"fetch", "max_body", "max-body", "SIZE", kOne, "of one body on the wire; it is cut there"}));
  all.push_back(stage_key(&S::fetch, &F::max_header_bytes, size("a size", kKiB, "256KiB"),
                          {"fetch", "max_header_bytes", "max-header-bytes", "SIZE", kOne,
                           "of the headers of one answer"}));
  all.push_back(stage_key(
      &S::fetch, &F::max_header_count, count("a number of headers", 1, 100'000, "1000"),
      {"fetch", "max_header_count", "max-header-count", "N", kOne, "headers of one answer"}));
  all.push_back(
      stage_key(&S::fetch, &F::max_redirects, count("a number of redirects", 0, 100, "10"),
                {"fetch", "max_redirects", "max-redirects", "N", kOne, "redirects in a row"}));
  all.push_back(stage_key(
      &S::fetch, &F::retries, count("a number of retries", 0, 100, "2"),
      {"fetch", "retries", "retries", "N", kOne, "of what may succeed when asked again"}));
  all.push_back(stage_key(&S::fetch, &F::allow_private, boolean(),
                          {"fetch", "allow_private", "allow-private", "", kSwitch,
                           "fetch private and loopback addresses that no seed names"}));
  all.push_back(
      stage_key(&S::fetch, &F::insecure, boolean(),
                {"fetch", "insecure", "insecure", "", kSwitch, "accept any TLS certificate"}));
  all.push_back(stage_key(
      &S::fetch, &F::http2, boolean(),
      {"fetch", "http2", "http2", "", kSwitch, "use HTTP/2 where a server offers it over TLS"}));
  all.push_back(stage_key(&S::fetch, &F::proxy,
                          text("a proxy",
                               "a URL such as \"http://proxy:3128\" or "
                               "\"socks5h://127.0.0.1:1080\"",
                               is_proxy),
                          {"fetch", "proxy", "proxy", "URL", kOne, "HTTP or SOCKS proxy"}));
  all.push_back(shared_key(&S::fetch, &F::cookies, &ListSettings::cookies, path("a cookie jar"),
                           {"fetch", "cookies", "cookies", "FILE", kOne,
                            "keep cookies, in this Netscape jar; empty: no cookies"}));
  all.back().path = PathKind::kAnything;
  all.push_back(stage_key(&S::fetch, &F::ca_file, path("a certificate bundle"),
                          {"fetch", "ca_file", "ca-file", "FILE", kOne,
                           "certificates to trust, PEM; empty: the system's"}));
  all.back().path = PathKind::kFile;
  all.push_back(
      stage_key(&S::fetch, &F::client_cert, path("a certificate"),
                {"fetch", "client_cert", "client-cert", "FILE", kOne, "client certificate, PEM"}));
  all.back().path = PathKind::kFile;
  all.push_back(
      stage_key(&S::fetch, &F::client_key, path("a private key"),
                {"fetch", "client_key", "client-key", "FILE", kOne, "its private key, PEM"}));
  all.back().path = PathKind::kFile;
  all.push_back(stage_key(&S::fetch, &F::resolve,
                          texts("a name with its address",
                                "HOST:ADDRESS such as \"www.example.org:127.0.0.1\"", is_resolve),
                          {"fetch", "resolve", "resolve", "HOST:ADDR", kMany,
                           "take this address for this name; repeatable"}));
  Key headers{"fetch", "headers", "header", "'NAME: VALUE'", kMany, "send this header; repeatable"};
  headers.merges = true;
  headers = list_key(
      &ListSettings::headers,
      pairs("a header", "\"Name: value\" such as \"Accept-Language: de\"", ": ", parse_header),
      std::move(headers));
  headers.of_list = merged_headers(headers.of_list);
  all.push_back(std::move(headers));
  all.push_back(list_key(&ListSettings::auth,
                         text("a way to log in",
                              "\"basic USER:PASSWORD\", \"digest "
                              "USER:PASSWORD\" or \"bearer TOKEN\"",
                              is_auth),
                         {"fetch", "auth", "auth", "TEXT", kOne,
                          "basic USER:PASSWORD, digest USER:PASSWORD or bearer TOKEN"}));
}

void add_parse_keys(std::vector<Key>& all) {
  using S = Settings;
  using P = ParseSettings;
  all.push_back(stage_key(&S::parse, &P::mode,
                          choice<ParseMode>("a way to parse", {"processes", "threads", "inline"}),
                          {"parse", "parse", "parse", "MODE", kOne,
                           "processes, threads, inline; only processes survive any page"}));
  all.push_back(stage_key(
      &S::parse, &P::parsers, count("a number of parsers", 1, 1024, "4", CountWord{"auto", 0}),
      {"parse", "parsers", "parsers", "N", kOne, "parsers at once; auto: one for each CPU"}));
  all.push_back(stage_key(&S::parse, &P::engine,
                          choice<Engine>("an engine", {"auto", "tree", "stream"}),
                          {"parse", "engine", "engine", "ENGINE", kOne,
                           "auto, tree (the full HTML5 tree), stream (tokens only)"}));
  all.push_back(stage_key(
      &S::parse, &P::parse_timeout, duration("a timeout", Duration{1}, "5s"),
      {"parse", "parse_timeout", "parse-timeout", "TIME", kOne, "wall and CPU time of one page"}));
  all.push_back(
      stage_key(&S::parse, &P::parse_memory, size("a size", 16 * kMiB, "512MiB"),
                {"parse", "parse_memory", "parse-memory", "SIZE", kOne, "memory of one parser"}));
  all.push_back(stage_key(&S::parse, &P::max_decoded, size("a size", kKiB, "32MiB"),
                          {"parse", "max_decoded", "max-decoded", "SIZE", kOne,
                           "of one body with its content encoding undone"}));
  all.push_back(stage_key(&S::parse, &P::max_links,
                          count("a number of links", 1, 10'000'000, "50000"),
                          {"parse", "max_links", "max-links", "N", kOne, "of one page"}));
  all.push_back(stage_key(&S::parse, &P::max_pages_per_worker,
                          count("a number of pages", 1, kNoLimit, "10000", kNone),
                          {"parse", "max_pages_per_worker", "max-pages-per-worker", "N", kOne,
                           "pages after which a parser is replaced"}));
  all.push_back(stage_key(
      &S::parse, &P::extract,
      pairs("an extract", "NAME=SELECTOR such as \"price=span.price\"", "=", split_extract),
      {"parse", "extract", "extract", "NAME=CSS", kMany,
       "put what the CSS selector finds into the record; repeatable"}));
}

void add_other_keys(std::vector<Key>& all) {
  using S = Settings;
  using O = OutputSettings;
  all.push_back(
      stage_key(&S::queue, &QueueSettings::queue, count("a number of pages", 1, 1'000'000, "256"),
                {"queue", "queue", "queue", "N", kOne, "pages that may wait for a parser"}));
  all.push_back(stage_key(&S::queue, &QueueSettings::memory, size("a size", kMiB, "256MiB"),
                          {"queue", "memory", "memory", "SIZE", kOne,
                           "bodies in flight, queued and being parsed, together"}));
  all.push_back(stage_key(
      &S::output, &O::out, text("a folder", "a path", is_printable),
      {"output", "out", "out", "DIR", kOne, "the run folder; it must be absent or empty"}));
  all.back().default_note = "runs/NAME-TIME";
  all.push_back(stage_key(&S::output, &O::links, boolean(),
                          {"output", "links", "links", "", kSwitch, "write links.jsonl"}));
  all.push_back(stage_key(&S::output, &O::warc, boolean(),
                          {"output", "warc", "warc", "", kSwitch, "write WARC files"}));
  all.push_back(stage_key(&S::output, &O::dashboard,
                          text("an address", "HOST:PORT such as \"127.0.0.1:8088\"", is_address),
                          {"output", "dashboard", "dashboard", "[HOST:PORT]", kOne,
                           "serve the live dashboard", "127.0.0.1:8088"}));
  all.push_back(stage_key(&S::output, &O::quiet, boolean(),
                          {"output", "quiet", "quiet", "", kSwitch, "print nothing but errors"}));
  all.push_back(stage_key(&S::output, &O::json, boolean(),
                          {"output", "json", "json", "", kSwitch, "print the summary as JSON"}));
  all.push_back(list_key(&ListSettings::name,
                         text("a name", "text such as \"docs\"",
                              [](const std::string& text) { return !text.empty(); }),
                         {"list", "name", "", "TEXT", kOne, "of the list, in the statistics"}));
  all.back().default_note = "\"list-1\", \"list-2\", ...";
  all.push_back(list_key(&ListSettings::urls,
                         seeds("a URL", "an array of URLs such as [\"https://example.org/\"]"),
                         {"list", "urls", "", "URL", kMany, "URLs to start from"}));
  all.push_back(list_key(&ListSettings::files,
                         seeds("a file", "an array of paths such as [\"urls.txt\"]"),
                         {"list", "files", "list", "FILE|-", kMany,
                          "URLs to start from, one a line, # comments, gzip too; repeatable"}));
  all.back().path = PathKind::kFile;
}

std::vector<Key> make_keys() {
  std::vector<Key> all;
  add_crawl_keys(all);
  add_fetch_keys(all);
  add_parse_keys(all);
  add_other_keys(all);
  return all;
}

}  // namespace

const std::vector<Section>& sections() {
  static const std::vector<Section> all{{"crawl", "What to crawl"}, {"fetch", "Fetching"},
                                        {"parse", "Parsing"},       {"queue", "Memory"},
                                        {"output", "Output"},       {"list", "Lists"}};
  return all;
}

const std::vector<Key>& keys() {
  static const std::vector<Key> all = make_keys();
  return all;
}

const Key* find_key(std::string_view section, std::string_view name) {
  for (const Key& key : keys()) {
    const bool here = section == "list" ? static_cast<bool>(key.of_list) : key.section == section;
    if (here && key.name == name) return &key;
  }
  return nullptr;
}

std::string Key::full_name() const { return std::string(section) + "." + std::string(name); }

std::string Key::environment() const {
  std::string result = "WEIR_";
  for (const char c : name) {
    result += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return result;
}

std::string Key::default_text() const {
  if (!default_note.empty()) return std::string(default_note);
  return of_crawl ? of_crawl.show(Settings{}) : of_list.show(ListSettings{});
}

std::string Assignment::origin() const {
  return file.empty() ? said_as : file + ":" + std::to_string(line);
}

}  // namespace weir::config
