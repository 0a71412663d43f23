// Inspectors of what parse/ makes of headers, charsets and sitemaps.
#include <nlohmann/json.hpp>

#include "crawler/base64.h"
#include "crawler/inspectors.h"
#include "parse/charset.h"
#include "parse/content_encoding.h"
#include "parse/header_values.h"
#include "parse/sitemap.h"
#include "parse/url.h"

namespace weir {
namespace {

using nlohmann::json;

// A body: base64 in records, bytes from the command line.
std::string body_of(const json& record) {
  const auto bytes = record.find("body");
  if (bytes != record.end()) return bytes->get<std::string>();
  return from_base64(record.at("b64").get<std::string>());
}

std::string string_of(const json& record, const char* key) {
  const auto found = record.find(key);
  return found != record.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// All values of a header: an array in records, one from the command line.
std::vector<std::string> values_of(const json& record) {
  const json& values = record.at("values");
  if (values.is_string()) return {values.get<std::string>()};
  return values.get<std::vector<std::string>>();
}

std::vector<std::string_view> views_of(const std::vector<std::string>& strings) {
  return {strings.begin(), strings.end()};
}

json or_null(const std::string& text) { return text.empty() ? json() : json(text); }

json inspect_charset(const json& record) {
  const std::string body = body_of(record);
  const std::string header = string_of(record, "content_type");
  const parse::ContentType type = parse::parse_content_type({header});
  const parse::Charset charset = parse::sniff_charset(body, type.charset, parse::ParseHtml::kYes);
  std::string buffer;
  return {{"encoding", charset.encoding},
          {"source", parse::name_of(charset.source)},
          {"text", parse::to_utf8(body, charset, buffer)}};
}

json inspect_content_type(const json& record) {
  const auto values = values_of(record);
  const parse::ContentType type = parse::parse_content_type(views_of(values));
  return {{"essence", or_null(type.essence)}, {"charset", or_null(type.charset)}};
}

json inspect_retry_after(const json& record) {
  const auto clock = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const std::chrono::sys_seconds now(
      std::chrono::seconds(record.value("now", std::int64_t{clock.time_since_epoch().count()})));
  const auto delay = parse::parse_retry_after(string_of(record, "value"), now);
  return {{"delay", delay ? json(delay->count()) : json()}};
}

json inspect_link_header(const json& record) {
  const auto values = values_of(record);
  const auto base = parse::Url::parse(string_of(record, "base"));
  json links = json::array();
  for (const parse::HeaderLink& link : parse::parse_link_header(views_of(values))) {
    const auto url = parse::Url::parse(link.target, base ? &*base : nullptr);
    if (url) links.push_back({url->href(), link.rel});
  }
  return {{"links", links}};
}

json inspect_refresh(const json& record) {
  const auto refresh = parse::parse_refresh(string_of(record, "input"));
  if (!refresh) return {{"time", nullptr}, {"url", nullptr}};
  return {{"time", refresh->seconds}, {"url", refresh->url ? json(*refresh->url) : json()}};
}

json inspect_srcset(const json& record) {
  const std::string input = string_of(record, "input");
  return {{"urls", parse::parse_srcset(input)}};
}

json inspect_sitemap(const json& record) {
  const parse::Sitemap map = parse::parse_sitemap(body_of(record));
  json urls = json::array();
  for (const parse::SitemapUrl& url : map.urls) {
    json entry = {{"loc", url.loc}};
    if (!url.lastmod.empty()) entry["lastmod"] = url.lastmod;
    if (!url.changefreq.empty()) entry["changefreq"] = url.changefreq;
    if (!url.priority.empty()) entry["priority"] = url.priority;
    urls.push_back(std::move(entry));
  }
  return {{"kind", parse::name_of(map.kind)},
          {"urls", urls},
          {"recovered", map.recovered},
          {"truncated", map.truncated},
          {"error", or_null(map.error)}};
}

}  // namespace

void add_text_inspectors(Inspectors& all) {
  all["charset"] = {.help = "the encoding of a body, and its text as UTF-8",
                    .argument = {.name = "body", .file = true},
                    .options = {{.name = "content_type", .flag = "--content-type"}},
                    .answer = inspect_charset};
  all["content_type"] = {.help = "what a Content-Type header says",
                         .argument = {.name = "values"},
                         .answer = inspect_content_type};
  all["retry_after"] = {.help = "the seconds that a Retry-After header asks to wait",
                        .argument = {.name = "value"},
                        .answer = inspect_retry_after};
  all["link_header"] = {
      .help = "the links of a Link header",
      .argument = {.name = "values"},
      .options = {{.name = "base", .flag = "--base", .preset = "http://localhost/"}},
      .answer = inspect_link_header};
  all["refresh"] = {.help = "what a meta refresh or Refresh header says",
                    .argument = {.name = "input"},
                    .answer = inspect_refresh};
  all["srcset"] = {.help = "the URLs of a srcset attribute",
                   .argument = {.name = "input"},
                   .answer = inspect_srcset};
  all["sitemaps"] = {.help = "the URLs of a sitemap or feed",
                     .argument = {.name = "body", .file = true},
                     .answer = inspect_sitemap};
}

}  // namespace weir
