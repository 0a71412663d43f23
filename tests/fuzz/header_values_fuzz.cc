#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "parse/header_values.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::parse;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto inside = [&](std::string_view part) {
    return part.data() >= text.data() && part.data() + part.size() <= text.data() + text.size();
  };
  const std::string_view first = text.substr(0, text.find('\n'));
  const std::string_view rest = text.substr(first.size());

  const ContentType type = parse_content_type({first, rest});
  if (!type.essence.empty()) {
    require(type.essence.find('/') != std::string::npos);
    require(parse_content_type({type.essence}).essence == type.essence);
  }
  const std::chrono::sys_seconds now(std::chrono::seconds(784'111'777));
  const auto wait = parse_retry_after(text, now);
  require(!wait || wait->count() >= 0);
  for (const HeaderLink& link : parse_link_header({first, rest})) {
    require(link.target.find('>') == std::string::npos);
    for (const std::string& rel : link.rel) require(!rel.empty());
  }
  const auto refresh = parse_refresh(text);
  require(!refresh || !refresh->url || refresh->url->size() <= text.size());
  for (const std::string_view url : parse_srcset(text)) {
    require(!url.empty() && inside(url) &&
            url.find_first_of(" \t\n\f\r") == std::string_view::npos);
  }
  const RobotsDirectives alone = combine_robots({{"robots", first}}, {}, "weir");
  const RobotsDirectives both = combine_robots({{"robots", first}}, {rest}, "weir");
  require(both.noindex >= alone.noindex && both.nofollow >= alone.nofollow);
  return 0;
}
