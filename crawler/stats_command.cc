#include "crawler/stats_command.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>

#include "crawler/live_board.h"
#include "crawler/live_line.h"
#include "crawler/record_groups.h"
#include "crawler/stats_details.h"
#include "crawler/terminal.h"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;

struct Run {
  std::string name;
  Json summary;
};

// One line of the table: a label, and what it shows of a run.
struct Row {
  std::string label;  // empty: a blank line, with `heading` as its text
  std::string path;   // JSON pointer into the summary
  std::function<std::string(const Json&)> show;
};

std::string bytes(const Json& value) { return human_bytes(value.get<double>()); }
std::string ratio(const Json& value) { return fmt::format("{:.0f} %", 100 * value.get<double>()); }
std::string seconds(const Json& value) { return human_time(value.get<double>()); }
std::string kilobytes(const Json& v) {
  const auto kb = [&](const char* key) { return number(v.at(key).get<double>() / 1000); };
  return fmt::format("{} / {} / {}", kb("p50"), kb("p90"), kb("p99"));
}
std::string milliseconds(const Json& v) {
  return fmt::format("{} / {} / {}", number(v.at("p50")), number(v.at("p90")), number(v.at("p99")));
}

const std::vector<Row>& rows() {
  static const std::vector<Row> table = {
      {"finish reason", "/finish_reason", text},
      {"elapsed", "/elapsed_seconds", seconds},
      {"", "Pages", nullptr},
      {"recorded with a status", "/urls/fetched", number},
      {"ok", "/urls/ok", number},
      {"failed", "/urls/failed", number},
      {"left to do", "/urls/pending", number},
      {"asked per second", "/fetch/pages_per_second", number},
      {"bytes on the wire", "/bytes/wire", bytes},
      {"bytes decoded", "/bytes/decoded", bytes},
      {"", "Fetching", nullptr},
      {"IO model", "/fetch/io", text},
      {"transfers allowed", "/fetch/transfers", number},
      {"in flight, mean", "/fetch/transfers_mean", number},
      {"latency ms p50/p90/p99", "/fetch/latency_ms", milliseconds},
      {"retries", "/fetch/retries", number},
      {"loop busy", "/stages/fetch/busy_ratio", ratio},
      {"", "Parsing", nullptr},
      {"mode", "/parse/mode", text},
      {"workers", "/parse/workers", number},
      {"HTML pages", "/parse/pages", number},
      {"MB/s of a worker", "/parse/megabytes_per_second", number},
      {"time ms p50/p90/p99", "/parse/time_ms", milliseconds},
      {"KB p50/p90/p99", "/parse/page_bytes", kilobytes},
      {"workers busy", "/stages/parse/busy_ratio", ratio},
      {"crashes", "/parse/crashes", number},
      {"timeouts", "/parse/timeouts", number},
      {"", "Page queue", nullptr},
      {"capacity", "/queues/pages/capacity", number},
      {"mean fill", "/queues/pages/mean", number},
      {"fetching blocked", "/queues/pages/put_blocked_seconds", seconds},
      {"parsing starved", "/queues/pages/get_starved_seconds", seconds},
      {"", "What the pages say", nullptr},
      {"words", "/parse/words/total", number},
      {"links", "/parse/links/total", number},
      {"  different targets", "/parse/links/unique", number},
      {"  internal", "/parse/links/internal", number},
      {"  external", "/parse/links/external", number},
      {"  nofollow", "/parse/links/nofollow", number},
      {"titles missing", "/parse/titles/missing", number},
      {"titles repeated", "/parse/titles/repeated", number},
      {"duplicates, exact", "/parse/duplicates/exact/pages", number},
      {"duplicates, near", "/parse/duplicates/near/pages", number},
      {"charset not as said", "/parse/charset_not_as_declared", number},
      {"noindex", "/parse/robots/noindex", number},
      {"images without alt", "/parse/images/without_alt", number},
      {"tree depth p50/p90/p99", "/parse/depth", milliseconds},
      {"", "Cost", nullptr},
      {"CPU coordinator", "/cpu_seconds/coordinator", seconds},
      {"CPU workers", "/cpu_seconds/workers", seconds},
      {"peak memory", "/memory/peak_rss_bytes", bytes},
  };
  return table;
}

