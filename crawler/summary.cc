#include "crawler/summary.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "concurrency/cpus.h"
#include "concurrency/usage.h"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxHosts = 1000;    // listed one by one
constexpr std::size_t kMaxGroups = 10;     // of duplicates
constexpr std::size_t kMaxHostNames = 10;  // of each table of a host

double rounded(double value) { return std::round(value * 1000) / 1000; }
double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}
double share(double part, double whole) { return whole > 0 ? rounded(part / whole) : 0; }

template <class Values>
Json quantiles(const Values& values) {
  return {{"p50", rounded(values.percentile(0.50))},
          {"p90", rounded(values.percentile(0.90))},
          {"p99", rounded(values.percentile(0.99))},
          {"max", rounded(values.max())},
          {"mean", rounded(values.mean())}};
}

// Most frequent first.
Json counter(const Counter& counts, std::size_t most = SIZE_MAX) {
  std::vector<std::pair<std::string, std::uint64_t>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  if (sorted.size() > most) sorted.resize(most);
  Json json = Json::object();
  for (const auto& [name, times] : sorted) json[name] = times;
  return json;
}

Json extremes(const std::vector<Extreme>& list, const char* unit) {
  Json json = Json::array();
  for (const auto& extreme : list)
    json.push_back({{"url", extreme.url}, {unit, rounded(extreme.value)}});
  return json;
}

const char* io_name(config::IoModel io) {
  static constexpr const char* kNames[] = {"blocking", "threads",    "pool", "polling",
                                           "select",   "coroutines", "uring"};
  return kNames[static_cast<std::size_t>(io)];
}

const char* mode_name(config::ParseMode mode) {
  static constexpr const char* kNames[] = {"processes", "threads", "inline"};
  return kNames[static_cast<std::size_t>(mode)];
}

Json urls(const Progress& now, const Statistics& statistics) {
  std::uint64_t failed = 0;
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    if (is_failure(static_cast<Outcome>(i))) failed += statistics.outcomes[i];
  }
  Json skipped = Json::object();
  for (std::size_t i = 0; i < kSkippedReasons; ++i) {
    skipped[skipped_name(static_cast<Skipped>(i))] = now.admission.skipped[i];
  }
  return {{"seeds", now.admission.seeds},
          {"discovered", now.admission.discovered},
          {"unique", now.urls.unique},
          {"fetched", statistics.fetched},
          {"ok", statistics.outcomes[static_cast<std::size_t>(Outcome::kOk)]},
          {"failed", failed},
          {"skipped", skipped},
          {"pending", now.urls.pending + now.urls.leased}};
}

Json fetch_summary(const config::Settings& settings, const Progress& now,
                   const Statistics& statistics) {
  const FetchFigures& f = now.fetch;
  return {{"io", io_name(settings.fetch.io)},
          {"transfers", settings.fetch.transfers},
          {"transfers_mean", share(f.transfer_seconds, now.elapsed)},
          {"asked", f.asked},
          {"requests", f.transfers},
          {"retries", f.retries},
          {"robots", f.robots},
          {"sitemaps",
           {{"read", f.sitemaps.read}, {"failed", f.sitemaps.failed}, {"urls", f.sitemaps.urls}}},
          {"pages_per_second", share(static_cast<double>(f.asked), now.elapsed)},
          {"latency_ms", quantiles(statistics.fetch_ms)},
          {"ttfb_ms", quantiles(statistics.ttfb_ms)},
          {"paused_seconds", rounded(f.paused_seconds)},
          {"http_versions", counter(statistics.http_versions)},
          {"content_types", counter(statistics.content_types)},
          {"seconds",
           {{"leasing", rounded(f.times.leasing)},
            {"all_in_use", rounded(f.times.all_in_use)},
            {"queue_full", rounded(f.times.queue_full)},
            {"polite", rounded(f.times.polite)},
            {"nothing_pending", rounded(f.times.nothing)}}}};
}

Json kinds(const std::array<std::uint64_t, 7>& counts) {
  Json json = Json::object();
  for (std::size_t kind = 0; kind < counts.size(); ++kind) {
    json[std::string(parse::kind_word(static_cast<parse::LinkKind>(kind)))] = counts[kind];
  }
  return json;
}

