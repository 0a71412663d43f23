// A robots.txt by RFC 9309: what one crawler may ask of one scheme://host:port.
//
//   const auto robots = Robots::parse(body);
//   const auto decision = robots.allowed("weir", url);
//   if (!decision.allowed) log(decision.rule, decision.line);  // "Disallow: /private", 7
//
// Thread-compatible.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parse/url.h"

namespace weir::parse {

class Robots {
 public:
  static constexpr std::size_t kMaxBytes = 500 * 1024;

  struct Decision {
    bool allowed = true;
    std::string rule;  // the line that decided, "Disallow: /x"; empty if none did
    int line = 0;      // of that rule, from 1; 0 if none did
  };

  // Reads at most limit bytes; a line cut by it does not count. Never fails: what is no record is
  // skipped. An empty file allows everything.
  static Robots parse(std::string_view bytes, std::size_t limit = kMaxBytes);
  static Robots allow_all() { return {}; }
  static Robots disallow_all();

  // May the crawler with this product token ask for url? Costs O(rules * path) at worst, whatever
  // the patterns are. /robots.txt itself is always allowed.
  Decision allowed(std::string_view agent, const Url& url) const;

  // The delay in seconds that the group of agent asks for. Not part of the RFC.
  std::optional<double> crawl_delay(std::string_view agent) const;

  // In file order, as written, whatever group they stand in. Resolve against the file's own URL.
  const std::vector<std::string>& sitemaps() const { return sitemaps_; }

  // Forgets the rules that do not concern agent; the answers for it stay the same.
  void keep_only(std::string_view agent);

  std::size_t rule_count() const;

 private:
  struct Rule {
    std::string pattern;  // normalised, see robots_pattern.h
    std::string written;  // "Disallow: /x", as in the file
    int line = 0;
    bool allow = false;
  };
  struct Group {
    std::vector<std::string> agents;  // lower case; "*" for everyone else
    std::vector<Rule> rules;
    std::optional<double> crawl_delay;
  };
  class Reader;

  // The groups that apply to agent: those that name it, or else those for "*".
  std::vector<const Group*> groups_for(std::string_view agent) const;

  std::vector<Group> groups_;
  std::vector<std::string> sitemaps_;
};

}  // namespace weir::parse
