#include "crawler/admission.h"

#include <algorithm>

#include "parse/canonical.h"
#include "parse/url.h"
#include "parse/utf8.h"

namespace weir {
namespace {

using concurrency::MutexLock;

// Links that lead a reader to a page; resources, forms and citations are facts, not ways.
bool leads_on(const parse::Link& link) {
  switch (link.kind) {
    case parse::LinkKind::kNav:
    case parse::LinkKind::kRefresh:
      return true;
    case parse::LinkKind::kLink:
      return link.has_rel("next") || link.has_rel("prev");
    default:
      return false;
  }
}

bool is_http(std::string_view serialised) {
  return serialised.starts_with("http://") || serialised.starts_with("https://");
}

// Names and passwords in a link are the page's, not the user's: they are neither sent nor told.
parse::Url without_credentials(parse::Url url) {
  if (!url.has_credentials()) return url;
  const std::string plain =
      std::string(url.scheme()) + "://" + url.host_port() + std::string(url.path_and_query());
  return *parse::Url::parse(plain);
}

// Links that a page makes from its own address, without end: one segment again and again, or a URL
// longer than servers read.
constexpr std::size_t kMaxLength = 16 * 1024;
constexpr int kMaxRepeats = 4;

bool looks_like_trap(const parse::Url& url) {
  if (url.href().size() > kMaxLength) return true;
  if (std::count(url.path().begin(), url.path().end(), '/') <= kMaxRepeats) return false;
  std::vector<std::string_view> segments;
  for (std::string_view path = url.path(); !path.empty();) {
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    if (!segment.empty()) segments.push_back(segment);
    path.remove_prefix(segment.size());
  }
  std::sort(segments.begin(), segments.end());
  for (std::size_t i = kMaxRepeats; i < segments.size(); ++i) {
    if (segments[i] == segments[i - kMaxRepeats]) return true;
  }
  return false;
}

// Location is bytes. Where they are no UTF-8 they are meant as they are.
std::string escaped(std::string_view location) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string text;
  for (const char c : location) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      text += c;
    } else {
      text += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return text;
}

}  // namespace

Admission::Admission(const config::Settings& settings, Frontier& frontier,
                     concurrency::InFlight& unfinished, News news)
    : settings_(settings), frontier_(frontier), unfinished_(unfinished), news_(std::move(news)) {
  for (const config::ListSettings& list : settings.lists) scopes_.emplace_back(list);
  trusted_.resize(settings.lists.size());
}

std::optional<std::string> Admission::seed(const SeedLine& line) {
  const auto url = seed_url(line.text);
  if (!url) {
    skip(Skipped::kBadSeed);
    return "'" + line.text.substr(0, 200) + "' is not an http or https URL";
  }
  {
    MutexLock lock(mutex_);
    ++counts_.seeds;
    scopes_[line.list].add_seed(*url);
    seed_hosts_.emplace(url->host());
    trusted_[line.list].insert(url->host_port());
    if (url->effective_port() == 80) trusted_[line.list].insert(std::string(url->host()) + ":443");
  }
  admit({*url, kNoUrl, false, true, line.list, 0, 0});
  return std::nullopt;
}

void Admission::links(const Lease& page, const parse::PageFacts& facts) {
  const bool page_only = settings_.lists[page.list].scope == config::Scope::kPage;
  for (const parse::Link& link : facts.links) {
    if (!leads_on(link)) continue;
    if (link.url.empty()) {
      skip(Skipped::kBadUrl);
    } else if (!is_http(link.url)) {
      skip(Skipped::kScheme);
    } else if (facts.nofollow || link.has_rel("nofollow")) {
      skip(Skipped::kNofollow);
    } else if (page_only) {
      skip(Skipped::kScope);
    } else if (auto url = parse::Url::parse(link.url)) {
      const parse::Url plain = without_credentials(*std::move(url));
      admit({plain, page.id, false, false, page.list, page.depth + 1, 0});
    } else {
      skip(Skipped::kBadUrl);  // the worker lied
    }
  }
}