Json groups(const Duplicates::Figures& figures, const std::vector<Duplicates::Group>& largest,
            const Pipeline& pipeline) {
  Json list = Json::array();
  for (const Duplicates::Group& group : largest) {
    list.push_back({{"pages", group.pages},
                    {"urls", {pipeline.url(group.first), pipeline.url(group.second)}}});
  }
  return {{"pages", figures.pages}, {"groups", figures.groups}, {"largest", list}};
}

Json duplicates(const Duplicates& found, const Pipeline& pipeline) {
  return {{"exact", groups(found.exact(), found.largest_exact(kMaxGroups), pipeline)},
          {"near", groups(found.near(), found.largest_near(kMaxGroups), pipeline)},
          {"not_compared", found.not_compared()}};
}

Json parse_errors(const Statistics& s) {
  Json json = Json::object();
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    const auto outcome = static_cast<Outcome>(i);
    if (is_parse_error(outcome)) json[std::string(outcome_name(outcome))] = s.outcomes[i];
  }
  return json;
}

Json extracted(const Statistics& s) {
  Json names = Json::object();
  for (const auto& [name, found] : s.extracted) {
    names[name] = {{"pages", found.pages}, {"values", found.values}};
  }
  return {{"names", names}, {"dropped", s.extracted_dropped}};
}

Json parse_summary(const config::Settings& settings, const Progress& now,
                   const Pipeline& pipeline) {
  const Statistics& s = pipeline.statistics();
  const ParseFigures& p = now.parse;
  const double busy = p.busy_seconds;
  return {
      {"mode", mode_name(settings.parse.mode)},
      {"engine", "tree"},
      {"workers", p.workers},
      {"pages", s.parsed},
      {"bytes", s.parsed_bytes},
      {"megabytes_per_second", share(static_cast<double>(s.parsed_bytes) / 1e6, busy)},
      {"time_ms", quantiles(s.parse_ms)},
      {"cpu_ms", quantiles(s.parse_cpu_ms)},
      {"queue_ms", quantiles(s.queue_ms)},
      {"crashes", p.crashes},
      {"timeouts", p.timeouts},
      {"out_of_memory", p.out_of_memory},
      {"restarts", p.restarts},
      {"retries", p.retries},
      {"errors", parse_errors(s)},
      {"titles", {{"missing", s.titles_missing}, {"repeated", s.titles_repeated}}},
      {"duplicates", duplicates(s.duplicates, pipeline)},
      {"charsets", counter(s.charsets)},
      {"charset_from", counter(s.charsets_from)},
      {"charset_declared", counter(s.charsets_declared)},
      {"charset_not_as_declared", s.charset_disagrees},
      {"charset_declared_and_used", counter(s.charset_pairs)},
      {"languages", counter(s.languages)},
      {"elements", counter(s.elements)},
      {"depth", quantiles(s.depth)},
      {"page_bytes", quantiles(s.page_bytes)},
      {"words", {{"total", s.words}, {"per_page", quantiles(s.words_per_page)}}},
      {"text_bytes", s.text_bytes},
      {"headings",
       {{"h1", s.headings[0]},
        {"h2", s.headings[1]},
        {"h3", s.headings[2]},
        {"h4", s.headings[3]},
        {"h5", s.headings[4]},
        {"h6", s.headings[5]}}},
      {"images", {{"total", s.images}, {"without_alt", s.images_without_alt}}},
      {"forms", s.forms},
      {"inline_bytes", {{"script", s.script_bytes}, {"style", s.style_bytes}}},
      {"structured", {{"json_ld", s.json_ld}, {"microdata", s.microdata}, {"feeds", s.feeds}}},
      {"robots", {{"noindex", s.noindex}, {"nofollow", s.nofollow}}},
      {"links",
       {{"total", s.links_total},
        {"unique", s.links_unique.estimate()},
        {"internal", s.links_internal},
        {"external", s.links_external},
        {"nofollow", s.links_nofollow},
        {"unparsable", s.links_bad},
        {"dropped", s.links_dropped},
        {"per_page", quantiles(s.links_per_page)},
        {"by_element", counter(s.link_elements)},
        {"by_kind", kinds(s.link_kinds)},
        {"by_rel", counter(s.link_rels)}}},
      {"extract", extracted(s)},
      {"slowest", extremes(s.slowest, "ms")},
      {"largest", extremes(s.largest, "bytes")},
  };
}

