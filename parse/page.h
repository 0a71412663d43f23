// What a page says: bytes and headers in, facts out. The whole of the parse stage as one pure
// function: content encoding, charset, pre-pass, HTML5 tree, facts.
//
//   PageMemory memory(64 << 20);                 // reused from page to page
//   PageFacts page = parse_page({.url = "http://h.example/", .body = bytes}, memory);
//   for (const Link& link : page.links) ...      // in document order
//
// Values are Thread-compatible; a PageMemory is Thread-bound.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/settings.h"

namespace weir::parse {

class ExtractRules;

struct ParseRequest {
  std::string url;             // of the page, absolute
  config::Headers headers;     // of the response, as they came; see header_matters()
  std::string_view body;       // as it came, content encoding and all. Requires: a NUL follows it
  bool truncated = false;      // the transfer ended early: an encoding's missing end is no error
  std::string agent = "weir";  // the product token for robots directives
  std::uint64_t max_decoded = 32 * config::kMiB;  // bytes of body once its encoding is undone
  std::size_t max_links = 50'000;
  const ExtractRules* extract = nullptr;  // a worker process has its own
};

// True for the response headers that parse_page() reads; the others need not be passed on.
// Names compare without case.
bool header_matters(std::string_view name);

enum class PageOutcome : std::uint8_t {
  kOk,           // read; parsed if it is HTML
  kBadEncoding,  // its content encoding is unknown or broken
  kRefused,      // nested or stuffed with attributes beyond reason: no tree was built
  kMemory,       // its tree did not fit in the PageMemory
};

// The word for it in pages.jsonl: ok, bad_encoding, parse_refused, parse_memory.
std::string_view outcome_word(PageOutcome outcome);

enum class LinkKind : std::uint8_t {
  kNav,      // a, area, iframe, frame, longdesc: where a reader may go
  kLink,     // the link element: judge by rel
  kRes,      // what the page is made of: images, scripts, media, embedded objects
  kForm,     // action, formaction
  kRefresh,  // meta refresh
  kCite,     // cite of blockquote, q, ins, del
  kCss,      // url() and @import in style elements and attributes
};

std::string_view kind_word(LinkKind kind);  // nav, link, res, form, refresh, cite, css

struct Link {
  std::string el;    // "a", "img"; the local name
  std::string attr;  // "href", "srcset", "xlink:href"; "style" for a style attribute
  LinkKind kind = LinkKind::kNav;
  std::string url;               // resolved, serialised, fragment kept; empty: it does not parse
  std::string raw;               // as written, trimmed; only where url is empty
  std::vector<std::string> rel;  // lower case tokens in order, each once
  std::string text;              // of a and area(alt): white space collapsed, cut at kMaxLinkText

  bool has_rel(std::string_view token) const;
  friend bool operator==(const Link&, const Link&) = default;
};

inline constexpr std::size_t kMaxLinkText = 512;     // bytes
inline constexpr std::size_t kMaxLinkBytes = 16384;  // a longer URL is dropped and counted
inline constexpr std::size_t kMaxText = 4096;        // bytes of any other text fact

struct PageRefresh {
  std::uint64_t seconds = 0;
  std::string url;  // resolved; empty: the page itself, or it does not parse
  friend bool operator==(const PageRefresh&, const PageRefresh&) = default;
};

struct Feed {
  std::string url, type, title;
  friend bool operator==(const Feed&, const Feed&) = default;
};

using Digest = std::array<std::uint8_t, 32>;
using NamedText = std::pair<std::string, std::string>;
using NamedCount = std::pair<std::string, std::uint32_t>;

struct PageFacts {
  PageOutcome outcome = PageOutcome::kOk;
  std::string error;       // one line where the outcome is not kOk
  bool html = false;       // it is HTML; false: what follows `simhash` is empty
  bool too_large = false;  // the decoded body was cut at max_decoded
  bool cut = false;        // its content encoding stops before its end

  std::string content_type;         // essence, "text/html"; empty if none was sent and none guessed
  std::string charset;              // WHATWG name that it was decoded by
  std::string charset_from;         // bom, http, meta, detected, default
  std::string charset_declared;     // by the header, else by meta; empty if neither
  std::uint64_t bytes_decoded = 0;  // of the body, its content encoding undone
  std::uint64_t bytes_parsed = 0;   // given to the tree builder, after the pre-pass
  Digest digest{};                  // SHA-256 of the body, its content encoding undone
  std::uint64_t simhash = 0;        // of the text's word triples; near pages differ in few bits

  std::optional<std::string> title;        // white space stripped and collapsed
  std::string base;                        // effective base URL
  bool has_base = false;                   // from a <base href>
  std::optional<std::string> description;  // as written
  std::optional<std::string> lang;         // of the html element
  std::optional<std::string> canonical;    // resolved
  std::vector<NamedText> robots;           // meta robots that may bind: name and content
  bool noindex = false;                    // meta and X-Robots-Tag combined for `agent`
  bool nofollow = false;
  std::optional<PageRefresh> refresh;  // the meta element's, else the header's
  std::vector<Feed> feeds;
  std::vector<NamedText> open_graph;  // og:* in order
  std::vector<std::string> json_ld;   // @type values in order, each once
  std::vector<Link> links;
  std::uint32_t links_dropped = 0;  // beyond max_links, kMaxLinkBytes, or the reply's room

  std::uint64_t text_bytes = 0;  // of text that a reader sees, white space collapsed
  std::uint32_t words = 0;
  std::array<std::uint32_t, 6> headings{};  // h1 to h6
  std::uint32_t depth = 0;                  // of the element tree; html is 1
  std::vector<NamedCount> elements;         // by name, most frequent first
  std::uint32_t images = 0, images_without_alt = 0, forms = 0, microdata = 0;
  std::uint64_t script_bytes = 0, style_bytes = 0;  // inline
  std::vector<std::vector<std::string>> extracted;  // by rule of `extract`
  std::uint32_t extracted_dropped = 0;              // values beyond the limits of parse/extract.h
  std::uint32_t cpu_us = 0;  // that parsing took; set by whoever ran it, parse_page() has no clock

  friend bool operator==(const PageFacts&, const PageFacts&) = default;
};

// The memory that trees are built in, of a fixed size, reused from page to page without being
// given back. Mapped in the constructor (throws std::bad_alloc) and used from then on without a
// system call. Under AddressSanitizer the tree lives in the heap instead, so that overruns show.
class PageMemory {
 public:
  explicit PageMemory(std::size_t bytes);
  ~PageMemory();
  PageMemory(PageMemory&&) noexcept;
  PageMemory& operator=(PageMemory&&) noexcept;

  struct State;
  State& state() { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

// Never throws for anything that the page holds. Where the outcome is not kOk, the facts found
// before the stop are kept (content type, sizes, digest).
PageFacts parse_page(const ParseRequest& request, PageMemory& memory);

}  // namespace weir::parse
