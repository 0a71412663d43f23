#include "crawler/stats_details.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "crawler/live_line.h"

namespace weir {

using Json = nlohmann::ordered_json;

std::string number(const Json& value) {
  if (value.is_null()) return "-";
  if (value.is_number_integer()) {
    std::string digits = std::to_string(value.get<std::int64_t>());
    for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
      digits.insert(static_cast<std::size_t>(at), ",");
    }
    return digits;
  }
  const double x = value.get<double>();
  return fmt::format("{:.{}f}", x, x >= 100 ? 0 : x >= 1 ? 1 : 3);
}

std::string text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

namespace {

// "outcomes: ok 120, http_error 3"; nothing for what never happened.
std::string listed(const std::string& label, const Json& counts, std::size_t most) {
  std::string out;
  std::size_t shown = 0;
  std::size_t more = 0;
  for (const auto& [name, times] : counts.items()) {
    if (!times.is_number() || times.get<double>() == 0) continue;
    if (++shown > most) {
      ++more;
      continue;
    }
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", name, number(times));
  }
  if (more > 0) out += fmt::format(", {} more", more);
  return out.empty() ? "" : fmt::format("  {:14} {}\n", label, out);
}

std::string extracts(const Json& extract) {
  if (extract.at("names").empty()) return "";
  std::string out = "\nExtracted\n";
  for (const auto& [name, found] : extract.at("names").items()) {
    out += fmt::format("  {:24} {} values on {} pages\n", name, number(found.at("values")),
                       number(found.at("pages")));
  }
  if (extract.at("dropped") != 0) {
    out += fmt::format("  {} more were left out\n", number(extract.at("dropped")));
  }
  return out;
}

std::string duplicates(const char* title, const Json& found) {
  std::string out;
  for (const Json& group : found.at("largest")) {
    if (out.empty()) out = fmt::format("\n{} (pages, the first two)\n", title);
    out += fmt::format("  {:>10}  {}\n  {:10}  {}\n", number(group.at("pages")),
                       text(group.at("urls").at(0)), "", text(group.at("urls").at(1)));
    if (std::count(out.begin(), out.end(), '\n') > 2 * 3) break;
  }
  return out;
}

// What the pages of the hosts with most requests say.
std::string hosts(const Json& all) {
  std::string out =
      fmt::format("\n{:32}{:>8}{:>8}{:>10}{:>10}{:>8}{:>8}{:>8}  {}\n", "Hosts", "HTML", "errors",
                  "no title", "repeated", "same", "near", "ms p50", "charset, language");
  std::size_t shown = 0;
  for (const auto& [name, host] : all.items()) {
    if (!host.contains("parse") || host.at("parse").at("pages") == 0) continue;
    const Json& p = host.at("parse");
    if (++shown > 10) break;
    const Json& tables = p.at("tables");
    const auto first = [&](const char* key) {
      return tables.is_null() || tables.at(key).empty() ? "-" : tables.at(key).begin().key();
    };
    out +=
        fmt::format("  {:30}{:>8}{:>8}{:>10}{:>10}{:>8}{:>8}{:>8}  {}, {}\n",
                    name.size() <= 29 ? name : name.substr(0, 26) + "...", number(p.at("pages")),
                    number(p.at("errors")), number(p.at("titles").at("missing")),
                    number(p.at("titles").at("repeated")), number(p.at("duplicates").at("exact")),
                    number(p.at("duplicates").at("near")),
                    tables.is_null() ? "-" : number(tables.at("time_ms").at("p50")),
                    first("charsets"), first("languages"));
  }
  return shown == 0 ? "" : out;
}

// What each kind of thread used, and each parser process.
std::string crew(const Json& s) {
  if (!s.contains("threads") || !s.contains("processes")) return {};  // of an earlier version
  std::string out =
      fmt::format("\n{:30}{:>8}{:>12}{:>12}\n", "Threads", "CPU s", "waited", "preempted");
  for (const auto& [name, thread] : s.at("threads").items()) {
    const auto many = thread.at("threads").get<std::uint64_t>();
    out += fmt::format(
        "  {:28}{:>8.2f}{:>12}{:>12}\n", many == 1 ? name : fmt::format("{} ({})", name, many),
        thread.at("cpu_seconds").get<double>(), number(thread.at("voluntary_switches")),
        number(thread.at("involuntary_switches")));
  }
  if (s.at("processes").empty()) return out;
  out += fmt::format("\n{:30}{:>8}{:>12}{:>12}  end\n", "Parsers", "CPU s", "pages", "peak");
  std::size_t shown = 0;
  for (const Json& each : s.at("processes")) {
    if (++shown > 8) {
      out += fmt::format("  and {} more\n", s.at("processes").size() - 8);
      break;
    }
    out += fmt::format("  {:28}{:>8.2f}{:>12}{:>12}  {}\n", text(each.at("name")),
                       each.at("cpu_seconds").get<double>(), number(each.at("pages")),
                       human_bytes(each.at("peak_rss_bytes").get<double>()), text(each.at("end")));
  }
  return out;
}

}  // namespace

std::string stats_details(const Json& s) {
  const Json& said = s.at("parse");  // of an earlier version it lacks a few keys
  std::string out = "\nCounts\n";
  out += listed("outcomes", s.at("outcomes"), 30);
  out += listed("status", s.at("status"), 20);
  out += listed("skipped", s.at("urls").at("skipped"), 20);
  out += listed("parse errors", said.value("errors", Json()), 8);
  out += listed("charsets", said.at("charsets"), 8);
  out += listed("declared", said.value("charset_declared", Json()), 8);
  out += listed("declared > used", said.value("charset_declared_and_used", Json()), 8);
  out += listed("languages", said.at("languages"), 8);
  out += listed("elements", said.at("elements"), 12);
  out += listed("links by", said.at("links").at("by_element"), 12);
  out += listed("  kind", said.at("links").at("by_kind"), 8);
  out += listed("  rel", said.at("links").at("by_rel"), 12);
  if (said.contains("extract")) out += extracts(said.at("extract"));
  const auto urls = [&](const char* title, const char* key, const char* unit, auto show) {
    if (said.at(key).empty()) return;
    out += fmt::format("\n{}\n", title);
    for (std::size_t i = 0; i < std::min<std::size_t>(3, said.at(key).size()); ++i) {
      const Json& entry = said.at(key).at(i);
      out += fmt::format("  {:>10}  {}\n", show(entry.at(unit)), text(entry.at("url")));
    }
  };
  urls("Slowest to parse (ms)", "slowest", "ms", number);
  urls("Largest", "largest", "bytes",
       [](const Json& value) { return human_bytes(value.get<double>()); });
  if (said.contains("duplicates")) {
    out += duplicates("Same bytes", said.at("duplicates").at("exact"));
    out += duplicates("Nearly the same text", said.at("duplicates").at("near"));
  }
  out += hosts(s.at("hosts"));
  out += crew(s);
  if (!s.at("failed_seeds").empty()) {
    out += "\nSeeds that failed\n";
    for (const Json& seed : s.at("failed_seeds")) out += "  " + text(seed) + "\n";
  }
  return out;
}

}  // namespace weir