Json queue(const concurrency::QueueStats& stats) {
  return {{"capacity", stats.capacity},
          {"mean", rounded(stats.mean_fill)},
          {"max", stats.max_fill},
          {"put_blocked_seconds", rounded(stats.put_blocked_seconds)},
          {"get_starved_seconds", rounded(stats.get_starved_seconds)}};
}

Json host_tables(const HostTables& t) {
  return {{"time_ms", quantiles(t.parse_ms)},
          {"page_bytes", quantiles(t.page_bytes)},
          {"charsets", counter(t.charsets, kMaxHostNames)},
          {"charset_declared", counter(t.charsets_declared, kMaxHostNames)},
          {"languages", counter(t.languages, kMaxHostNames)},
          {"elements", counter(t.elements, kMaxHostNames)},
          {"links_by_kind", kinds(t.link_kinds)},
          {"links_by_rel", counter(t.link_rels, kMaxHostNames)},
          {"slowest", {{"url", t.slowest.url}, {"ms", rounded(t.slowest.value)}}},
          {"largest", {{"url", t.largest.url}, {"bytes", rounded(t.largest.value)}}}};
}

// What the pages of a host say; its tables are null for hosts beyond the first thousand of a run.
Json host_pages(const HostFigures& f) {
  return {{"pages", f.parsed},
          {"bytes", f.bytes_parsed},
          {"megabytes_per_second", share(static_cast<double>(f.bytes_parsed) / 1e3, f.parse_ms)},
          {"errors", f.parse_errors},
          {"titles", {{"missing", f.titles_missing}, {"repeated", f.titles_repeated}}},
          {"duplicates", {{"exact", f.exact_duplicates}, {"near", f.near_duplicates}}},
          {"charset_not_as_declared", f.charset_disagrees},
          {"robots", {{"noindex", f.noindex}, {"nofollow", f.nofollow}}},
          {"words", f.words},
          {"links",
           {{"internal", f.links_internal},
            {"external", f.links_external},
            {"nofollow", f.links_nofollow}}},
          {"tables", f.tables && f.parsed > 0 ? host_tables(*f.tables) : Json()}};
}

Json hosts(const Progress& now, const Statistics& statistics) {
  static const HostFigures none;
  Json json = Json::object();
  std::size_t listed = 0;
  for (const HostProof& proof : now.fetch.hosts) {
    if (++listed > kMaxHosts) break;
    const auto found = statistics.hosts.find(proof.host);
    const HostFigures& figures = found == statistics.hosts.end() ? none : found->second;
    json[proof.host] = {
        {"requests", proof.requests},
        {"pages", figures.pages},
        {"failed", figures.failed},
        {"bytes_wire", figures.bytes_wire},
        {"fetch_ms_mean", share(figures.fetch_ms, static_cast<double>(figures.fetched))},
        {"parse_ms_mean", share(figures.parse_ms, static_cast<double>(figures.parsed))},
        {"delay_ms", rounded(proof.delay_ms)},
        {"smallest_gap_ms",
         proof.smallest_gap_ms < 0 ? Json() : Json(rounded(proof.smallest_gap_ms))},
        {"max_concurrent", proof.max_concurrent},
        {"backoffs", proof.backoffs},
        {"robots", proof.robots},
        {"response_ms", rounded(proof.response_ms)},
        {"robots_denied", proof.robots_denied},
        {"robots_decisions",
         {{"no_rule", proof.robots_unmentioned},
          {"allowed", proof.robots_allowed},
          {"denied", proof.robots_denied},
          {"unavailable", proof.robots_failed}}},
        {"parse", host_pages(figures)}};
  }
  return json;
}

// What each kind of thread used; "waited" and "preempted" of `weir stats`.
Json threads() {
  Json json = Json::object();
  for (const auto& [name, totals] : concurrency::thread_totals()) {
    json[name] = {{"threads", totals.threads},
                  {"cpu_seconds", rounded(seconds(totals.usage.cpu))},
                  {"voluntary_switches", totals.usage.voluntary_switches},
                  {"involuntary_switches", totals.usage.involuntary_switches}};
  }
  return json;
}

