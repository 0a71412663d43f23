#include "parse/page.h"

#define OPENSSL_API_COMPAT 0x10101000L  // the one-shot SHA256() reads a config file first
#include <openssl/sha.h>

#include <optional>
#include <utility>

#include "parse/charset.h"
#include "parse/content_encoding.h"
#include "parse/extract.h"
#include "parse/facts.h"
#include "parse/header_values.h"
#include "parse/prescan.h"
#include "parse/query_encoder.h"
#include "parse/tokens.h"
#include "parse/tree.h"
#include "parse/url.h"

namespace weir::parse {

struct PageMemory::State {
  explicit State(std::size_t bytes) : tree(bytes) {}

  Tree tree;
  Prescan prescan;
  std::string decoded;  // content encoding undone
  std::string text;     // as UTF-8
};

PageMemory::PageMemory(std::size_t bytes) : state_(std::make_unique<State>(bytes)) {}
PageMemory::~PageMemory() = default;
PageMemory::PageMemory(PageMemory&&) noexcept = default;
PageMemory& PageMemory::operator=(PageMemory&&) noexcept = default;

namespace {

constexpr std::string_view kHeaders[] = {"content-type", "content-encoding", "x-robots-tag",
                                         "refresh", "link"};

std::vector<std::string_view> header_values(const config::Headers& headers, std::string_view name) {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : headers) {
    if (ascii::equal(key, name)) values.push_back(value);
  }
  return values;
}

// What stands at the start of a body without a content type: MIME Sniffing 7.1, the HTML part.
bool sniffs_as_html(std::string_view body) {
  body = ascii::trim(body.substr(0, 1024));
  for (std::string_view tag :
       {"<!doctype html", "<html", "<head", "<script", "<iframe", "<h1", "<div", "<font", "<table",
        "<a", "<style", "<title", "<b", "<body", "<br", "<p", "<!--"}) {
    if (body.size() > tag.size() && ascii::equal(body.substr(0, tag.size()), tag) &&
        (body[tag.size()] == ' ' || body[tag.size()] == '>' || tag == "<!--")) {
      return true;
    }
  }
  return false;
}

bool is_html(std::string_view essence) {
  return essence == "text/html" || essence == "application/xhtml+xml";
}

std::string_view refusal(Verdict verdict) {
  switch (verdict) {
    case Verdict::kGood:
      break;
    case Verdict::kTooDeep:
      return "elements nested too deeply";
    case Verdict::kTooManyAttributes:
      return "too many attributes on one tag";
    case Verdict::kTooMuchWork:
      return "too many tags for their depth";
  }
  return "";
}

void header_facts(const ParseRequest& request, const Url& document, PageFacts& facts) {
  std::vector<std::pair<std::string_view, std::string_view>> metas;
  for (const auto& [name, content] : facts.robots) metas.emplace_back(name, content);
  const RobotsDirectives directives =
      combine_robots(metas, header_values(request.headers, "x-robots-tag"), request.agent);
  facts.noindex = directives.noindex;
  facts.nofollow = directives.nofollow;
  if (!facts.refresh) {
    for (std::string_view value : header_values(request.headers, "refresh")) {
      const std::optional<RefreshValue> refresh = parse_refresh(value);
      if (!refresh) continue;
      facts.refresh.emplace().seconds = refresh->seconds;
      const auto url = Url::parse(refresh->url.value_or(""), &document);
      if (refresh->url && url && url->href().size() <= kMaxLinkBytes) {
        facts.refresh->url = url->href();
      }
      break;
    }
  }
  if (facts.canonical) return;
  for (const HeaderLink& link : parse_link_header(header_values(request.headers, "link"))) {
    for (const std::string& rel : link.rel) {
      if (rel != "canonical" || link.anchor) continue;
      const auto url = Url::parse(link.target, &document);
      if (url && url->href().size() <= kMaxLinkBytes) facts.canonical = url->href();
      return;
    }
  }
}

void parse_html(const ParseRequest& request, const Url& document, std::string_view body,
                std::string_view http_charset, PageMemory::State& state, PageFacts& facts) {
  const Charset charset = sniff_charset(body, http_charset, ParseHtml::kYes);
  facts.charset = charset.encoding;
  facts.charset_from = name_of(charset.source);
  if (facts.charset_declared.empty()) {
    if (const auto meta = prescan_meta(body)) facts.charset_declared = *meta;
  }
  const std::string_view text = to_utf8(body, charset, state.text);
  const bool extracts = request.extract != nullptr && !request.extract->empty();
  const Verdict verdict = state.prescan.run(text, {.cut_attributes = !extracts});
  if (verdict != Verdict::kGood) {
    facts.outcome = PageOutcome::kRefused;
    facts.error = refusal(verdict);
    return;
  }
  facts.bytes_parsed = state.prescan.text().size();
  if (!state.tree.build(state.prescan.text())) {
    facts.outcome = PageOutcome::kMemory;
    facts.error = "the page's tree needs more memory than a worker has";
    return;
  }
  const auto encoder = QueryEncoder::create(charset.encoding);
  collect_facts(state.tree, state.prescan,
                {.document = &document,
                 .encoder = encoder.get(),
                 .agent = request.agent,
                 .max_links = request.max_links},
                facts);
  if (extracts) extract(state.tree, state.prescan, *request.extract, facts);
}

std::string joined(const std::vector<std::string_view>& values) {
  std::string all;
  for (std::string_view value : values) {
    if (!all.empty()) all += ", ";
    all += value;
  }
  return all;
}

}  // namespace