RedirectFate Admission::redirect(const Lease& from, std::string_view location,
                                 std::string& target) {
  const auto base = parse::Url::parse(from.url);
  auto url = parse::Url::parse(parse::is_utf8(location) ? std::string(location) : escaped(location),
                               base ? &*base : nullptr);
  if (!url) return RedirectFate::kBad;
  if (url->is_http()) url = without_credentials(*url);
  target = url->without_fragment();
  if (!url->is_http()) return RedirectFate::kBad;
  if (from.hops >= settings_.fetch.max_redirects ||
      frontier_.on_hop_chain(from.id, parse::key_of(*url))) {
    return RedirectFate::kLimit;
  }
  if (from.seed) {
    MutexLock lock(mutex_);
    scopes_[from.list].add_seed(*url);
  }
  admit({*url, from.id, true, from.seed, from.list, from.depth, from.hops + 1});
  return RedirectFate::kTaken;
}

void Admission::listed(const parse::Url& sitemap, const parse::Url& url, std::uint32_t list) {
  if (!url.is_http()) return skip(Skipped::kScheme);
  if (url.host() != sitemap.host()) return skip(Skipped::kScope);
  const parse::Url plain = without_credentials(url);
  admit({plain, kNoUrl, false, false, list, 0, 0, true});
}

bool Admission::trusts(std::uint32_t list, const parse::Url& url) const {
  MutexLock lock(mutex_);
  return trusted_.at(list).contains(url.host_port());
}

bool Admission::names_host(std::string_view host) const {
  MutexLock lock(mutex_);
  return seed_hosts_.contains(std::string(host));
}

AdmissionCounts Admission::counts() const {
  MutexLock lock(mutex_);
  return counts_;
}

void Admission::admit(const Offer& offer) {
  const std::string origin = std::string(offer.url.scheme()) + "://" + offer.url.host_port();
  Admitted told;
  {
    MutexLock lock(mutex_);
    ++counts_.discovered;
    const ListScope& scope = scopes_[offer.list];
    auto why = offer.seed     ? std::nullopt
               : offer.listed ? scope.refuses_listed(offer.url)
                              : scope.refuses(offer.url, offer.depth);
    if (!why && !offer.seed && looks_like_trap(offer.url)) why = Skipped::kTrap;
    if (why) {
      ++counts_.skipped[static_cast<std::size_t>(*why)];
      return;
    }
    why = over_budget(offer.url);
    if (why) {
      ++counts_.skipped[static_cast<std::size_t>(*why)];
      return;
    }
    const Candidate candidate{offer.url.without_fragment(),
                              origin,
                              parse::key_of(offer.url),
                              offer.parent,
                              offer.redirected,
                              offer.seed,
                              offer.list,
                              offer.depth,
                              offer.hops};
    unfinished_.add_tasks(1);
    told = frontier_.admit(candidate);
    if (!told.is_new) {
      unfinished_.task_done();
      return;
    }
    if (settings_.crawl.max_per_host != config::kNoLimit) ++per_host_[origin];
    if (settings_.crawl.max_per_dir != config::kNoLimit) ++per_directory_[folder_of(offer.url)];
  }
  if (told.origin_has_news) news_(told.origin, origin, offer.list);
}

std::optional<Skipped> Admission::over_budget(const parse::Url& url) {
  const config::CrawlSettings& crawl = settings_.crawl;
  if (crawl.max_per_host != config::kNoLimit) {
    const auto host = per_host_.find(std::string(url.scheme()) + "://" + url.host_port());
    if (host != per_host_.end() && host->second >= crawl.max_per_host) return Skipped::kBudgetHost;
  }
  if (crawl.max_per_dir != config::kNoLimit) {
    const auto directory = per_directory_.find(folder_of(url));
    if (directory != per_directory_.end() && directory->second >= crawl.max_per_dir) {
      return Skipped::kBudgetDirectory;
    }
  }
  return std::nullopt;
}

void Admission::skip(Skipped reason) {
  MutexLock lock(mutex_);
  ++counts_.discovered;
  ++counts_.skipped[static_cast<std::size_t>(reason)];
}

}  // namespace weir
