#include "parse/sitemap_scan.h"

#include <algorithm>
#include <optional>

#include "parse/ascii.h"
#include "parse/utf8.h"

namespace weir::parse {
namespace {

constexpr std::size_t kMaxReference = 64;  // bytes; longer names are no references

std::optional<char32_t> numeric_reference(std::string_view digits) {
  const bool hex = !digits.empty() && ascii::lower(digits[0]) == 'x';
  if (hex) digits.remove_prefix(1);
  if (digits.empty()) return std::nullopt;
  char32_t value = 0;
  for (const char c : digits) {
    const char lower = ascii::lower(c);
    const int digit = ascii::is_digit(c)                    ? c - '0'
                      : hex && lower >= 'a' && lower <= 'f' ? lower - 'a' + 10
                                                            : -1;
    if (digit < 0) return std::nullopt;
    value = value * (hex ? 16 : 10) + static_cast<char32_t>(digit);
    if (value > 0x10FFFF) return std::nullopt;
  }
  if (value == 0 || (value >= 0xD800 && value <= 0xDFFF)) return std::nullopt;
  return value;
}

class TagScanner {
 public:
  TagScanner(std::string_view text, SitemapBuilder& builder) : text_(text), builder_(builder) {}

  void run() {
    while (!text_.empty()) {
      if (text_[0] != '<') {
        const auto end = std::min(text_.find('<'), text_.size());
        add_text(text_.substr(0, end));
        text_.remove_prefix(end);
      } else if (text_.substr(0, 9) == "<![CDATA[") {
        builder_.text(take_through("]]>", 9));
      } else if (text_.substr(0, 4) == "<!--") {
        take_through("-->", 4);
      } else if (text_.substr(0, 2) == "<?") {
        take_through("?>", 2);
      } else if (text_.substr(0, 2) == "<!") {
        declaration();
      } else if (!tag()) {
        break;
      }
    }
    builder_.finish();
  }

 private:
  // The text behind `skip` bytes up to `end`, both of which are taken.
  std::string_view take_through(std::string_view end, std::size_t skip) {
    const auto found = std::min(text_.find(end, skip), text_.size());
    const std::string_view inside = text_.substr(skip, found - skip);
    text_.remove_prefix(std::min(found + end.size(), text_.size()));
    return inside;
  }

  // A document type, with its internal subset in brackets.
  void declaration() {
    const auto bracket = text_.find_first_of("[>");
    const std::string_view subset = bracket != std::string_view::npos && text_[bracket] == '['
                                        ? take_through("]", bracket + 1)
                                        : std::string_view();
    declares_entities_ |= subset.find("<!ENTITY") != std::string_view::npos;
    take_through(">", 0);
  }

  void add_text(std::string_view raw) {
    std::string decoded;
    if (!decode(raw, decoded)) builder_.spoil_text();
    builder_.text(decoded);
  }

  // False if a reference that may be to a declared entity was left out.
  bool decode(std::string_view raw, std::string& out) const {
    constexpr std::pair<std::string_view, char> kNamed[] = {
        {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
    bool whole = true;
    while (!raw.empty()) {
      const auto ampersand = std::min(raw.find('&'), raw.size());
      out += raw.substr(0, ampersand);
      raw.remove_prefix(ampersand);
      if (raw.empty()) break;
      const auto semicolon = raw.substr(0, kMaxReference).find(';');
      const std::string_view name =
          semicolon == std::string_view::npos ? "" : raw.substr(1, semicolon - 1);
      const auto* named = std::find_if(std::begin(kNamed), std::end(kNamed),
                                       [&](const auto& n) { return n.first == name; });
      if (named != std::end(kNamed)) {
        out += named->second;
      } else if (!name.empty() && name[0] == '#' && numeric_reference(name.substr(1))) {
        append_utf8(*numeric_reference(name.substr(1)), out);
      } else {
        if (declares_entities_ && !name.empty()) whole = false;
        out += '&';
        raw.remove_prefix(1);
        continue;
      }
      raw.remove_prefix(semicolon + 1);
    }
    return whole;
  }

  // One tag; a '<' that starts none is skipped. False: the builder has enough.
  bool tag() {
    const bool closing = text_.substr(0, 2) == "</";
    std::string_view rest = text_.substr(closing ? 2 : 1);
    const auto name_end = std::min(rest.find_first_of(" \t\n\f\r/><"), rest.size());
    const std::string_view name = rest.substr(0, name_end);
    if (name.empty() || !ascii::is_alpha(name[0])) {
      text_.remove_prefix(1);
      return true;
    }
    rest.remove_prefix(name_end);
    SitemapBuilder::Attributes attributes;
    storage_.clear();
    storage_.reserve(kMaxAttributes);  // attributes view its strings
    bool empty = false;
    bool whole = false;
    while (true) {
      rest.remove_prefix(std::min(rest.find_first_not_of(" \t\n\f\r"), rest.size()));
      if (rest.empty()) break;                   // cut off
      whole = rest[0] == '>' || rest[0] == '<';  // or the '>' was forgotten
      if (whole) {
        rest.remove_prefix(rest[0] == '>' ? 1 : 0);
        break;
      }
      if (rest[0] == '/') {
        empty = true;
        rest.remove_prefix(1);
        continue;
      }
      empty = false;
      attribute(rest, attributes);
    }
    text_ = rest;
    if (!whole) return true;
    if (closing) return builder_.end(name);
    // Before the root, tags of other vocabularies are junk, not the root.
    if (!root_seen_ && !is_root(name)) return true;
    root_seen_ = true;
    return builder_.start(name, attributes) && (!empty || builder_.end(name));
  }

  void attribute(std::string_view& rest, SitemapBuilder::Attributes& attributes) {
    const auto end = std::min(rest.find_first_of("= \t\n\f\r/><"), rest.size());
    const std::string_view name = rest.substr(0, end);
    rest.remove_prefix(end);
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t\n\f\r"), rest.size()));
    if (rest.empty() || rest[0] != '=') return;
    rest.remove_prefix(1);
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t\n\f\r"), rest.size()));
    if (rest.empty()) return;
    std::string_view value;
    if (rest[0] == '"' || rest[0] == '\'') {
      const auto close = std::min(rest.find(rest[0], 1), rest.size());
      value = rest.substr(1, close - 1);
      rest.remove_prefix(std::min(close + 1, rest.size()));
    } else {
      value = rest.substr(0, std::min(rest.find_first_of(" \t\n\f\r><"), rest.size()));
      rest.remove_prefix(value.size());
    }
    if (storage_.size() == kMaxAttributes) return;
    std::string decoded;
    if (!decode(value, decoded)) return;
    storage_.push_back(std::move(decoded));
    attributes.emplace_back(name, storage_.back());
  }

  static bool is_root(std::string_view name) {
    const auto colon = name.find(':');
    const std::string_view local = colon == std::string_view::npos ? name : name.substr(colon + 1);
    return local == "urlset" || local == "sitemapindex" || local == "rss" || local == "feed" ||
           local == "RDF";
  }

  static constexpr std::size_t kMaxAttributes = 32;
  std::string_view text_;
  SitemapBuilder& builder_;
  std::vector<std::string> storage_;
  bool root_seen_ = false;
  bool declares_entities_ = false;
};

}  // namespace

void scan_tags(std::string_view text, SitemapBuilder& builder) { TagScanner(text, builder).run(); }

}  // namespace weir::parse