bool header_matters(std::string_view name) {
  for (std::string_view one : kHeaders) {
    if (ascii::equal(one, name)) return true;
  }
  return false;
}

std::string_view outcome_word(PageOutcome outcome) {
  switch (outcome) {
    case PageOutcome::kOk:
      return "ok";
    case PageOutcome::kBadEncoding:
      return "bad_encoding";
    case PageOutcome::kRefused:
      return "parse_refused";
    case PageOutcome::kMemory:
      return "parse_memory";
  }
  return "";
}

std::string_view kind_word(LinkKind kind) {
  constexpr std::string_view kWords[] = {"nav", "link", "res", "form", "refresh", "cite", "css"};
  return kWords[static_cast<std::size_t>(kind)];
}

bool Link::has_rel(std::string_view token) const {
  for (const std::string& one : rel) {
    if (one == token) return true;
  }
  return false;
}

PageFacts parse_page(const ParseRequest& request, PageMemory& memory) {
  PageMemory::State& state = memory.state();
  PageFacts facts;
  const std::optional<Url> document = Url::parse(request.url);
  if (!document) {
    facts.outcome = PageOutcome::kRefused;
    facts.error = "the page's own URL does not parse";
    return facts;
  }
  const ContentType type = parse_content_type(header_values(request.headers, "content-type"));
  facts.content_type = cut_text(type.essence, kMaxLinkText);
  facts.charset_declared = type.charset;

  const DecodedBody decoded =
      decode_content(request.body, joined(header_values(request.headers, "content-encoding")),
                     request.max_decoded, state.decoded);
  const std::string_view body = decoded.bytes;
  facts.too_large = decoded.outcome == DecodeOutcome::kTooLarge;
  facts.cut = decoded.outcome == DecodeOutcome::kCut;
  facts.bytes_decoded = body.size();
  if (decoded.outcome == DecodeOutcome::kBadEncoding && !(request.truncated && !body.empty())) {
    facts.outcome = PageOutcome::kBadEncoding;
    facts.error = cut_text(decoded.error, kMaxLinkText);
    return facts;
  }
  SHA256_CTX sha;
  SHA256_Init(&sha);
  SHA256_Update(&sha, body.data(), body.size());
  SHA256_Final(facts.digest.data(), &sha);

  facts.html = type.essence.empty() ? sniffs_as_html(body) : is_html(type.essence);
  if (facts.html) {
    if (facts.content_type.empty()) facts.content_type = "text/html";
    parse_html(request, *document, body, type.charset, state, facts);
  }
  if (facts.outcome == PageOutcome::kOk) header_facts(request, *document, facts);
  return facts;
}

}  // namespace weir::parse
