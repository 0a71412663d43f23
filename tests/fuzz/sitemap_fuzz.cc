#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "parse/sitemap.h"
#include "parse/utf8.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::parse;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  constexpr SitemapLimits kLimits{.max_urls = 20, .max_bytes = 1 << 20};
  const Sitemap map = parse_sitemap(body, kLimits);
  require(map.urls.size() <= kLimits.max_urls);
  require(map.kind != SitemapKind::kInvalid || (map.urls.empty() && !map.error.empty()));
  for (const SitemapUrl& url : map.urls) {
    require(!url.loc.empty());
    for (const std::string& field : {url.loc, url.lastmod, url.changefreq, url.priority})
      require(is_utf8(field));
  }
  return 0;
}
