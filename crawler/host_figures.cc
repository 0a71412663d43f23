#include "crawler/host_figures.h"

namespace weir {

void count(Counter& counter, std::string_view name, std::uint64_t times, std::size_t most_names) {
  auto found = counter.find(name);
  if (found == counter.end()) {
    const bool room = counter.size() < most_names;
    found = counter.try_emplace(std::string(room ? name : "(other)")).first;
  }
  found->second += times;
}

bool is_parse_error(Outcome outcome) {
  switch (outcome) {
    case Outcome::kBadEncoding:
    case Outcome::kParseTimeout:
    case Outcome::kParseCrash:
    case Outcome::kParseMemory:
    case Outcome::kParseRefused:
      return true;
    default:
      return false;
  }
}

void HostFigures::add(const PageRecord& record) {
  ++pages;
  failed += is_failure(record.outcome);
  parse_errors += is_parse_error(record.outcome);
  bytes_wire += record.bytes_wire;
  if (record.status == 0) return;
  ++fetched;
  fetch_ms += record.fetch_ms;
}

void HostFigures::add(const PageRecord& record, const parse::PageFacts& facts,
                      const PageStanding& standing, const LinkTally& links) {
  ++parsed;
  bytes_parsed += facts.bytes_decoded;
  parse_ms += record.parse_ms;
  titles_missing += standing.title_missing;
  titles_repeated += standing.title_repeated;
  exact_duplicates += standing.duplicate == Duplicates::Kind::kExact;
  near_duplicates += standing.duplicate == Duplicates::Kind::kNear;
  charset_disagrees += !facts.charset_declared.empty() && facts.charset_declared != facts.charset;
  noindex += facts.noindex;
  nofollow += facts.nofollow;
  words += facts.words;
  links_internal += links.internal;
  links_external += links.external;
  links_nofollow += links.nofollow;
  if (!tables) return;

  HostTables& t = *tables;
  const auto bytes = static_cast<double>(facts.bytes_decoded);
  t.parse_ms.add(record.parse_ms);
  t.page_bytes.add(bytes);
  if (record.parse_ms >= t.slowest.value) t.slowest = {record.parse_ms, record.url};
  if (bytes >= t.largest.value) t.largest = {bytes, record.url};
  const auto tally = [](Counter& counter, std::string_view name, std::uint64_t times = 1) {
    count(counter, name, times, HostTables::kMaxNames);
  };
  tally(t.charsets, facts.charset);
  if (!facts.charset_declared.empty()) tally(t.charsets_declared, facts.charset_declared);
  tally(t.languages, facts.lang ? std::string_view(*facts.lang) : "(none)");
  for (const auto& [name, times] : facts.elements) tally(t.elements, name, times);
  for (const parse::Link& link : facts.links) {
    for (const std::string& rel : link.rel) tally(t.link_rels, rel);
  }
  for (std::size_t kind = 0; kind < t.link_kinds.size(); ++kind) {
    t.link_kinds[kind] += links.kinds[kind];
  }
}

}  // namespace weir
