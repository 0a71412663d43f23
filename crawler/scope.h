// How far a list follows links: the `scope`, `depth`, `include` and `exclude` of one [[list]].
//
//   ListScope scope(settings);
//   scope.add_seed(url);
//   if (auto why = scope.refuses(url, depth)) count_skipped(*why);
//
// Thread-compatible.
#pragma once

#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "config/pattern.h"
#include "config/settings.h"
#include "parse/url.h"

namespace weir {

// Why a URL that was found is not asked for; the words of summary.json's urls.skipped.
enum class Skipped {
  kScope,
  kDepth,
  kExcluded,
  kScheme,
  kNofollow,
  kBudgetHost,
  kBudgetDirectory,
  kBadUrl,
  kBadSeed,
  kTrap
};
inline constexpr std::size_t kSkippedReasons = 10;
const char* skipped_name(Skipped reason);

// The folder that a URL lies in: "http://host:port/a/b/" for "http://host:port/a/b/c?q".
std::string folder_of(const parse::Url& url);

class ListScope {
 public:
  explicit ListScope(const config::ListSettings& settings);

  // A seed, or what a seed redirects to, widens the scope by its host, domain or folder.
  void add_seed(const parse::Url& url);

  // None if a link to `url`, `depth` links from a seed, is to be followed. Seeds are never asked.
  std::optional<Skipped> refuses(const parse::Url& url, std::uint32_t depth) const;
  // The same for a URL of a sitemap of this host: as good as a seed where no links are followed.
  std::optional<Skipped> refuses_listed(const parse::Url& url) const;

 private:
  bool within(const parse::Url& url) const;

  const config::Scope scope_;
  const std::optional<std::uint64_t> depth_;
  const config::Patterns patterns_;
  std::unordered_set<std::string> places_;  // hosts, domains, or for kPrefix origin + folder
};

}  // namespace weir
