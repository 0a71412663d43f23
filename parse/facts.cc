#include "parse/facts.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "parse/header_values.h"
#include "parse/inline_elements.h"
#include "parse/json_ld.h"
#include "parse/link_collector.h"
#include "parse/text_stats.h"
#include "parse/tokens.h"

namespace weir::parse {
namespace {

constexpr std::size_t kMaxMetas = 256;         // of robots and of Open Graph, each
constexpr std::size_t kMaxUnknownNames = 256;  // told apart in the counts of elements

enum class Act : std::uint8_t {
  kBlock,  // separates words
  kInline,
  kTitle,
  kMeta,
  kBase,
  kHtml,
  kScript,
  kStyle,
  kAnchor,
  kImage,
  kForm,
  kHeading,
  kHidden,  // contents are no text of the page
};

std::array<Act, kTagCount> make_acts() {
  std::array<Act, kTagCount> acts{};
  const auto set = [&acts](std::string_view names, Act act) {
    for_each_token(names, [&](std::string_view name) { acts[tag_number(name)] = act; });
  };
  set(kInlineNames, Act::kInline);
  set("h1 h2 h3 h4 h5 h6", Act::kHeading);
  set("iframe noembed noframes", Act::kHidden);
  for (auto [name, act] : {std::pair{"title", Act::kTitle},
                           {"meta", Act::kMeta},
                           {"base", Act::kBase},
                           {"html", Act::kHtml},
                           {"script", Act::kScript},
                           {"style", Act::kStyle},
                           {"a", Act::kAnchor},
                           {"img", Act::kImage},
                           {"form", Act::kForm}}) {
    set(name, act);
  }
  acts[kUnknownTag] = Act::kInline;
  return acts;
}

bool is_space(char c) { return c == ' ' || (c <= '\r' && c >= '\t' && c != '\v'); }

// The end of what needs no collapsing: words with one plain space between them.
const char* end_of_line(const char* at, const char* end) {
  constexpr std::uint64_t kEach = 0x0101010101010101ull;
  for (; end - at >= 8; at += 7) {
    std::uint64_t block;
    std::memcpy(&block, at, 8);
    const std::uint64_t low = block & 0x7F * kEach;
    const std::uint64_t above = (low + 0x5F * kEach) | block;      // high bits: above ' '
    const std::uint64_t printable = (low + 0x60 * kEach) | block;  // ' ' or above
    if ((~printable | (~above & ~above >> 8)) & 0x80 * kEach) break;
  }
  for (; at < end; ++at) {
    if (is_space(*at) && (*at != ' ' || at + 1 == end || is_space(at[1]))) return at;
  }
  return end;
}

class FactsVisitor : public TreeVisitor {
 public:
  FactsVisitor(const Prescan& prescan, const FactsContext& context, PageFacts& facts)
      : prescan_(prescan), context_(context), facts_(facts), links_(context.max_links) {
    text_.reserve(facts.bytes_decoded);
  }

  bool enter(const Element& element) override;
  void leave(const Element& element) override;
  void text(std::string_view text) override;
  void finish();

 private:
  enum class Into : std::uint8_t { kText, kTitle, kScript, kStyle, kNothing };

  void meta(const Element& element);
  bool raw(const Element& element, bool script);
  void attributes(const Element& element);
  void script_text(std::string_view content);
  void style_text(std::string_view content);
  void block() { space_ = true; }

