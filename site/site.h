// A website that is made up as it is asked for: every page follows from the seed and its number,
// and the site knows what a right crawl of it records.
//
//   Site site({.pages = 3000, .seed = 7}, "http://127.0.0.1:8080");
//   Reply reply = site.reply("/", {});
//   for (const TruthRecord& record : site.truth()) ...
//
// Immutable.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "site/http_server.h"
#include "site/text.h"

namespace weir::site {

struct SiteOptions {
  std::uint64_t pages = 100;  // those that faults and redirects take the place of included
  std::uint64_t seed = 1;
  std::uint64_t page_size = 16 * 1024;        // bytes, the median of a log-normal distribution
  double page_spread = 0.5;                   // its sigma; 0: all pages are of the same size
  std::uint64_t links = 20;                   // of a page, about
  std::chrono::milliseconds latency{0};       // before each reply
  std::chrono::milliseconds slow_time{2000};  // that a slow page's body takes
  double error_rate = 0;                      // share of pages that answer 403, 404, 410 or 500
  double redirects = 0;                       // share that redirect to another page
  double slow = 0;                            // share whose body trickles
  double broken = 0;              // share that is cut, reset, no HTTP or wrongly encoded
  std::uint64_t crawl_delay = 0;  // seconds, in robots.txt
  bool trap = false;              // an endless chain of pages
  bool gzip = false;              // compress for those who accept it
  bool half_script = false;       // half of a page's bytes are script
};

// What pages.jsonl says of a URL. Links are the hrefs of a and area elements, the only URLs that a
// page holds, in document order, resolved, their fragments cut, repeated ones too.
struct TruthRecord {
  std::string url;
  std::string outcome;
  std::optional<int> status;
  std::optional<std::string> title;
  std::vector<std::string> links;
};

class Site {
 public:
  // `origin` as in "http://127.0.0.1:8080". Throws std::invalid_argument for shares outside 0..1 or
  // more than 1 together, and for no pages.
  Site(const SiteOptions& options, std::string origin);

  Reply reply(const Request& request) const;

  // One record for every URL that a crawl from "/" records: scope host, robots.txt obeyed, no
  // limits. Requires: no trap.
  std::vector<TruthRecord> truth() const;

 private:
  enum class Kind { kPage, kError, kRedirect, kSlow, kCut, kReset, kNoHttp, kBadEncoding };
  struct Link {
    std::string path;     // as a URL has it
    std::string written;  // the href, not yet HTML-escaped
    enum class Place { kNav, kText, kArea, kEnd } place = Place::kText;
    bool nofollow = false;
  };

  Kind kind(std::uint64_t page) const;
  int error_status(std::uint64_t page) const;
  std::string path(std::uint64_t page) const;
  std::optional<std::uint64_t> page_at(std::string_view path) const;
  std::string title(std::uint64_t page) const;
  std::vector<Link> links(std::uint64_t page) const;
  std::string written_link(std::string_view from, std::string_view to, Random& random) const;
  std::uint64_t denied_count() const;
  std::string denied_path(std::uint64_t index) const;
  std::string render(std::uint64_t page) const;
  std::optional<std::string> sitemap(std::string_view path) const;
  std::string robots() const;
  Reply page_reply(std::uint64_t page, bool accepts_gzip) const;
  Reply trap_reply(std::string_view path) const;
  std::uint64_t redirect_target(std::uint64_t page) const;

  SiteOptions options_;
  std::string origin_;
  std::uint64_t fanout_;      // children of a page in the tree that reaches all pages
  std::uint64_t first_leaf_;  // pages from here on have no children; only they may be faulty
  Text text_;
};

}  // namespace weir::site
