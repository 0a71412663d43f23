#include <nlohmann/json.hpp>

#include "config/text_rules.h"
#include "config/values.h"
#include "crawler/inspect_sandbox.h"
#include "crawler/inspectors.h"
#include "parse/extract.h"
#include "parse/page.h"
#include "parse/tree.h"
#include "parse/tree_dump.h"

namespace weir {
namespace {

using nlohmann::json;
using parse::PageFacts;

constexpr std::size_t kTreeMemory = std::size_t{512} << 20;

parse::ParseRequest request_of(const json& record) {
  parse::ParseRequest request;
  request.url = record.value("url", "http://example.com/");
  // A record's text is UTF-8 whatever it says of itself; a file's bytes are as they came.
  request.headers.emplace_back("Content-Type",
                               record.value("content_type", "text/html; charset=utf-8"));
  if (record.contains("content_encoding")) {
    request.headers.emplace_back("Content-Encoding", record["content_encoding"].get<std::string>());
  }
  request.agent = record.value("agent", request.agent);
  if (const auto headers = record.find("headers"); headers != record.end()) {
    for (const json& header : *headers) {
      request.headers.emplace_back(header.at(0).get<std::string>(),
                                   header.at(1).get<std::string>());
    }
  }
  return request;
}

// "select" of a record: ["name=selector", ...].
config::Headers selectors_of(const json& record) {
  config::Headers rules;
  for (const json& line : record.value("select", json::array())) {
    const auto rule = config::split_extract(line.get<std::string>());
    if (!rule) throw BadInspectUse("'" + line.get<std::string>() + "' is not NAME=SELECTOR");
    rules.push_back(*rule);
  }
  if (const auto bad = parse::find_bad_extract(rules)) {
    const std::string name = bad->rule < rules.size() ? rules[bad->rule].first + ": " : "";
    throw BadInspectUse(name + bad->message);
  }
  return rules;
}

PageFacts facts_of(const json& record) {
  static parse::PageMemory memory(kTreeMemory);
  const auto html = record.at("html").get<std::string>();
  const parse::ExtractRules extract(selectors_of(record));
  parse::ParseRequest request = request_of(record);
  request.body = html;
  request.extract = &extract;
  return parse_page(request, memory);
}

// The facts as a worker process finds them, within limits; throws SandboxDeath.
PageFacts sandboxed_facts(const json& record) {
  parse::ParseRequest request = request_of(record);
  SandboxQuestion question{.url = std::move(request.url),
                           .headers = std::move(request.headers),
                           .body = record.at("html").get<std::string>()};
  question.settings.extract = selectors_of(record);
  const auto limit = [&](const char* name, auto read, auto& value) {
    if (!record.contains(name)) return;
    const auto text = record[name].get<std::string>();
    const auto number = read(text);
    if (!number) throw BadInspectUse("'" + text + "' is no limit such as 5s or 512MiB");
    value = *number;
  };
  limit("parse_timeout", config::parse_duration, question.settings.parse_timeout);
  limit("parse_memory", config::parse_size, question.settings.parse_memory);
  SandboxAnswer answer = ask_sandbox(question);
  if (!answer.death.empty()) throw SandboxDeath(answer.death);
  return std::move(*answer.facts);
}

PageFacts asked_facts(const json& record) {
  if (!record.contains("sandbox")) return facts_of(record);
  PageFacts facts = sandboxed_facts(record);
  if (facts.outcome == parse::PageOutcome::kOk) return facts;
  throw SandboxDeath(std::string(outcome_word(facts.outcome)) + ": " + facts.error);
}

json or_null(const std::optional<std::string>& text) { return text ? json(*text) : json(); }
json or_null(const std::string& text) { return text.empty() ? json() : json(text); }

json link_of(const parse::Link& link) {
  json out = {{"el", link.el},
              {"attr", link.attr},
              {"url", or_null(link.url)},
              {"kind", kind_word(link.kind)}};
  if (link.url.empty()) out["raw"] = link.raw;
  if (!link.rel.empty()) out["rel"] = link.rel;
  if (!link.text.empty()) out["text"] = link.text;
  return out;
}

// What a page says and where it leads. URLs in CSS are apart, for HTML knows nothing of them.
json links_answer(const json& record) {
  const PageFacts facts = asked_facts(record);
  if (facts.outcome != parse::PageOutcome::kOk) {
    return {{"outcome", outcome_word(facts.outcome)}, {"error", facts.error}};
  }
  json got = {{"title", or_null(facts.title)},
              {"base", facts.base},
              {"description", or_null(facts.description)},
              {"lang", or_null(facts.lang)},
              {"canonical", or_null(facts.canonical)},
              {"refresh", nullptr},
              {"robots", facts.robots},
              {"links", json::array()},
              {"css", json::array()}};
  if (facts.refresh) {
    got["refresh"] = {{"time", facts.refresh->seconds}, {"url", or_null(facts.refresh->url)}};
  }
  for (const parse::Link& link : facts.links) {
    got[link.kind == parse::LinkKind::kCss ? "css" : "links"].push_back(link_of(link));
  }
  return got;
}

// As pages.jsonl has it, under "extract".
json extract_answer(const json& record) {
  const PageFacts facts = asked_facts(record);
  if (facts.outcome != parse::PageOutcome::kOk) {
    return {{"outcome", outcome_word(facts.outcome)}, {"error", facts.error}};
  }
  json got = json::object();
  const config::Headers rules = selectors_of(record);
  for (std::size_t i = 0; i < facts.extracted.size(); ++i) {
    const std::vector<std::string>& values = facts.extracted[i];
    got[rules[i].first] = values.size() > 1 ? json(values)
                          : values.empty()  ? json()
                                            : json(values.front());
  }
  return got;
}

json robots_answer(const json& record) {
  const PageFacts facts = facts_of(record);
  return {{"noindex", facts.noindex}, {"nofollow", facts.nofollow}};
}

json counts_of(const std::vector<parse::NamedCount>& counts) {
  json out = json::object();
  for (const auto& [name, count] : counts) out[name] = count;
  return out;
}

std::string hex(const std::uint8_t* bytes, std::size_t size) {
  std::string out;
  for (std::size_t i = 0; i < size; ++i) {
    out += "0123456789abcdef"[bytes[i] >> 4];
    out += "0123456789abcdef"[bytes[i] & 15];
  }
  return out;
}

json html_answer(const json& record) {
  const PageFacts facts = facts_of(record);
  json feeds = json::array();
  for (const parse::Feed& feed : facts.feeds) {
    feeds.push_back({{"url", feed.url}, {"type", feed.type}, {"title", feed.title}});
  }
  json kinds = json::object();
  for (const parse::Link& link : facts.links) {
    json& count = kinds[std::string(kind_word(link.kind))];
    count = count.is_null() ? 1 : count.get<int>() + 1;
  }
  std::array<std::uint8_t, 8> simhash{};
  for (std::size_t i = 0; i < 8; ++i) {
    simhash[i] = static_cast<std::uint8_t>(facts.simhash >> (56 - 8 * i));
  }
  json got = {{"outcome", outcome_word(facts.outcome)},
              {"content_type", facts.content_type},
              {"charset", facts.charset},
              {"charset_from", facts.charset_from},
              {"charset_declared", or_null(facts.charset_declared)},
              {"title", or_null(facts.title)},
              {"description", or_null(facts.description)},
              {"lang", or_null(facts.lang)},
              {"base", facts.base},
              {"canonical", or_null(facts.canonical)},
              {"robots", facts.robots},
              {"noindex", facts.noindex},
              {"nofollow", facts.nofollow},
              {"feeds", feeds},
              {"open_graph", facts.open_graph},
              {"json_ld", facts.json_ld},
              {"microdata", facts.microdata},
              {"links", facts.links.size()},
              {"links_by_kind", kinds},
              {"links_dropped", facts.links_dropped},
              {"words", facts.words},
              {"text_bytes", facts.text_bytes},
              {"headings", facts.headings},
              {"depth", facts.depth},
              {"elements", counts_of(facts.elements)},
              {"images", facts.images},
              {"images_without_alt", facts.images_without_alt},
              {"forms", facts.forms},
              {"script_bytes", facts.script_bytes},
              {"style_bytes", facts.style_bytes},
              {"bytes_decoded", facts.bytes_decoded},
              {"bytes_parsed", facts.bytes_parsed},
              {"digest", "sha256:" + hex(facts.digest.data(), facts.digest.size())},
              {"simhash", hex(simhash.data(), simhash.size())}};
  if (!facts.error.empty()) got["error"] = facts.error;
  return got;
}

parse::Tree& tree_of(const std::string& html) {
  static parse::Tree tree(kTreeMemory);
  if (!tree.build(html)) throw json::other_error::create(500, "the tree is too large", nullptr);
  return tree;
}

json tree_answer(const json& record) {
  return {{"document", dump_tree(tree_of(record.at("data").get<std::string>()))}};
}

// The text of body, and the first link's address.
class TextOfBody : public parse::TreeVisitor {
 public:
  bool enter(const parse::Element& element) override {
    if (element.is_template()) return false;
    if (element.is_html(body_)) inside_ = true;
    if (element.is_html(a_) && !href && element.find("href") != nullptr) {
      href = element.find("href");
    }
    return true;
  }
  void leave(const parse::Element& element) override {
    if (element.is_html(body_)) inside_ = false;
  }
  void text(std::string_view text) override {
    if (inside_) body.append(text);
  }