std::string cell(const Row& row, const Json& summary) {
  const Json::json_pointer path(row.path);
  if (!summary.contains(path)) return "-";
  try {
    return row.show(summary.at(path));
  } catch (const Json::exception&) {
    return "-";
  }
}

std::string table(const std::vector<Run>& runs) {
  std::size_t width = 12;
  for (const Run& run : runs) width = std::max(width, runs.size() > 1 ? run.name.size() + 2 : 0);
  for (const Row& row : rows()) {
    if (row.label.empty()) continue;
    for (const Run& run : runs) width = std::max(width, cell(row, run.summary).size() + 2);
  }
  std::string out;
  if (runs.size() > 1) {
    out += fmt::format("{:26}", "");
    for (const Run& run : runs) out += fmt::format("{:>{}}", run.name, width);
    out += '\n';
  }
  for (const Row& row : rows()) {
    if (row.label.empty()) {
      out += fmt::format("\n{}\n", row.path);
      continue;
    }
    out += fmt::format("  {:24}", row.label);
    for (const Run& run : runs) out += fmt::format("{:>{}}", cell(row, run.summary), width);
    out += '\n';
  }
  return out;
}

std::string verdict(const Run& run) {
  const Json& b = run.summary.at("bottleneck");
  return fmt::format("\nBottleneck of {}: {}\n  {}\n  to change it: {}\n", run.name,
                     text(b.at("stage")), text(b.at("because")), text(b.at("advice")));
}

std::string csv(const std::vector<Run>& runs) {
  std::string out = "run";
  for (const Row& row : rows()) {
    if (!row.label.empty()) out += "," + row.path.substr(1);
  }
  out += '\n';
  for (const Run& run : runs) {
    out += '"' + run.name + '"';
    for (const Row& row : rows()) {
      if (row.label.empty()) continue;
      const Json::json_pointer path(row.path);
      const Json value = run.summary.contains(path) ? run.summary.at(path) : Json();
      out += ',' + (value.is_object() ? value.at("p50").dump()
                    : value.is_null() ? ""
                                      : value.dump());
    }
    out += '\n';
  }
  return out;
}

// Why the summary cannot be had, or nothing.
std::optional<std::string> read_run(const std::string& folder, Run& run) {
  const std::filesystem::path path = std::filesystem::path(folder) / "summary.json";
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    return std::filesystem::exists(folder) ? folder +
                                                 ": no summary.json in it; is the crawl still "
                                                 "running, or is this another folder?"
                                           : folder + ": there is no such run folder";
  }
  const std::string content((std::istreambuf_iterator<char>(in)), {});
  run.name = std::filesystem::path(folder).lexically_normal().filename().string();
  if (run.name.empty()) run.name = folder;
  run.summary = Json::parse(content, nullptr, false);
  if (!run.summary.is_object() || !run.summary.contains("bottleneck")) {
    return path.string() + " is not a summary of weir";
  }
  return std::nullopt;
}

std::string cut(const std::string& name, std::size_t most) {
  if (name.size() <= most) return name;
  std::size_t end = most - 3;
  while (end > 0 && (name[end] & 0xC0) == 0x80) --end;  // not within a character
  return name.substr(0, end) + "...";
}

