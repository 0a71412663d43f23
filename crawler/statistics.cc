#include "crawler/statistics.h"

#include <algorithm>

#include "parse/canonical.h"
#include "parse/url.h"

namespace weir {
namespace {

constexpr std::size_t kMaxHashes = 1'000'000;  // of titles and of bodies: 40 MB each at worst
constexpr std::size_t kExtremes = 10;

void count(Statistics::Counter& counter, const std::string& name, std::uint64_t times = 1) {
  const bool room = counter.size() < Statistics::kMaxNames || counter.contains(name);
  counter[room ? name : "(other)"] += times;
}

void keep_extreme(std::vector<Statistics::Extreme>& list, double value, const std::string& url) {
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

void Statistics::add(const PageRecord& record, const parse::PageFacts* facts) {
  ++records;
  ++outcomes.at(static_cast<std::size_t>(record.outcome));
  attempts += record.attempts;
  bytes_wire += record.bytes_wire;
  bytes_decoded += record.bytes_decoded;
  const auto url = parse::Url::parse(record.url);
  HostFigures& host = hosts[url ? url->host_port() : "?"];
  ++host.pages;
  host.failed += is_failure(record.outcome);
  host.bytes_wire += record.bytes_wire;
  if (record.status != 0) {
    ++fetched;
    ++status[record.status];
    ++host.fetched;
    host.fetch_ms += record.fetch_ms;
    fetch_ms.add(record.fetch_ms);
    ttfb_ms.add(record.ttfb_ms);
    if (!record.http_version.empty()) count(http_versions, record.http_version);
    if (!record.content_type.empty()) count(content_types, record.content_type);
  }
  if (facts == nullptr) return;
  queue_ms.add(record.queue_ms);
  if (!facts->html) return;
  ++host.parsed;
  host.parse_ms += record.parse_ms;
  add_facts(record, *facts);
}

void Statistics::add_facts(const PageRecord& record, const parse::PageFacts& facts) {
  ++parsed;
  parsed_bytes += facts.bytes_decoded;
  parse_ms.add(record.parse_ms);
  parse_cpu_ms.add(facts.cpu_us / 1000.0);
  page_bytes.add(static_cast<double>(facts.bytes_decoded));
  keep_extreme(slowest, record.parse_ms, record.url);
  keep_extreme(largest, static_cast<double>(facts.bytes_decoded), record.url);
  count(charsets, facts.charset);
  count(charsets_from, facts.charset_from);
  charset_disagrees += !facts.charset_declared.empty() && facts.charset_declared != facts.charset;
  count(languages, facts.lang ? *facts.lang : "(none)");
  for (const auto& [name, times] : facts.elements) count(elements, name, times);
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

  const auto page = parse::Url::parse(record.url);
  const std::string here = page ? page->origin() : "";
  links_per_page.add(static_cast<double>(facts.links.size()));
  links_total += facts.links.size();
  links_dropped += facts.links_dropped;
  for (const parse::Link& link : facts.links) {
    count(link_elements, link.el);
    count(link_kinds, std::string(parse::kind_word(link.kind)));
    for (const std::string& rel : link.rel) count(link_rels, rel);
    links_nofollow += link.has_rel("nofollow");
    if (link.url.empty()) {
      ++links_bad;
      continue;
    }
    const std::string_view target = std::string_view(link.url).substr(0, link.url.find('#'));
    const bool internal =
        target.starts_with(here) && (target.size() == here.size() || target[here.size()] == '/');
    ++(internal ? links_internal : links_external);
    links_unique.add(parse::key_of_bytes(target).low);
  }

  if (!facts.title || facts.title->empty()) {
    ++titles_missing;
  } else {
    titles_repeated += seen_before(titles, parse::key_of_bytes(*facts.title).low) > 0;
  }
  duplicates += seen_before(digests, parse::key_of_bytes(record.digest).low) > 0;
}

}  // namespace weir
