// The frontier: every URL that was admitted, once, and which of them are still to be asked for.
//
//   auto told = frontier.admit(candidate);        // the store and the seed reader
//   auto lease = frontier.lease(told.origin);     // the loop, when that origin is due
//   frontier.complete(lease->id);                 // the store, after the children are admitted
//
// It is the one elastic place of the crawl: links never block a parser. It knows order, not time;
// when an origin may be asked is HostSchedule's business.
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "config/settings.h"
#include "parse/canonical.h"

namespace weir {

using UrlId = std::uint32_t;     // of an admitted URL, in order of admission
using OriginId = std::uint32_t;  // of a scheme://host:port
inline constexpr UrlId kNoUrl = UINT32_MAX;

// What asks to be let in. `url` is serialised, without a fragment.
struct Candidate {
  std::string_view url;
  std::string_view origin;  // scheme://host:port
  parse::Key key;           // of the canonical form: what is admitted once
  UrlId parent = kNoUrl;
  bool redirected = false;  // parent answered with a redirect to this
  bool seed = false;        // a seed, or what a seed redirects to
  std::uint32_t list = 0;   // index into Settings::lists
  std::uint32_t depth = 0;  // links from a seed
  std::uint32_t hops = 0;   // redirects from the last link
};

struct Admitted {
  bool is_new = false;
  OriginId origin = 0;
  bool origin_has_news = false;  // the origin had nothing to lease before
};

// The right to ask for one URL. Ends by complete() or give_back(), nothing else.
struct Lease {
  UrlId id = kNoUrl;
  OriginId origin = 0;
  std::string url;
  UrlId parent = kNoUrl;
  bool seed = false;
  std::uint32_t list = 0;
  std::uint32_t depth = 0;
  std::uint32_t hops = 0;
  std::uint32_t attempts = 0;  // transfers made before this lease
};

class Frontier {
 public:
  struct Counts {
    std::uint64_t unique = 0;   // admitted
    std::uint64_t pending = 0;  // waiting, not leased
    std::uint64_t leased = 0;
    std::uint64_t done = 0;
  };

  virtual ~Frontier() = default;

  // Lets a URL in, if its key was never seen; else lowers depth and hops of the one that waits.
  virtual Admitted admit(const Candidate& candidate) = 0;

  // The next URL of this origin in the crawl's order, or none.
  virtual std::optional<Lease> lease(OriginId origin) = 0;

  // Gives an unfinished lease back, to be leased again before its siblings. True when the origin
  // had nothing else to lease.
  virtual bool give_back(const Lease& lease) = 0;

  // The URL reached its final outcome. Requires: its children were admitted before.
  virtual void complete(UrlId id) = 0;

  // Whether `key` is the URL's own or that of a redirect that led to it.
  virtual bool on_hop_chain(UrlId id, const parse::Key& key) const = 0;

  virtual std::string url(UrlId id) const = 0;  // empty for kNoUrl
  virtual std::string origin(OriginId origin) const = 0;
  virtual Counts counts() const = 0;

  // Every URL that is not done, in order of admission.
  virtual void for_each_unfinished(
      const std::function<void(const std::string& url)>& visit) const = 0;
};

// All in memory: about 150 bytes and the URL's text for each URL; nothing survives the process.
std::unique_ptr<Frontier> make_memory_frontier(config::Order order);

}  // namespace weir