  std::string body;
  std::optional<std::string> href;

 private:
  const std::uint16_t body_ = parse::tag_number("body");
  const std::uint16_t a_ = parse::tag_number("a");
  bool inside_ = false;
};

json entities_answer(const json& record) {
  TextOfBody visitor;
  tree_of(record.at("html").get<std::string>()).walk(visitor);
  return {{"text", visitor.body}, {"href", or_null(visitor.href)}};
}

}  // namespace

void add_html_inspectors(Inspectors& all) {
  const InspectField file{.name = "html", .file = true};
  const std::vector<InspectField> options = {
      {.name = "url", .flag = "--url", .preset = "http://example.com/"},
      {.name = "content_type", .flag = "--content-type", .preset = "text/html"},
      {.name = "content_encoding", .flag = "--content-encoding"}};
  all["links"] = {.help = "what a page says of itself and where it leads",
                  .argument = file,
                  .options = options,
                  .answer = links_answer,
                  .sandbox = true};
  std::vector<InspectField> with_selectors = options;
  with_selectors.push_back({.name = "select", .flag = "--select", .many = true});
  all["extract"] = {.help = "what CSS selectors find in a page: --select 'price=span.price::text'",
                    .argument = file,
                    .options = std::move(with_selectors),
                    .answer = extract_answer,
                    .sandbox = true};
  all["html"] = {.help = "all facts of a page but its links",
                 .argument = file,
                 .options = options,
                 .answer = html_answer};
  all["entities"] = {.help = "what character references stand for",
                     .argument = {.name = "html"},
                     .answer = entities_answer};
  all["meta_robots"] = {.help = "whether a page may be indexed and its links followed",
                        .argument = file,
                        .options = {{.name = "agent", .flag = "--agent", .preset = "weir"}},
                        .answer = robots_answer};
  all["html5_tree"] = {.help = "the tree of a page, as html5lib writes it",
                       .argument = {.name = "data", .file = true},
                       .answer = tree_answer};
}

}  // namespace weir
