// Sitemaps and feeds: XML urlset and index, plain text, RSS, Atom, each gzipped or not.
//
//   Sitemap map = parse_sitemap(body);
//   if (map.kind == SitemapKind::kIndex) for (auto& url : map.urls) fetch_sitemap(url.loc);
//
// Thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace weir::parse {

enum class SitemapKind { kUrlset, kIndex, kText, kRss, kAtom, kInvalid };

struct SitemapUrl {  // as written, white space trimmed; empty: absent
  std::string loc;
  std::string lastmod;
  std::string changefreq;
  std::string priority;
};

struct SitemapLimits {  // of sitemaps.org
  std::size_t max_urls = 50'000;
  std::size_t max_bytes = 50u << 20;  // after gzip
};

struct Sitemap {
  SitemapKind kind = SitemapKind::kInvalid;
  std::vector<SitemapUrl> urls;  // in the order of the file
  bool recovered = false;        // ill-formed XML, read by the lenient scan
  bool truncated = false;        // a limit was met; what came before it is here
  std::string error;             // for people; empty if nothing is wrong
};

std::string_view name_of(SitemapKind kind);  // "urlset", "index", "text", "rss", "atom", "invalid"

// Reads a body that is known to be a sitemap or feed; what it is, its bytes tell. Its own gzip
// layer (a .xml.gz file) is undone here; the content encoding of HTTP is the caller's. Entities are
// never expanded, nothing outside the bytes is read, and a value that would need either is left
// out.
Sitemap parse_sitemap(std::string_view body, const SitemapLimits& limits = {});

}  // namespace weir::parse
