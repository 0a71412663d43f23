#include "parse/link_collector.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "parse/css_urls.h"
#include "parse/header_values.h"
#include "parse/link_places.h"
#include "parse/tokens.h"

namespace weir::parse {
namespace {

constexpr std::size_t kMaxRelTokens = 16;
constexpr std::size_t kMaxFeeds = 64;

bool is_feed_type(std::string_view type) {
  type = ascii::trim(type.substr(0, type.find(';')));
  return ascii::equal(type, "application/rss+xml") || ascii::equal(type, "application/atom+xml") ||
         ascii::equal(type, "application/feed+json");
}

}  // namespace

std::vector<std::string> rel_tokens(std::string_view rel) {
  std::vector<std::string> tokens;
  for_each_token(rel, [&](std::string_view token) {
    std::string lower = ascii::lower(cut_text(token, 64));
    if (tokens.size() < kMaxRelTokens &&
        std::find(tokens.begin(), tokens.end(), lower) == tokens.end()) {
      tokens.push_back(std::move(lower));
    }
  });
  return tokens;
}

std::string_view LinkCollector::keep(std::string text) {
  return kept_.emplace_back(std::move(text));
}

bool LinkCollector::add(Pending link) {
  if (pending_.size() >= max_links_ || link.value.size() > kMaxLinkBytes) {
    ++dropped_;
    return false;
  }
  pending_.push_back(link);
  return true;
}

std::size_t LinkCollector::add_element(const Element& element) {
  if (element.space() != Namespace::kHtml) {
    if (element.space() != Namespace::kSvg) return kNone;
    const std::string name = element.name();
    const std::optional<LinkKind> kind = svg_link_kind(name);
    if (!kind) return kNone;
    const char* plain = nullptr;
    const char* xlink = nullptr;
    for (std::size_t i = 0; i < element.attribute_count(); ++i) {
      const Attribute attribute = element.attribute(i);
      if (std::strcmp(attribute.name, "href") != 0) continue;
      if (attribute.space == AttributeNamespace::kNone) plain = attribute.value;
      if (attribute.space == AttributeNamespace::kXlink) xlink = attribute.value;
    }
    if (plain == nullptr && xlink == nullptr) return kNone;
    const bool added = add({.el = keep(name),
                            .attr = plain != nullptr ? "href" : "xlink:href",
                            .kind = *kind,
                            .value = plain != nullptr ? plain : xlink,
                            .rel = element.find("rel")});
    return added && *kind == LinkKind::kNav ? pending_.size() - 1 : kNone;
  }
  std::size_t first = kNone;
  for (const LinkPlace& place : link_places(element.tag())) {
    const char* value = element.find(place.attr);
    if (value == nullptr) continue;
    Pending link{
        .el = tag_name(element.tag()), .attr = place.attr, .kind = place.kind, .value = value};
    if (place.syntax == LinkSyntax::kSrcset) {
      for (std::string_view candidate : parse_srcset(value)) {
        link.value = candidate;
        add(link);
      }
      continue;
    }
    if (place.attr == "href") {
      link.rel = element.find("rel");
      if (place.kind == LinkKind::kNav) link.label = element.find("alt");
    }
    if (!add(link)) continue;
    if (place.attr == "href" && place.kind == LinkKind::kNav) first = pending_.size() - 1;
    if (place.kind == LinkKind::kLink) note_link_element(element, pending_.size() - 1);
  }
  return first;
}

void LinkCollector::note_link_element(const Element& element, std::size_t index) {
  const char* rel = pending_[index].rel;
  if (rel == nullptr) return;
  const char* type = element.find("type");
  for_each_token(rel, [&](std::string_view token) {
    if (canonical_ == kNone && ascii::equal(token, "canonical")) canonical_ = index;
    const bool alternate = ascii::equal(token, "alternate");
    if (((alternate && type != nullptr && is_feed_type(type)) || ascii::equal(token, "feed")) &&
        feeds_.size() < kMaxFeeds && (feeds_.empty() || feeds_.back().link != index)) {
      feeds_.push_back({index, type, element.find("title")});
    }
  });
}

void LinkCollector::set_text(std::size_t index, std::size_t begin, std::size_t end) {
  pending_[index].text_begin = begin;
  pending_[index].text_end = end;
}

void LinkCollector::add_refresh(std::string url) {
  add({.el = "meta", .attr = "content", .kind = LinkKind::kRefresh, .value = keep(std::move(url))});
}

void LinkCollector::add_css(std::string_view element, std::string_view attr, std::string_view css) {
  for (std::string& url : css_urls(css)) {
    add({.el = element, .attr = attr, .kind = LinkKind::kCss, .value = keep(std::move(url))});
  }
}

void LinkCollector::resolve(const Url& base, QueryEncoder* encoder, std::string_view page_text,
                            PageFacts& facts) {
  facts.links_dropped += dropped_;
  facts.links.reserve(pending_.size());
  for (const Pending& pending : pending_) {
    Link& link = facts.links.emplace_back();
    link.el = pending.el;
    link.attr = pending.attr;
    link.kind = pending.kind;
    const std::optional<Url> url = Url::parse(pending.value, &base, encoder);
    if (url && url->href().size() <= kMaxLinkBytes) {
      link.url = url->href();
    } else {
      link.raw = cut_text(ascii::trim(pending.value), kMaxText);
    }
    if (pending.rel != nullptr) link.rel = rel_tokens(pending.rel);
    if (pending.text_end > pending.text_begin) {
      const auto size = pending.text_end - pending.text_begin;
      link.text = cut_text(ascii::trim(page_text.substr(pending.text_begin, size)), kMaxLinkText);
    } else if (pending.label != nullptr) {
      link.text = cut_text(collapse(pending.label), kMaxLinkText);
    }
  }
  if (canonical_ != kNone && !facts.links[canonical_].url.empty()) {
    facts.canonical = facts.links[canonical_].url;
  }
  for (const PendingFeed& feed : feeds_) {
    const Link& link = facts.links[feed.link];
    if (link.url.empty()) continue;
    facts.feeds.push_back(
        {link.url,
         cut_text(ascii::lower(feed.type == nullptr ? "" : ascii::trim(feed.type)), kMaxLinkText),
         cut_text(collapse(feed.title == nullptr ? "" : feed.title), kMaxLinkText)});
  }
}

}  // namespace weir::parse
