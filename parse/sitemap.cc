#include "parse/sitemap.h"

#include <expat.h>

#include <algorithm>
#include <memory>
#include <new>

#include "parse/ascii.h"
#include "parse/charset.h"
#include "parse/content_encoding.h"
#include "parse/sitemap_builder.h"
#include "parse/sitemap_scan.h"

namespace weir::parse {
namespace {

constexpr std::size_t kPiece = 256 * 1024;
constexpr int kMaxGzipLayers = 2;  // a .gz file, compressed once more for transfer

// Reads well-formed XML. Stops, and says so, at anything else and at the first entity declaration:
// nothing is expanded, nothing outside the bytes is looked at.
class XmlReader {
 public:
  explicit XmlReader(SitemapBuilder& builder)
      : builder_(builder), parser_(XML_ParserCreate("UTF-8")) {
    if (!parser_) throw std::bad_alloc();
    XML_SetUserData(parser_.get(), this);
    XML_SetElementHandler(parser_.get(), on_start, on_end);
    XML_SetCharacterDataHandler(parser_.get(), on_text);
    XML_SetEntityDeclHandler(parser_.get(), on_entity);
    XML_SetSkippedEntityHandler(parser_.get(), on_skipped);
    XML_SetParamEntityParsing(parser_.get(), XML_PARAM_ENTITY_PARSING_NEVER);
  }

  // True if the document was read to its end, or as far as the builder wants it.
  bool read(std::string_view text, std::string& error) {
    bool last = false;
    while (!last && !enough_) {
      const std::string_view piece = text.substr(0, kPiece);
      text.remove_prefix(piece.size());
      last = text.empty();
      if (XML_Parse(parser_.get(), piece.data(), static_cast<int>(piece.size()), last) ==
          XML_STATUS_ERROR)
        break;
    }
    if (enough_ || (last && XML_GetErrorCode(parser_.get()) == XML_ERROR_NONE)) return true;
    error = "line " + std::to_string(XML_GetCurrentLineNumber(parser_.get())) + ": " +
            (entities_ ? "entity declaration" : XML_ErrorString(XML_GetErrorCode(parser_.get())));
    return false;
  }

 private:
  struct Free {
    void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
  };

  static XmlReader& self(void* data) { return *static_cast<XmlReader*>(data); }
  void stop() { XML_StopParser(parser_.get(), XML_FALSE); }

  static void on_start(void* data, const XML_Char* name, const XML_Char** attributes) {
    XmlReader& reader = self(data);
    reader.attributes_.clear();
    for (; *attributes != nullptr; attributes += 2)
      reader.attributes_.emplace_back(attributes[0], attributes[1]);
    if (!reader.builder_.start(name, reader.attributes_)) reader.enough();
  }
  static void on_end(void* data, const XML_Char* name) {
    if (!self(data).builder_.end(name)) self(data).enough();
  }
  static void on_text(void* data, const XML_Char* text, int length) {
    self(data).builder_.text({text, static_cast<std::size_t>(length)});
  }
  static void on_entity(void* data, const XML_Char*, int, const XML_Char*, int, const XML_Char*,
                        const XML_Char*, const XML_Char*, const XML_Char*) {
    self(data).entities_ = true;
    self(data).stop();
  }
  static void on_skipped(void* data, const XML_Char*, int) { self(data).builder_.spoil_text(); }

  void enough() {
    enough_ = true;
    stop();
  }

  SitemapBuilder& builder_;
  SitemapBuilder::Attributes attributes_;
  bool entities_ = false;
  bool enough_ = false;
  std::unique_ptr<XML_ParserStruct, Free> parser_;
};

void read_xml(std::string_view text, const SitemapLimits& limits, Sitemap& map) {
  {
    SitemapBuilder builder(map, limits.max_urls);
    std::string error;
    if (XmlReader(builder).read(text, error)) {
      builder.finish();
      return;
    }
    map = Sitemap();
    map.error = std::move(error);
  }
  map.recovered = true;
  SitemapBuilder builder(map, limits.max_urls);
  scan_tags(text, builder);
  if (map.kind == SitemapKind::kInvalid) map.recovered = false;
}

// One URL a line; lines that are none are left out.
void read_lines(std::string_view text, const SitemapLimits& limits, Sitemap& map) {
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of("\r\n"), text.size());
    const std::string_view line = ascii::trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!ascii::starts_with(line, "http://") && !ascii::starts_with(line, "https://")) continue;
    if (map.urls.size() == limits.max_urls) {
      map.truncated = true;
      map.error = "more than " + std::to_string(limits.max_urls) + " URLs";
      break;
    }
    map.urls.push_back({std::string(line), {}, {}, {}});
  }
  if (!map.urls.empty()) map.kind = SitemapKind::kText;
}

// XML, or something that was meant to be: the root may come late, behind junk.
bool is_markup(std::string_view text) {
  if (!text.empty() && text[0] == '<') return true;
  const std::string_view head = text.substr(0, 4096);
  for (const std::string_view root : {"<urlset", "<sitemapindex", "<rss", "<feed", "<rdf:RDF"}) {
    if (head.find(root) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

std::string_view name_of(SitemapKind kind) {
  switch (kind) {
    case SitemapKind::kUrlset:
      return "urlset";
    case SitemapKind::kIndex:
      return "index";
    case SitemapKind::kText:
      return "text";
    case SitemapKind::kRss:
      return "rss";
    case SitemapKind::kAtom:
      return "atom";
    case SitemapKind::kInvalid:
      break;
  }
  return "invalid";
}

Sitemap parse_sitemap(std::string_view body, const SitemapLimits& limits) {
  Sitemap map;
  std::string layers[kMaxGzipLayers];
  std::string cut;
  for (int layer = 0; layer < kMaxGzipLayers && looks_gzipped(body); ++layer) {
    const DecodedBody decoded = decode_content(body, "gzip", limits.max_bytes, layers[layer]);
    body = decoded.bytes;
    if (decoded.outcome != DecodeOutcome::kOk) cut = decoded.error;
  }
  if (body.size() > limits.max_bytes) {
    body = body.substr(0, limits.max_bytes);
    cut = "more than " + std::to_string(limits.max_bytes) + " bytes";
  }

  // XML without a declared encoding is UTF-8; prescan_meta() reads the XML declaration too.
  Charset charset = sniff_charset(body.substr(0, 4096), {}, ParseHtml::kYes);
  if (charset.source != CharsetSource::kBom && charset.source != CharsetSource::kMeta)
    charset = {"UTF-8"};
  std::string buffer;
  const std::string_view text = ascii::trim(to_utf8(body, charset, buffer));

  if (text.empty()) {
    map.error = "empty";
  } else if (is_markup(text)) {
    read_xml(text, limits, map);
  } else {
    read_lines(text, limits, map);
    if (map.kind == SitemapKind::kInvalid) map.error = "neither XML nor a list of URLs";
  }
  if (!cut.empty()) {
    map.truncated = true;
    map.error = std::move(cut);
  }
  return map;
}

}  // namespace weir::parse
