#include "parse/sitemap_builder.h"

#include <algorithm>

#include "parse/ascii.h"

namespace weir::parse {
namespace {

std::string_view attribute(const SitemapBuilder::Attributes& attributes, std::string_view name) {
  for (const auto& [key, value] : attributes) {
    if (key == name) return value;
  }
  return {};
}

SitemapKind kind_of_root(std::string_view local) {
  if (local == "urlset") return SitemapKind::kUrlset;
  if (local == "sitemapindex") return SitemapKind::kIndex;
  if (local == "rss" || local == "RDF") return SitemapKind::kRss;
  if (local == "feed") return SitemapKind::kAtom;
  return SitemapKind::kInvalid;
}

bool is_entry(SitemapKind kind, std::string_view local) {
  switch (kind) {
    case SitemapKind::kUrlset:
      return local == "url";
    case SitemapKind::kIndex:
      return local == "sitemap";
    case SitemapKind::kRss:
      return local == "item";
    case SitemapKind::kAtom:
      return local == "entry";
    default:
      return false;
  }
}

}  // namespace

std::string_view SitemapBuilder::local_name(std::string_view name) const {
  if (name.substr(0, prefix_.size()) != prefix_) return {};
  name.remove_prefix(prefix_.size());
  return name.find(':') == std::string_view::npos ? name : std::string_view();
}

bool SitemapBuilder::start(std::string_view name, const Attributes& attributes) {
  if (open_.size() >= kMaxDepth) {
    map_.error = "nested too deeply";
    return false;
  }
  if (map_.kind == SitemapKind::kInvalid) {
    const auto colon = name.find(':');
    const std::string_view local = colon == std::string_view::npos ? name : name.substr(colon + 1);
    map_.kind = kind_of_root(local);
    if (map_.kind == SitemapKind::kInvalid) {
      map_.error = "the root element is " + std::string(name.substr(0, 100));
      return false;
    }
    rdf_ = local == "RDF";
    if (!rdf_)
      prefix_ = name.substr(
          0, name.size() - local.size());  // RSS 1.0: only the root is in RDF's vocabulary
    open_.emplace_back(name);
    return true;
  }
  const std::string_view local = local_name(name);
  if (is_entry(map_.kind, local)) {
    if (entry_depth_ != 0) {  // the last one was never closed
      while (open_.size() >= entry_depth_) close_one();
      if (!flush_entry()) return false;
    }
    open_.emplace_back(name);
    entry_depth_ = open_.size();
    return true;
  }
  open_.emplace_back(name);
  if (entry_depth_ != 0 && open_.size() == entry_depth_ + 1) {
    field_ = field_for(local, attributes);
    field_depth_ = open_.size();
    spoilt_ = false;
  }
  return true;
}

// The first of several counts; those behind it have nowhere to go.
std::string* SitemapBuilder::field_for(std::string_view local, const Attributes& attributes) {
  const auto unless_set = [](std::string& field) { return field.empty() ? &field : nullptr; };
  switch (map_.kind) {
    case SitemapKind::kUrlset:
    case SitemapKind::kIndex:
      if (local == "loc") return unless_set(entry_.loc);
      if (local == "lastmod") return unless_set(entry_.lastmod);
      if (local == "changefreq") return unless_set(entry_.changefreq);
      if (local == "priority") return unless_set(entry_.priority);
      return nullptr;
    case SitemapKind::kRss:
      if (local == "link") return unless_set(entry_.loc);
      if (local == "pubDate") return unless_set(entry_.lastmod);
      if (local == "guid" && !ascii::equal(attribute(attributes, "isPermaLink"), "false"))
        return unless_set(guid_);
      return nullptr;
    case SitemapKind::kAtom:
      if (local == "link") {
        const std::string_view rel = ascii::trim(attribute(attributes, "rel"));
        if (entry_.loc.empty() && (rel.empty() || ascii::equal(rel, "alternate"))) {
          entry_.loc = ascii::trim(attribute(attributes, "href"));
        }
        return nullptr;
      }
      return local == "updated" ? unless_set(entry_.lastmod) : nullptr;
    default:
      return nullptr;
  }
}

bool SitemapBuilder::end(std::string_view name) {
  const auto found = std::find(open_.rbegin(), open_.rend(), name);
  if (found == open_.rend()) return true;
  for (auto left = open_.rend() - found; open_.size() >= static_cast<std::size_t>(left);) {
    close_one();
    if (entry_depth_ != 0 && open_.size() < entry_depth_ && !flush_entry()) return false;
  }
  return true;
}

void SitemapBuilder::close_one() {
  if (field_ != nullptr && open_.size() == field_depth_) {
    *field_ = spoilt_ ? std::string() : std::string(ascii::trim(*field_));
    field_ = nullptr;
  }
  open_.pop_back();
}

void SitemapBuilder::text(std::string_view text) {
  if (field_ != nullptr && open_.size() == field_depth_) *field_ += text;
}

void SitemapBuilder::spoil_text() { spoilt_ = true; }

bool SitemapBuilder::flush_entry() {
  if (field_ != nullptr) {  // it was never closed: cut off
    field_->clear();
    field_ = nullptr;
  }
  if (entry_.loc.empty() && map_.kind == SitemapKind::kRss) {
    // A guid is a permalink only if it looks like one, whatever it says.
    if (ascii::starts_with(guid_, "http://") || ascii::starts_with(guid_, "https://"))
      entry_.loc = guid_;
  }
  entry_depth_ = 0;
  guid_.clear();
  SitemapUrl entry = std::exchange(entry_, {});
  if (entry.loc.empty()) return true;
  if (map_.urls.size() == max_urls_) {
    map_.truncated = true;
    map_.error = "more than " + std::to_string(max_urls_) + " URLs";
    return false;
  }
  map_.urls.push_back(std::move(entry));
  return true;
}

bool SitemapBuilder::finish() { return entry_depth_ == 0 || flush_entry(); }

}  // namespace weir::parse
