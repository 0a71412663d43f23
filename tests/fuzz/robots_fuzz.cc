// The input is "AGENT\nURL\nROBOTS".
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "parse/robots.h"

namespace {

std::string_view take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(line.size() < text.size() ? line.size() + 1 : line.size());
  return line;
}

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using weir::parse::Robots;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view agent = take_line(text);
  const auto url = weir::parse::Url::parse(take_line(text));
  if (!url) return 0;

  Robots robots = Robots::parse(text);
  const auto decision = robots.allowed(agent, *url);
  require((decision.line == 0) == decision.rule.empty());
  require(decision.line != 0 || decision.allowed);
  if (decision.line != 0)
    require(decision.rule.starts_with(decision.allowed ? "Allow: " : "Disallow: "));

  const auto delay = robots.crawl_delay(agent);
  require(!delay || *delay >= 0);
  const auto sitemaps = robots.sitemaps();
  robots.keep_only(agent);
  const auto kept = robots.allowed(agent, *url);
  require(kept.allowed == decision.allowed && kept.line == decision.line);
  require(robots.crawl_delay(agent) == delay);
  require(robots.sitemaps() == sitemaps);

  const std::string marked = "\xef\xbb\xbf" + std::string(text);
  if (!text.starts_with("\xef\xbb\xbf")) {
    require(Robots::parse(marked, marked.size()).rule_count() ==
            Robots::parse(text, text.size()).rule_count());
  }
  return 0;
}
