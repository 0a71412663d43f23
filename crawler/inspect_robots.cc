#include <nlohmann/json.hpp>

#include "crawler/base64.h"
#include "crawler/inspectors.h"
#include "parse/robots.h"
#include "parse/url.h"

namespace weir {
namespace {

using nlohmann::json;
using parse::Robots;
using parse::Url;

Robots robots_of(const json& record) {
  return Robots::parse(record.contains("robots_b64")
                           ? from_base64(record["robots_b64"].get<std::string>())
                           : record.at("robots").get<std::string>());
}

json robots_answer(const json& record) {
  const auto url = Url::parse(record.at("url").get<std::string>());
  if (!url) return {{"error", "not a URL"}};
  const auto decision = robots_of(record).allowed(record.at("agent").get<std::string>(), *url);
  json got = {{"allowed", decision.allowed}};
  if (decision.line > 0) {
    got["rule"] = decision.rule;
    got["line"] = decision.line;
  } else {
    got["rule"] = nullptr;
  }
  return got;
}

json fields_answer(const json& record) {
  const Robots robots = robots_of(record);
  const auto base = Url::parse(record.value("base", ""));
  json sitemaps = json::array();
  for (const std::string& written : robots.sitemaps()) {
    if (const auto url = Url::parse(written, base ? &*base : nullptr)) {
      sitemaps.push_back(url->href());
    }
  }
  const auto delay = robots.crawl_delay(record.at("agent").get<std::string>());
  return {{"sitemaps", sitemaps}, {"crawl_delay", delay ? json(*delay) : json()}};
}

}  // namespace

void add_robots_inspectors(Inspectors& all) {
  const InspectField agent{.name = "agent", .flag = "--agent", .preset = "weir"};
  all["robots"] = {.help = "may an agent ask for a URL, and which rule says so",
                   .argument = {.name = "url"},
                   .options = {{.name = "robots", .file = true, .flag = "--file"}, agent},
                   .answer = robots_answer};
  all["robots_fields"] = {.help = "the sitemaps and the crawl delay of a robots.txt",
                          .argument = {.name = "robots", .file = true},
                          .options = {{.name = "base", .flag = "--base"}, agent},
                          .answer = fields_answer};
}

}  // namespace weir