// The parser processes, one by one: all have ended.
Json processes(const Pipeline& pipeline) {
  Json json = Json::array();
  for (const concurrency::PoolWorkerFigures& each : pipeline.parsers()) {
    const concurrency::ExitStatus exit = each.exit.value_or(concurrency::ExitStatus{});
    json.push_back({{"name", each.name},
                    {"pid", each.pid},
                    {"pages", each.tasks},
                    {"cpu_seconds", rounded(seconds(exit.cpu))},
                    {"peak_rss_bytes", exit.peak_rss},
                    {"end", exit.describe()}});
  }
  return json;
}

double cpu_of(int who) {
  rusage usage{};
  ::getrusage(who, &usage);
  const auto seconds = [](const timeval& t) { return double(t.tv_sec) + double(t.tv_usec) / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::uint64_t peak_rss() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace

Flow flow_of(const config::Settings& settings, const Progress& now) {
  Flow flow;
  flow.elapsed = now.elapsed;
  flow.cpus = static_cast<std::size_t>(concurrency::available_cpus());
  flow.transfers = settings.fetch.transfers;
  flow.transfers_mean = share(now.fetch.transfer_seconds, now.elapsed);
  flow.fetch_blocked = now.fetch.times.queue_full;
  flow.credit_paused = now.elapsed * share(now.fetch.paused_seconds, now.fetch.transfer_seconds);
  flow.polite_wait = now.fetch.times.polite;
  flow.frontier_empty = now.fetch.times.nothing;
  flow.loop_busy = share(now.fetch.busy_seconds, now.elapsed);
  flow.store_busy = share(now.store.busy_seconds, now.elapsed);
  flow.parses_apart = settings.parse.mode != config::ParseMode::kInline;
  flow.parsers = now.parse.workers;
  flow.parse_busy =
      share(now.parse.busy_seconds, now.elapsed * static_cast<double>(now.parse.workers));
  return flow;
}

std::string summary_json(const config::Settings& settings, const Pipeline& pipeline) {
  const Progress now = pipeline.progress();
  const Statistics& statistics = pipeline.statistics();
  const Flow flow = flow_of(settings, now);
  const Bottleneck bottleneck = find_bottleneck(flow);
  Json outcomes = Json::object();
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    outcomes[std::string(outcome_name(static_cast<Outcome>(i)))] = statistics.outcomes[i];
  }
  Json status = Json::object();
  for (const auto& [code, times] : statistics.status) status[std::to_string(code)] = times;

  const Json json = {
      {"finish_reason", finish_name(pipeline.finish())},
      {"error", pipeline.why().empty() ? Json() : Json(pipeline.why())},
      {"elapsed_seconds", rounded(now.elapsed)},
      {"urls", urls(now, statistics)},
      {"outcomes", outcomes},
      {"status", status},
      {"bytes", {{"wire", statistics.bytes_wire}, {"decoded", statistics.bytes_decoded}}},
      {"fetch", fetch_summary(settings, now, statistics)},
      {"parse", parse_summary(settings, now, pipeline)},
      {"queues", {{"pages", queue(now.pages)}, {"store", queue(now.inbox)}}},
      {"stages",
       {{"fetch", {{"busy_ratio", flow.loop_busy}}},
        {"parse", {{"busy_ratio", flow.parse_busy}}},
        {"store", {{"busy_ratio", flow.store_busy}}}}},
      {"bottleneck",
       {{"stage", bottleneck.stage},
        {"because", bottleneck.because},
        {"advice", bottleneck.advice}}},
      {"hosts", hosts(now, statistics)},
      {"memory",
       {{"budget_bytes", settings.queue.memory},
        {"bodies_high_water_bytes", now.memory.high_water},
        {"waits_for_memory", now.memory.refusals},
        {"peak_rss_bytes", peak_rss()}}},
      {"cpu_seconds",
       {{"coordinator", rounded(cpu_of(RUSAGE_SELF))},
        {"workers", rounded(now.parse.cpu_seconds)}}},
      {"threads", threads()},
      {"processes", processes(pipeline)},
      {"failed_seeds", pipeline.failed_seeds()},
  };
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace weir
