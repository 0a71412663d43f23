#include "site/text.h"

#include <algorithm>
#include <array>

namespace weir::site {
namespace {

constexpr std::size_t kPoolBytes = 64 * 1024;

constexpr std::array<std::string_view, 48> kWords = {
    "weir",  "river",  "bank",     "stone",  "water",   "current", "lock",    "gate",
    "mill",  "reed",   "heron",    "bridge", "valley",  "meadow",  "channel", "flood",
    "level", "spring", "course",   "delta",  "silt",    "pool",    "eddy",    "basin",
    "canal", "ferry",  "harbour",  "tide",   "island",  "marsh",   "narrow",  "deep",
    "slow",  "clear",  "northern", "upper",  "quiet",   "broad",   "carries", "turns",
    "holds", "falls",  "rises",    "meets",  "crosses", "follows", "leaves",  "feeds"};

// As they stand in HTML: what a parser has to turn into characters.
constexpr std::array<std::string_view, 6> kMarkup = {"caf&eacute;",   "salt &amp; sand",
                                                     "5&nbsp;km",     "&#8220;near&#8221;",
                                                     "<em>soon</em>", "M\u00fchle"};

std::string_view pick(Random& random, const auto& list) { return list[random.below(list.size())]; }

// From a boundary somewhere in the pool to the first boundary behind `bytes` bytes, once round at
// most.
void quote(const std::string& pool, char boundary, std::uint64_t at, std::size_t bytes,
           std::string& out) {
  std::size_t from = pool.find(boundary, at % (pool.size() / 2)) + 1;
  while (bytes > 0) {
    const std::size_t wanted = std::min(bytes, pool.size() - from - 1);
    const std::size_t end = pool.find(boundary, from + wanted - 1) + 1;
    if (end == 0) break;
    out.append(pool, from, end - from);
    bytes -= std::min(bytes, end - from);
    from = pool.find(boundary) + 1;
  }
}

}  // namespace

Text::Text(std::uint64_t seed) {
  Random random(seed, 0, Random::kPool);
  while (prose_.size() < kPoolBytes) {
    std::string sentence(pick(random, kWords));
    sentence[0] = static_cast<char>(sentence[0] - 'a' + 'A');
    for (std::uint64_t words = 5 + random.below(15); words > 0; --words) {
      sentence += random.below(12) == 0 ? ", " : " ";
      sentence += random.below(25) == 0 ? pick(random, kMarkup) : pick(random, kWords);
    }
    prose_ += sentence + ". ";
  }
  prose_.replace(prose_.size() - 2, 2, ".\n");
  for (std::size_t line = 0; script_.size() < kPoolBytes; ++line) {
    const std::string name = "f" + std::to_string(line);
    script_ += "function " + name + "(a, b) { if (a < b && b > 0) return \"<p>" +
               std::string(pick(random, kWords)) + "</p>\"; return a ? '" +
               std::string(pick(random, kWords)) + "' : b; }\n";
  }
}

void Text::prose(Random& random, std::size_t bytes, std::string& out) const {
  quote(prose_, '.', random.next(), bytes, out);
}

void Text::script(Random& random, std::size_t bytes, std::string& out) const {
  quote(script_, '\n', random.next(), bytes, out);
}

std::string Text::word(Random& random) const { return std::string(pick(random, kWords)); }

void append_escaped(std::string_view text, std::string& html) {
  for (const char c : text) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      default:
        html += c;
    }
  }
}

}  // namespace weir::site
