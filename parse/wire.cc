#include "parse/wire.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "parse/extract.h"
#include "parse/utf8.h"
#include "parse/wire_codec.h"

namespace weir::parse {
namespace {

// The first byte of each message: what it is, and the version of its layout.
constexpr std::uint64_t kRequestMark = 0x51;
constexpr std::uint64_t kFactsMark = 0x62;

constexpr std::size_t kMaxHeaders = 1000;
constexpr std::size_t kMaxHeaderBytes = 1 << 20;
constexpr std::size_t kMaxUrlBytes = 1 << 20;
constexpr std::size_t kMaxNames = 1024;      // of any list but the links
constexpr std::size_t kMaxWordBytes = 1024;  // of names and tokens
constexpr std::size_t kTrailer = 16;         // what follows the links

std::string text(WireReader& in, std::size_t limit) {
  std::string text = in.string(limit);
  if (!is_utf8(text)) in.fail();
  return text;
}

// Scheme, colon, and no byte that a serialised URL cannot hold. Whoever follows it parses it.
bool is_serialised_url(std::string_view url) {
  const std::size_t colon = url.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  for (std::size_t i = 0; i < colon; ++i) {
    const char c = url[i];
    const bool letter = c >= 'a' && c <= 'z';
    if (!letter && (i == 0 || !((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.'))) {
      return false;
    }
  }
  return std::all_of(url.begin(), url.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}

std::string url(WireReader& in, bool may_be_empty) {
  std::string url = in.string(kMaxUrlBytes);
  if (!(url.empty() ? may_be_empty : is_serialised_url(url))) in.fail();
  return url;
}

void write(WireWriter& out, const std::optional<std::string>& value) {
  out.number(value.has_value());
  if (value) out.string(*value);
}

std::optional<std::string> optional_text(WireReader& in) {
  if (!in.flag()) return std::nullopt;
  return text(in, kMaxText);
}

void write(WireWriter& out, const Link& link) {
  out.number(static_cast<std::uint64_t>(link.kind) + 1);
  out.string(link.el);
  out.string(link.attr);
  out.string(link.url);
  if (link.url.empty()) out.string(link.raw);
  out.number(link.rel.size());
  for (const std::string& token : link.rel) out.string(token);
  out.string(link.text);
}

Link read_link(WireReader& in, std::uint64_t kind) {
  Link link;
  link.kind = static_cast<LinkKind>(kind - 1);
  link.el = text(in, kMaxWordBytes);
  link.attr = text(in, kMaxWordBytes);
  link.url = url(in, true);
  if (link.url.size() > kMaxLinkBytes) in.fail();
  if (link.url.empty()) link.raw = text(in, kMaxText);
  const std::uint64_t tokens = in.number(kMaxNames);
  for (std::uint64_t i = 0; i < tokens && !in.failed(); ++i) {
    link.rel.push_back(text(in, kMaxWordBytes));
  }
  link.text = text(in, kMaxLinkText);
  return link;
}

void write_head(WireWriter& out, const PageFacts& facts) {
  out.number(kFactsMark);
  out.number(static_cast<std::uint64_t>(facts.outcome));
  out.string(facts.error);
  out.number(facts.html);
  out.number(facts.too_large);
  out.number(facts.cut);
  out.string(facts.content_type);
  out.string(facts.charset);
  out.string(facts.charset_from);
  out.string(facts.charset_declared);
  out.number(facts.bytes_decoded);
  out.number(facts.bytes_parsed);
  out.raw({reinterpret_cast<const char*>(facts.digest.data()), facts.digest.size()});
  out.number(facts.simhash);
  write(out, facts.title);
  out.string(facts.base);
  out.number(facts.has_base);
  write(out, facts.description);
  write(out, facts.lang);
  write(out, facts.canonical);
  out.number(facts.noindex);
  out.number(facts.nofollow);
  out.number(facts.refresh.has_value());
  if (facts.refresh) {
    out.number(facts.refresh->seconds);
    out.string(facts.refresh->url);
  }
  for (const std::vector<NamedText>* pairs : {&facts.robots, &facts.open_graph}) {
    out.number(pairs->size());
    for (const auto& [name, content] : *pairs) {
      out.string(name);
      out.string(content);
    }
  }
  out.number(facts.feeds.size());
  for (const Feed& feed : facts.feeds) {
    out.string(feed.url);
    out.string(feed.type);
    out.string(feed.title);
  }
  out.number(facts.json_ld.size());
  for (const std::string& type : facts.json_ld) out.string(type);
  out.number(facts.text_bytes);
  out.number(facts.words);
  for (std::uint32_t count : facts.headings) out.number(count);
  out.number(facts.depth);
  out.number(facts.elements.size());
  for (const auto& [name, count] : facts.elements) {
    out.string(name);
    out.number(count);
  }
  for (std::uint64_t count : {std::uint64_t{facts.images}, std::uint64_t{facts.images_without_alt},
                              std::uint64_t{facts.forms}, std::uint64_t{facts.microdata},
                              facts.script_bytes, facts.style_bytes, std::uint64_t{facts.cpu_us}}) {
    out.number(count);
  }
  out.number(facts.extracted.size());
  for (const std::vector<std::string>& values : facts.extracted) {
    out.number(values.size());
    for (const std::string& value : values) out.string(value);
  }
  out.number(facts.extracted_dropped);
}

std::uint32_t count(WireReader& in) { return static_cast<std::uint32_t>(in.number(UINT32_MAX)); }

// Of a page that is HTML, each rule's values, within the limits that extract() keeps.
void read_extracted(WireReader& in, std::size_t rules, PageFacts& facts) {
  const std::uint64_t size = in.number(rules);
  if (size != 0 && size != rules) in.fail();
  std::size_t bytes = 0;
  for (std::uint64_t rule = 0; rule < size && !in.failed(); ++rule) {
    std::vector<std::string>& values = facts.extracted.emplace_back();
    const std::uint64_t count = in.number(kMaxExtracted);
    for (std::uint64_t i = 0; i < count && !in.failed(); ++i) {
      bytes += values.emplace_back(text(in, kMaxExtractedBytes)).size();
    }
    if (bytes > kMaxExtractedOfPage) in.fail();
  }
  facts.extracted_dropped = count(in);
}

void read_head(WireReader& in, std::size_t rules, PageFacts& facts) {
  if (in.number() != kFactsMark) in.fail();
  facts.outcome =
      static_cast<PageOutcome>(in.number(static_cast<std::uint64_t>(PageOutcome::kMemory)));
  facts.error = text(in, kMaxWordBytes);
  facts.html = in.flag();
  facts.too_large = in.flag();
  facts.cut = in.flag();
  facts.content_type = text(in, kMaxWordBytes);
  facts.charset = text(in, kMaxWordBytes);
  facts.charset_from = text(in, kMaxWordBytes);
  facts.charset_declared = text(in, kMaxWordBytes);
  facts.bytes_decoded = in.number();
  facts.bytes_parsed = in.number();
  for (std::uint8_t& byte : facts.digest) byte = in.byte();
  facts.simhash = in.number();
  facts.title = optional_text(in);
  facts.base = url(in, true);
  facts.has_base = in.flag();
  facts.description = optional_text(in);
  facts.lang = optional_text(in);
  if (in.flag()) facts.canonical = url(in, false);
  facts.noindex = in.flag();
  facts.nofollow = in.flag();
  if (in.flag()) {
    facts.refresh.emplace().seconds = in.number();
    facts.refresh->url = url(in, true);
  }
  for (std::vector<NamedText>* pairs : {&facts.robots, &facts.open_graph}) {
    const std::uint64_t size = in.number(kMaxNames);
    for (std::uint64_t i = 0; i < size && !in.failed(); ++i) {
      std::string name = text(in, kMaxWordBytes);
      pairs->emplace_back(std::move(name), text(in, kMaxText));
    }
  }
  const std::uint64_t feeds = in.number(kMaxNames);
  for (std::uint64_t i = 0; i < feeds && !in.failed(); ++i) {
    Feed& feed = facts.feeds.emplace_back();
    feed.url = url(in, false);
    feed.type = text(in, kMaxWordBytes);
    feed.title = text(in, kMaxWordBytes);
  }
  const std::uint64_t types = in.number(kMaxNames);
  for (std::uint64_t i = 0; i < types && !in.failed(); ++i) {
    facts.json_ld.push_back(text(in, kMaxWordBytes));
  }
  facts.text_bytes = in.number();
  facts.words = count(in);
  for (std::uint32_t& heading : facts.headings) heading = count(in);
  facts.depth = count(in);
  const std::uint64_t elements = in.number(kMaxNames);
  for (std::uint64_t i = 0; i < elements && !in.failed(); ++i) {
    std::string name = text(in, kMaxWordBytes);
    facts.elements.emplace_back(std::move(name), count(in));
  }
  facts.images = count(in);
  facts.images_without_alt = count(in);
  facts.forms = count(in);
  facts.microdata = count(in);
  facts.script_bytes = in.number();
  facts.style_bytes = in.number();
  facts.cpu_us = count(in);
  read_extracted(in, rules, facts);
}

}  // namespace

std::string encode_request(const ParseRequest& request) {
  std::size_t room = 256 + request.url.size() + request.agent.size();
  for (const auto& [name, value] : request.headers) room += name.size() + value.size() + 20;
  std::string bytes(room, '\0');
  WireWriter out(bytes);
  out.number(kRequestMark);
  out.string(request.url);
  std::uint64_t headers = 0;
  for (const auto& header : request.headers) headers += header_matters(header.first);
  out.number(headers);
  for (const auto& [name, value] : request.headers) {
    if (!header_matters(name)) continue;
    out.string(name);
    out.string(value);
  }
  out.number(request.truncated);
  out.string(request.agent);
  out.number(request.max_decoded);
  out.number(request.max_links);
  bytes.resize(out.size());
  return bytes;
}

std::optional<ParseRequest> decode_request(std::string_view bytes) {
  WireReader in(bytes);
  ParseRequest request;
  if (in.number() != kRequestMark) in.fail();
  request.url = in.string(kMaxUrlBytes);
  const std::uint64_t headers = in.number(kMaxHeaders);
  for (std::uint64_t i = 0; i < headers && !in.failed(); ++i) {
    std::string name = in.string(kMaxHeaderBytes);
    request.headers.emplace_back(std::move(name), in.string(kMaxHeaderBytes));
  }
  request.truncated = in.flag();
  request.agent = in.string(kMaxWordBytes);
  request.max_decoded = in.number();
  request.max_links = in.number();
  if (in.failed() || !in.at_end()) return std::nullopt;
  return request;
}

std::size_t encode_facts(const PageFacts& facts, std::span<char> region) {
  if (region.size() < kTrailer) return 0;
  WireWriter out(region.first(region.size() - kTrailer));
  write_head(out, facts);
  if (out.failed()) return 0;
  std::size_t written = 0;
  for (const Link& link : facts.links) {
    const std::size_t before = out.size();
    write(out, link);
    if (out.failed()) {
      out.rewind(before);
      break;
    }
    ++written;
  }
  out.grow(kTrailer);
  out.number(0);  // no more links
  out.number(facts.links_dropped + (facts.links.size() - written));
  return out.size();
}

std::optional<PageFacts> decode_facts(std::string_view bytes, std::size_t max_links,
                                      std::size_t rules) {
  WireReader in(bytes);
  PageFacts facts;
  read_head(in, rules, facts);
  constexpr auto kKinds = static_cast<std::uint64_t>(LinkKind::kCss) + 1;
  while (const std::uint64_t kind = in.number(kKinds)) {
    if (facts.links.size() >= max_links) in.fail();
    if (in.failed()) break;
    facts.links.push_back(read_link(in, kind));
  }
  facts.links_dropped = count(in);
  if (in.failed() || !in.at_end()) return std::nullopt;
  return facts;
}

}  // namespace weir::parse