// The groups of one run, most pages first; none if no record has the key.
std::optional<std::string> grouped(const std::string& folder, const std::string& key) {
  const RecordGroups groups = group_records(folder + "/pages.jsonl", key);
  if (!groups.known_key) return std::nullopt;
  std::vector<std::pair<std::string, RecordGroup>> sorted(groups.by_name.begin(),
                                                          groups.by_name.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second.pages > b.second.pages; });
  std::string out = fmt::format("{:40}{:>10}{:>10}{:>9}{:>12}{:>10}{:>10}{:>10}\n", key, "pages",
                                "ok", "failed", "bytes", "fetch ms", "parse ms", "words");
  for (const auto& entry : sorted) {
    const std::string& name = entry.first;
    const RecordGroup& g = entry.second;
    const auto mean = [&](double sum) { return sum / static_cast<double>(g.pages); };
    out += fmt::format("{:40}{:>10}{:>10}{:>9}{:>12}{:>10.1f}{:>10.2f}{:>10}\n", cut(name, 39),
                       g.pages, g.ok, g.failed, human_bytes(static_cast<double>(g.bytes_wire)),
                       mean(g.fetch_ms), mean(g.parse_ms), g.words);
  }
  if (groups.unreadable > 0) out += fmt::format("({} lines are no records)\n", groups.unreadable);
  return crawler::for_terminal(out);
}

std::string whole(const std::vector<Run>& runs) {
  std::string out = table(runs);
  if (runs.size() == 1) out += stats_details(runs.front().summary);
  for (const Run& run : runs) out += verdict(run);
  return crawler::for_terminal(out);
}

int print_groups(const std::vector<std::string>& folders, const std::string& key) {
  for (const std::string& folder : folders) {
    try {
      const auto text = grouped(folder, key);
      if (!text) {
        std::cerr << "weir stats: no record of " << folder << " has the key '" << key
                  << "'; docs/records.md lists them\n";
        return 2;
      }
      std::cout << (folders.size() > 1 ? folder + "\n" : "") << *text;
    } catch (const std::system_error& error) {
      std::cerr << "weir stats: " << error.what() << '\n';
      return 2;
    }
  }
  return 0;
}

}  // namespace

std::string summary_text(const std::string& name, std::string_view summary_json) {
  return whole({Run{name, Json::parse(summary_json)}});
}

int stats_command(const std::vector<std::string>& arguments) {
  CLI::App app{
      "Print the statistics of one run, or of several side by side; of a run that is under way, "
      "how "
      "far it is and what its threads and parsers do.",
      "weir stats"};
  std::vector<std::string> folders;
  std::string by;
  bool as_json = false, as_csv = false;
  app.add_option("RUN", folders, "run folders, as `weir crawl` made them")->required();
  app.add_flag("--json", as_json,
               "the summaries as JSON: an object for one run, a list for several");
  app.add_flag("--csv", as_csv, "one line a run, for spreadsheets");
  app.add_option("--by", by,
                 "sum up the records by one of their keys: host, outcome, list, lang, depth, ...");
  app.footer(
      "Examples:\n  weir stats runs/site-20260101-120000\n"
      "  weir stats runs/two-parsers runs/four-parsers\n"
      "  weir stats RUN --by host\n"
      "  weir stats --json RUN | jq .bottleneck");
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (!by.empty()) return print_groups(folders, by);
  std::vector<Run> runs(folders.size());
  for (std::size_t i = 0; i < folders.size(); ++i) {
    if (folders.size() == 1 && !as_json && !as_csv) {
      if (const auto text = live_text(folders[0])) {
        std::cout << *text;
        return 0;
      }
    }
    if (const auto problem = read_run(folders[i], runs[i])) {
      std::cerr << "weir stats: " << *problem << '\n';
      return 2;
    }
  }
  try {
    if (as_csv) {
      std::cout << csv(runs);
    } else if (as_json && runs.size() == 1) {
      std::cout << runs.front().summary.dump(2) << '\n';
    } else if (as_json) {
      Json list = Json::array();
      for (const Run& run : runs) list.push_back({{"run", run.name}, {"summary", run.summary}});
      std::cout << list.dump(2) << '\n';
    } else {
      std::cout << whole(runs);
    }
  } catch (const Json::exception& error) {
    std::cerr << "weir stats: a summary lacks what weir writes: " << error.what() << '\n';
    return 2;
  }
  return 0;
}

}  // namespace weir
