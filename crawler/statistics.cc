#include "crawler/statistics.h"

#include <algorithm>

#include "parse/canonical.h"
#include "parse/url.h"

namespace weir {
namespace {

constexpr std::size_t kMaxHashes = 1'000'000;  // of titles: 40 MB at worst
constexpr std::size_t kExtremes = 10;

void tally(Counter& counter, std::string_view name, std::uint64_t times = 1) {
  count(counter, name, times, Statistics::kMaxNames);
}

void keep_extreme(std::vector<Extreme>& list, double value, const std::string& url) {
  if (list.size() == kExtremes && value <= list.back().value) return;
  const auto place =
      std::find_if(list.begin(), list.end(), [&](const auto& kept) { return kept.value < value; });
  list.insert(place, {value, url});
  if (list.size() > kExtremes) list.pop_back();
}

// How many pages had this hash before this one; forgets to learn new ones when full.
std::uint32_t seen_before(std::unordered_map<std::uint64_t, std::uint32_t>& hashes,
                          std::uint64_t hash) {
  const auto found = hashes.find(hash);
  if (found != hashes.end()) return found->second++;
  if (hashes.size() < kMaxHashes) hashes.emplace(hash, 1);
  return 0;
}

}  // namespace

void Statistics::add(UrlId page, const PageRecord& record, const parse::PageFacts* facts) {
  ++records;
  ++outcomes.at(static_cast<std::size_t>(record.outcome));
  attempts += record.attempts;
  bytes_wire += record.bytes_wire;
  bytes_decoded += record.bytes_decoded;
  const auto url = parse::Url::parse(record.url);
  const std::string name = url ? url->host_port() : "?";
  HostFigures& host = hosts[name];
  if (host.pages == 0 && hosts.size() <= HostFigures::kMaxTables) {
    host.tables = std::make_unique<HostTables>();
  }
  host.add(record);
  if (record.status != 0) {
    ++fetched;
    ++status[record.status];
    fetch_ms.add(record.fetch_ms);
    ttfb_ms.add(record.ttfb_ms);
    if (!record.http_version.empty()) tally(http_versions, record.http_version);
    if (!record.content_type.empty()) tally(content_types, record.content_type);
  }
  if (facts == nullptr) return;
  queue_ms.add(record.queue_ms);
  if (!facts->html) return;
  add_facts(record, *facts);
  const PageStanding standing = standing_of(page, record, *facts, name);
  host.add(record, *facts, standing, add_links(*facts, url ? url->origin() : ""));
}

void Statistics::add_facts(const PageRecord& record, const parse::PageFacts& facts) {
  ++parsed;
  parsed_bytes += facts.bytes_decoded;
  parse_ms.add(record.parse_ms);
  parse_cpu_ms.add(facts.cpu_us / 1000.0);
  page_bytes.add(static_cast<double>(facts.bytes_decoded));
  keep_extreme(slowest, record.parse_ms, record.url);
  keep_extreme(largest, static_cast<double>(facts.bytes_decoded), record.url);
  tally(charsets, facts.charset);
  tally(charsets_from, facts.charset_from);
  if (!facts.charset_declared.empty()) tally(charsets_declared, facts.charset_declared);
  if (!facts.charset_declared.empty() && facts.charset_declared != facts.charset) {
    ++charset_disagrees;
    tally(charset_pairs, facts.charset_declared + " > " + facts.charset);
  }
  tally(languages, facts.lang ? std::string_view(*facts.lang) : "(none)");
  for (const auto& [name, times] : facts.elements) tally(elements, name, times);
  words += facts.words;
  text_bytes += facts.text_bytes;
  words_per_page.add(facts.words);
  depth.add(facts.depth);
  images += facts.images;
  images_without_alt += facts.images_without_alt;
  forms += facts.forms;
  script_bytes += facts.script_bytes;
  style_bytes += facts.style_bytes;
  microdata += facts.microdata;
  feeds += facts.feeds.size();
  json_ld += facts.json_ld.size();
  for (std::size_t i = 0; i < headings.size(); ++i) headings[i] += facts.headings[i];
  noindex += facts.noindex;
  nofollow += facts.nofollow;
  for (const auto& [name, values] : record.extract) {
    Extracted& found = extracted[name];
    found.pages += !values.empty();
    found.values += values.size();
  }
  extracted_dropped += facts.extracted_dropped;
}

LinkTally Statistics::add_links(const parse::PageFacts& facts, const std::string& here) {
  LinkTally links;
  links_per_page.add(static_cast<double>(facts.links.size()));
  links_total += facts.links.size();
  links_dropped += facts.links_dropped;
  for (const parse::Link& link : facts.links) {
    tally(link_elements, link.el);
    ++links.kinds.at(static_cast<std::size_t>(link.kind));
    for (const std::string& rel : link.rel) tally(link_rels, rel);
    links.nofollow += link.has_rel("nofollow");
    if (link.url.empty()) {
      ++links.bad;
      continue;
    }
    const std::string_view target = std::string_view(link.url).substr(0, link.url.find('#'));
    const bool internal =
        target.starts_with(here) && (target.size() == here.size() || target[here.size()] == '/');
    ++(internal ? links.internal : links.external);
    links_unique.add(parse::key_of_bytes(target).low);
  }
  for (std::size_t kind = 0; kind < link_kinds.size(); ++kind) {
    link_kinds[kind] += links.kinds[kind];
  }
  links_nofollow += links.nofollow;
  links_bad += links.bad;
  links_internal += links.internal;
  links_external += links.external;
  return links;
}

PageStanding Statistics::standing_of(UrlId page, const PageRecord& record,
                                     const parse::PageFacts& facts, const std::string& host) {
  PageStanding standing;
  if (!facts.title || facts.title->empty()) {
    standing.title_missing = true;
    ++titles_missing;
  } else {
    titles_repeated += seen_before(titles_, parse::key_of_bytes(*facts.title).low) > 0;
    const std::string on_host = host + '\n' + *facts.title;
    standing.title_repeated = seen_before(titles_, parse::key_of_bytes(on_host).low) > 0;
  }
  standing.duplicate = duplicates.add(page, parse::key_of_bytes(record.digest).low, facts.simhash);
  return standing;
}

}  // namespace weir