  const Prescan& prescan_;
  const FactsContext& context_;
  PageFacts& facts_;
  LinkCollector links_;
  std::string text_;    // what a reader sees, white space collapsed
  bool space_ = false;  // a space is due before the next word
  Into into_ = Into::kText;
  std::string title_;
  std::string restored_;
  bool json_ld_ = false;
  std::uint32_t depth_ = 0;
  std::size_t anchor_ = LinkCollector::kNone;
  std::uint32_t anchor_depth_ = 0;
  std::size_t anchor_text_ = 0;
  const char* base_ = nullptr;
  std::optional<RefreshValue> refresh_;
  std::array<std::uint32_t, kTagCount> counts_{};
  std::map<std::string, std::uint32_t> unknown_;
};

bool FactsVisitor::enter(const Element& element) {
  static const std::array<Act, kTagCount> acts = make_acts();
  ++counts_[element.tag()];
  if (element.tag() == kUnknownTag) {
    std::string name = cut_text(element.name(), 32);
    if (unknown_.size() < kMaxUnknownNames || unknown_.count(name) != 0) ++unknown_[name];
  }
  if (element.is_template()) return false;
  facts_.depth = std::max(facts_.depth, ++depth_);
  const bool html = element.space() == Namespace::kHtml;
  const Act act = acts[element.tag()];
  if (element.attribute_count() > 0) {
    attributes(element);
    const std::size_t link = links_.add_element(element);
    if (link != LinkCollector::kNone && act == Act::kAnchor) {
      anchor_ = link;
      anchor_depth_ = depth_;
      anchor_text_ = text_.size();
    }
  }
  switch (act) {
    case Act::kBlock:
      block();
      break;
    case Act::kInline:
    case Act::kAnchor:
      break;
    case Act::kTitle:
      if (html && !facts_.title) {
        facts_.title.emplace();
        title_.clear();
        into_ = Into::kTitle;
      } else {
        into_ = Into::kNothing;
      }
      break;
    case Act::kMeta:
      if (html) meta(element);
      break;
    case Act::kBase:
      if (html && base_ == nullptr) base_ = element.find("href");
      break;
    case Act::kHtml:
      if (const char* lang = element.find("lang"); lang != nullptr && *lang != '\0') {
        facts_.lang = cut_text(lang, 64);
      }
      break;
    case Act::kScript:
      return raw(element, true);
    case Act::kStyle:
      return raw(element, false);
    case Act::kImage:
      ++facts_.images;
      if (element.find("alt") == nullptr) ++facts_.images_without_alt;
      break;
    case Act::kForm:
      ++facts_.forms;
      block();
      break;
    case Act::kHeading:
      ++facts_.headings[static_cast<std::size_t>(element.name()[1] - '1')];
      block();
      break;
    case Act::kHidden:
      into_ = Into::kNothing;
      break;
  }
  return true;
}

void FactsVisitor::leave(const Element& element) {
  static const std::array<Act, kTagCount> acts = make_acts();
  if (anchor_ != LinkCollector::kNone && depth_ == anchor_depth_) {
    links_.set_text(anchor_, anchor_text_, text_.size());
    anchor_ = LinkCollector::kNone;
  }
  --depth_;
  switch (acts[element.tag()]) {
    case Act::kTitle:
      if (into_ == Into::kTitle) facts_.title = cut_text(collapse(title_), kMaxText);
      into_ = Into::kText;
      break;
    case Act::kScript:
    case Act::kStyle:
    case Act::kHidden:
      into_ = Into::kText;
      break;
    case Act::kBlock:
    case Act::kForm:
    case Act::kHeading:
      block();
      break;
    default:
      break;
  }
}

void FactsVisitor::text(std::string_view text) {
  text = prescan_.restored(text, restored_);
  switch (into_) {
    case Into::kText:
      break;
    case Into::kTitle:
      title_ += text;
      return;
    case Into::kScript:
      return script_text(text);
    case Into::kStyle:
      return style_text(text);
    case Into::kNothing:
      return;
  }
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    const char* from = at;
    while (at < end && is_space(*at)) ++at;
    if (at > from) space_ = true;
    if (at == end) return;
    if (space_ && !text_.empty()) text_ += ' ';
    space_ = false;
    from = at;
    at = end_of_line(at, end);
    text_.append(from, at);
  }
}

void FactsVisitor::attributes(const Element& element) {
  for (std::size_t i = 0; i < element.attribute_count(); ++i) {
    const Attribute attribute = element.attribute(i);
    if (attribute.name[0] == 's' && std::strcmp(attribute.name, "style") == 0) {
      if (std::strchr(attribute.value, '(') == nullptr) continue;
      links_.add_css(tag_name(element.tag()), "style", attribute.value);
    } else if (attribute.name[0] == 'i' && std::strcmp(attribute.name, "itemscope") == 0) {
      ++facts_.microdata;
    }
  }
}

// A script or style element: its text is where the pre-pass cut it out, or follows as text.
bool FactsVisitor::raw(const Element& element, bool script) {
  if (script) {
    const char* type = element.find("type");
    json_ld_ = type != nullptr && ascii::equal(ascii::trim(type), "application/ld+json");
  }
  const char* place = element.contents();
  const std::string_view content = place == nullptr ? "" : prescan_.original(place);
  if (content.empty()) {
    into_ = script ? Into::kScript : Into::kStyle;
    return true;
  }
  --depth_;
  script ? script_text(content) : style_text(content);
  return false;
}

void FactsVisitor::script_text(std::string_view content) {
  facts_.script_bytes += content.size();
  if (json_ld_) json_ld_types(content, facts_.json_ld);
}

void FactsVisitor::style_text(std::string_view content) {
  facts_.style_bytes += content.size();
  if (content.find_first_of("(@") != std::string_view::npos) links_.add_css("style", "", content);
}

void FactsVisitor::meta(const Element& element) {
  const char* content = element.find("content");
  if (content == nullptr) return;
  if (const char* name = element.find("name")) {
    const std::string_view trimmed = ascii::trim(name);
    if (ascii::equal(trimmed, "description")) {
      if (!facts_.description) facts_.description = cut_text(content, kMaxText);
    } else if (ascii::equal(trimmed, "robots") || ascii::equal(trimmed, context_.agent)) {
      if (facts_.robots.size() < kMaxMetas) {
        facts_.robots.emplace_back(ascii::lower(trimmed), cut_text(content, kMaxText));
      }
    }
  }
  const char* property = element.find("property");
  if (property == nullptr) property = element.find("name");
  if (property != nullptr && ascii::equal(std::string_view(property).substr(0, 3), "og:") &&
      facts_.open_graph.size() < kMaxMetas) {
    facts_.open_graph.emplace_back(ascii::lower(cut_text(property, kMaxLinkText)),
                                   cut_text(content, kMaxText));
  }
  const char* http_equiv = element.find("http-equiv");
  if (http_equiv != nullptr && ascii::equal(http_equiv, "refresh")) {
    std::optional<RefreshValue> refresh = parse_refresh(content);
    if (!refresh) return;
    if (refresh->url) links_.add_refresh(*refresh->url);
    if (!refresh_) refresh_ = std::move(refresh);
  }
}

void FactsVisitor::finish() {
  // HTML standard, "set the frozen base URL": one that does not parse, or is data: or javascript:,
  // counts for nothing.
  const Url& document = *context_.document;
  std::optional<Url> base;
  if (base_ != nullptr) base = Url::parse(base_, &document, context_.encoder);
  if (base && (base->scheme() == "data" || base->scheme() == "javascript" ||
               base->href().size() > kMaxLinkBytes)) {
    base.reset();
  }
  facts_.has_base = base_ != nullptr;
  const Url& effective = base ? *base : document;
  facts_.base = effective.href();
  if (refresh_) {
    facts_.refresh.emplace().seconds = refresh_->seconds;
    if (refresh_->url) {
      const auto url = Url::parse(*refresh_->url, &effective, context_.encoder);
      if (url && url->href().size() <= kMaxLinkBytes) facts_.refresh->url = url->href();
    }
  }
  links_.resolve(effective, context_.encoder, text_, facts_);

  const TextStats stats = measure_text(text_);
  facts_.text_bytes = text_.size();
  facts_.words = stats.words;
  facts_.simhash = stats.simhash;
  for (std::uint16_t tag = 0; tag < kUnknownTag; ++tag) {
    if (counts_[tag] != 0) facts_.elements.emplace_back(tag_name(tag), counts_[tag]);
  }
  for (auto& [name, count] : unknown_) facts_.elements.emplace_back(name, count);
  std::stable_sort(facts_.elements.begin(), facts_.elements.end(),
                   [](const NamedCount& a, const NamedCount& b) { return a.second > b.second; });
}

}  // namespace

void collect_facts(const Tree& tree, const Prescan& prescan, const FactsContext& context,
                   PageFacts& facts) {
  FactsVisitor visitor(prescan, context, facts);
  tree.walk(visitor);
  visitor.finish();
}

}  // namespace weir::parse
