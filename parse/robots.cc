#include "parse/robots.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "parse/robots_pattern.h"
#include "parse/url_syntax.h"

namespace weir::parse {
namespace {

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\v\f");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\v\f") + 1 - first);
}

// The product token that value starts with, lower case. Digits are not in the RFC's grammar, but
// in use everywhere.
std::string product_token(std::string_view value) {
  const auto in_token = [](char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '_'; };
  const auto end = std::find_if_not(value.begin(), value.end(), in_token);
  return to_lower({value.data(), static_cast<std::size_t>(end - value.begin())});
}

std::optional<double> read_delay(std::string_view value) {
  double seconds = 0;
  const char* const end = value.data() + value.size();
  const auto result = std::from_chars(value.data(), end, seconds, std::chars_format::fixed);
  if (result.ec != std::errc() || result.ptr != end || !std::isfinite(seconds) || seconds < 0) {
    return {};
  }
  return seconds;
}

}  // namespace

// Reads the file line by line. User-agent lines in a row open one group; the first of them after a
// rule opens the next. Lines that are no rules (Sitemap, Crawl-delay, unknown) end nothing.
class Robots::Reader {
 public:
  explicit Reader(Robots& robots) : robots_(robots) {}

  void line(std::string_view text, int number) {
    text = text.substr(0, text.find('#'));
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return;
    const std::string key = to_lower(trim(text.substr(0, colon)));
    const std::string_view value = trim(text.substr(colon + 1));
    if (key == "user-agent") {
      agent(value);
    } else if (key == "allow" || key == "disallow") {
      rule(value, key == "allow", number);
    } else if (key == "crawl-delay") {
      delay(value);
    } else if (key == "sitemap") {
      if (!value.empty()) robots_.sitemaps_.emplace_back(value);
    }
  }

 private:
  void agent(std::string_view value) {
    if (!open_) robots_.groups_.emplace_back();
    open_ = true;
    const bool everyone = value == "*" || value.starts_with("* ") || value.starts_with("*\t");
    robots_.groups_.back().agents.push_back(everyone ? "*" : product_token(value));
  }

  void rule(std::string_view value, bool allow, int number) {
    if (robots_.groups_.empty()) return;  // a rule of no group
    open_ = false;
    if (value.empty()) return;
    Rule rule;
    rule.pattern = normalise_robots_pattern(value);
    rule.written = (allow ? "Allow: " : "Disallow: ") + std::string(value);
    rule.line = number;
    rule.allow = allow;
    robots_.groups_.back().rules.push_back(std::move(rule));
  }

  void delay(std::string_view value) {
    const auto seconds = read_delay(value);
    if (robots_.groups_.empty() || !seconds) return;
    auto& known = robots_.groups_.back().crawl_delay;
    known = std::max(known.value_or(0), *seconds);
  }

  Robots& robots_;
  bool open_ = false;  // the last group may take more agents
};

Robots Robots::parse(std::string_view bytes, std::size_t limit) {
  if (bytes.size() > limit) {
    const std::size_t end = bytes.find_last_of("\r\n", limit);
    bytes = bytes.substr(0, end == std::string_view::npos ? 0 : end);
  }
  if (bytes.starts_with("\xef\xbb\xbf")) bytes.remove_prefix(3);
  Robots robots;
  Reader reader(robots);
  for (int number = 1; !bytes.empty(); ++number) {
    const std::size_t end = std::min(bytes.find_first_of("\r\n"), bytes.size());
    reader.line(bytes.substr(0, end), number);
    bytes.remove_prefix(end);
    bytes.remove_prefix(bytes.starts_with("\r\n") ? 2 : !bytes.empty());
  }
  return robots;
}

Robots Robots::disallow_all() { return parse("User-agent: *\nDisallow: /\n"); }

std::vector<const Robots::Group*> Robots::groups_for(std::string_view agent) const {
  const std::string token = product_token(agent);
  std::vector<const Group*> own;
  std::vector<const Group*> everyones;
  for (const Group& group : groups_) {
    const auto names = [&](std::string_view name) {
      return std::find(group.agents.begin(), group.agents.end(), name) != group.agents.end();
    };
    if (!token.empty() && names(token)) {
      own.push_back(&group);
    } else if (names("*")) {
      everyones.push_back(&group);
    }
  }
  return own.empty() ? everyones : own;
}

Robots::Decision Robots::allowed(std::string_view agent, const Url& url) const {
  if (url.path() == "/robots.txt") return {};
  const std::string path = normalise_robots_path(url.path_and_query());
  const Rule* best = nullptr;
  for (const Group* group : groups_for(agent)) {
    for (const Rule& rule : group->rules) {
      if (best != nullptr) {  // the longest pattern decides; of two as long, Allow
        const std::size_t length = rule.pattern.size();
        const std::size_t known = best->pattern.size();
        if (length < known || (length == known && (best->allow || !rule.allow))) continue;
      }
      if (robots_pattern_matches(rule.pattern, path)) best = &rule;
    }
  }
  if (best == nullptr) return {};
  return {best->allow, best->written, best->line};
}

std::optional<double> Robots::crawl_delay(std::string_view agent) const {
  std::optional<double> longest;
  for (const Group* group : groups_for(agent)) {
    if (group->crawl_delay) longest = std::max(longest.value_or(0), *group->crawl_delay);
  }
  return longest;
}

void Robots::keep_only(std::string_view agent) {
  Group merged;
  merged.agents = {"*"};
  merged.crawl_delay = crawl_delay(agent);
  for (const Group* group : groups_for(agent)) {
    merged.rules.insert(merged.rules.end(), group->rules.begin(), group->rules.end());
  }
  groups_.assign(1, std::move(merged));
}

std::size_t Robots::rule_count() const {
  std::size_t count = 0;
  for (const Group& group : groups_) count += group.rules.size();
  return count;
}

}  // namespace weir::parse
