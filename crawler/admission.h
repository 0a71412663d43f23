// Who gets into the frontier: parsing, scope, budgets and dedup, for seeds, links and redirects.
//
//   if (auto why = admission.seed(line)) warn(line.origin, *why);
//   admission.links(lease, page_url, facts);                  // children before the parent is done
//   if (admission.redirect(lease, target) == Redirect::kLimit) ...
//
// Everything that is turned away is counted by reason. Thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "concurrency/in_flight.h"
#include "concurrency/mutex.h"
#include "config/settings.h"
#include "crawler/frontier.h"
#include "crawler/scope.h"
#include "crawler/seeds.h"
#include "parse/page.h"

namespace weir {

// What became of a redirect's target.
enum class RedirectFate {
  kTaken,  // admitted, known already or out of scope: the redirect is recorded as one
  kLimit,  // the target is on the hop chain, or too many hops
  kBad,    // the target is no http URL
};

struct AdmissionCounts {
  std::uint64_t seeds = 0;       // valid lines
  std::uint64_t discovered = 0;  // seeds, links and redirects looked at
  std::array<std::uint64_t, kSkippedReasons> skipped{};
};

class Admission {
 public:
  // An origin has its first URL to lease. Called on the admitting thread, under no lock.
  using News = std::function<void(OriginId, const std::string& origin, std::uint32_t list)>;

  // `unfinished` counts every URL that gets in, before anyone can lease it.
  Admission(const config::Settings& settings, Frontier& frontier, concurrency::InFlight& unfinished,
            News news);

  // None, or what is wrong with the line.
  std::optional<std::string> seed(const SeedLine& line);

  // The links of a parsed page, as far as they are to be followed.
  void links(const Lease& page, const parse::PageFacts& facts);

  // `target` is set to the resolved URL without fragment, where it parses.
  RedirectFate redirect(const Lease& from, std::string_view location, std::string& target);

  // A URL that a sitemap names; only those of the sitemap's own host get in.
  void listed(const parse::Url& sitemap, const parse::Url& url, std::uint32_t list);

  // Whether the list's auth may be told to this URL's host and port: one that its seeds name, or
  // the https of a seed's http.
  bool trusts(std::uint32_t list, const parse::Url& url) const;

  // Whether a seed names this host: then it may be a private address.
  bool names_host(std::string_view host) const;

  AdmissionCounts counts() const;

 private:
  struct Offer {
    const parse::Url& url;
    UrlId parent;
    bool redirected;
    bool seed;
    std::uint32_t list, depth, hops;
    bool listed = false;  // by a sitemap
  };

  void admit(const Offer& offer);
  std::optional<Skipped> over_budget(const parse::Url& url) REQUIRES(mutex_);
  void skip(Skipped reason);

  const config::Settings& settings_;
  Frontier& frontier_;
  concurrency::InFlight& unfinished_;
  const News news_;

  mutable concurrency::Mutex mutex_;
  std::vector<ListScope> scopes_ GUARDED_BY(mutex_);
  std::unordered_set<std::string> seed_hosts_ GUARDED_BY(mutex_);
  std::vector<std::unordered_set<std::string>> trusted_ GUARDED_BY(mutex_);  // by list
  std::unordered_map<std::string, std::uint64_t> per_host_ GUARDED_BY(mutex_);
  std::unordered_map<std::string, std::uint64_t> per_directory_ GUARDED_BY(mutex_);
  AdmissionCounts counts_ GUARDED_BY(mutex_);
};

}  // namespace weir
