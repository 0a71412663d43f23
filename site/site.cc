#include "site/site.h"

#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace weir::site {
namespace {

constexpr std::uint64_t kMostChildren = 10;
constexpr std::uint64_t kUrlsPerSitemap = 50'000;

void check_share(double share) {
  if (!(share >= 0 && share <= 1)) throw std::invalid_argument("a share is a number from 0 to 1");
}

std::string gzipped(const std::string& text) {
  z_stream stream{};
  if (deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

Reply plain(int status, std::string type, std::string body) {
  Reply reply;
  reply.status = status;
  reply.content_type = std::move(type);
  reply.body = std::move(body);
  return reply;
}

std::string error_page(int status) {
  const std::string name = "Error " + std::to_string(status);
  return "<!DOCTYPE html><title>" + name + "</title><h1>" + name +
         "</h1><p><a href=\"/never/linked-from-an-error\">Nobody follows this.</a>\n";
}

}  // namespace

Site::Site(const SiteOptions& options, std::string origin)
    : options_(options), origin_(std::move(origin)), text_(options.seed) {
  if (options_.pages == 0) throw std::invalid_argument("a site has at least one page");
  for (const double share :
       {options_.error_rate, options_.redirects, options_.slow, options_.broken})
    check_share(share);
  check_share(options_.error_rate + options_.redirects + options_.slow + options_.broken);
  fanout_ = std::clamp<std::uint64_t>(options_.links, 5, kMostChildren + 4) - 4;
  first_leaf_ = options_.pages < 2 ? 1 : (options_.pages - 2) / fanout_ + 1;
}

// Faults are of leaves alone, so that all pages can be reached whatever goes wrong.
Site::Kind Site::kind(std::uint64_t page) const {
  if (page < first_leaf_) return Kind::kPage;
  const double leaves =
      static_cast<double>(options_.pages - first_leaf_) / static_cast<double>(options_.pages);
  Random random(options_.seed, page, Random::kKind);
  double at = random.share() * leaves;
  if ((at -= options_.error_rate) < 0) return Kind::kError;
  if ((at -= options_.redirects) < 0) return Kind::kRedirect;
  if ((at -= options_.slow) < 0) return Kind::kSlow;
  if ((at -= options_.broken) < 0) {
    constexpr Kind kBroken[] = {Kind::kCut, Kind::kReset, Kind::kNoHttp, Kind::kBadEncoding};
    return kBroken[random.below(std::size(kBroken))];
  }
  return Kind::kPage;
}

int Site::error_status(std::uint64_t page) const {
  constexpr int kStatuses[] = {404, 404, 403, 410, 500};
  return kStatuses[Random(options_.seed, page, Random::kRedirect).below(std::size(kStatuses))];
}

std::uint64_t Site::redirect_target(std::uint64_t page) const {
  return Random(options_.seed, page, Random::kRedirect).below(first_leaf_);
}

// Every kind of path that sites have, each as its URL spells it.
std::string Site::path(std::uint64_t page) const {
  const std::string number = std::to_string(page);
  if (page == 0) return "/";
  if (page % 31 == 11) return "/private/open/page" + number + ".html";
  if (page % 13 == 4) return "/sec" + std::to_string(page % 16) + "/n%C3%A4he-" + number + ".html";
  if (page % 7 == 5) return "/item?id=" + number + "&v=" + std::to_string(page % 3);
  if (page % 7 == 3) return "/docs/" + std::to_string(page / 100) + "/page-" + number + "/";
  return "/sec" + std::to_string(page % 16) + "/page" + number + ".html";
}

std::optional<std::uint64_t> Site::page_at(std::string_view wanted) const {
  if (wanted == "/") return 0;
  constexpr std::string_view kDigits = "0123456789";
  for (auto at = wanted.find_first_of(kDigits); at != std::string_view::npos;
       at = wanted.find_first_of(kDigits, at)) {
    const auto end = std::min(wanted.find_first_not_of(kDigits, at), wanted.size());
    if (end - at < 18) {
      const std::uint64_t page = std::stoull(std::string(wanted.substr(at, end - at)));
      if (page < options_.pages && path(page) == wanted) return page;
    }
    at = end;
  }
  return std::nullopt;
}

std::string Site::title(std::uint64_t page) const {
  Random random(options_.seed, page, Random::kTitle);
  const std::string first = text_.word(random);
  return "Page " + std::to_string(page) + ": the " + first + " & the " + text_.word(random);
}

std::uint64_t Site::denied_count() const { return std::min(options_.pages / 50 + 1, first_leaf_); }

std::string Site::denied_path(std::uint64_t index) const {
  return index % 2 == 0 ? "/private/note" + std::to_string(index) + ".html"
                        : "/run/" + std::to_string(index) + ".cgi";
}

std::string Site::written_link(std::string_view from, std::string_view to, Random& random) const {
  std::string text(to);
  for (auto at = text.find("%C3%A4"); at != std::string::npos; at = text.find("%C3%A4"))
    text.replace(at, 6, "\u00e4");
  switch (random.below(4)) {
    case 0: {  // relative
      const std::string_view folder = from.substr(0, from.find('?'));
      const auto depth = std::count(folder.begin(), folder.end(), '/') - 1;
      std::string up = depth == 0 ? "./" : "";
      for (auto i = depth; i > 0; --i) up += "../";
      text.replace(0, 1, up);
      break;
    }
    case 1:
      text.insert(0, origin_);
      break;
    default:
      break;
  }
  if (random.below(6) == 0) text += "#part" + std::to_string(random.below(9));
  if (random.below(20) == 0) text = "\n " + text + " ";
  return text;
}

std::vector<Site::Link> Site::links(std::uint64_t page) const {
  using Place = Link::Place;
  Random random(options_.seed, page, Random::kLinks);
  const std::string from = path(page);
  std::vector<Link> links;
  const auto add = [&](std::string to, Place place) {
    std::string written = written_link(from, to, random);
    links.push_back({std::move(to), std::move(written), place, false});
  };
  links.push_back({from, "#content", Place::kNav, false});
  links.push_back({"/", "/", Place::kNav, false});
  for (std::uint64_t i = 1; i <= 2 && i < options_.pages; ++i)
    links.push_back({path(i), path(i), Place::kNav, false});
  for (std::uint64_t i = 1; i <= fanout_ && page * fanout_ + i < options_.pages; ++i) {
    add(path(page * fanout_ + i), Place::kText);
  }
  if (page < denied_count()) add(denied_path(page), Place::kText);
  if (page == 0 && options_.trap) add("/trap/1/", Place::kText);
  while (links.size() + 2 < options_.links) {
    add(path(random.below(options_.pages)), Place::kText);
    links.back().nofollow = random.below(15) == 0 && links.back().path != "/";
  }
  if (page % 5 == 2) add(path(random.below(options_.pages)), Place::kArea);
  links.push_back(links.back());  // a duplicate
  links.back().place = Place::kEnd;
  return links;
}

std::vector<TruthRecord> Site::truth() const {
  std::vector<TruthRecord> records;
  records.reserve(options_.pages + denied_count());
  for (std::uint64_t page = 0; page < options_.pages; ++page) {
    TruthRecord record{origin_ + path(page), "ok", 200, std::nullopt, {}};
    bool parsed = false;
    switch (kind(page)) {
      case Kind::kCut:
        record.outcome = "truncated";
        parsed = true;
        break;
      case Kind::kPage:
      case Kind::kSlow:
        parsed = true;
        break;
      case Kind::kError:
        record.outcome = "http_error";
        record.status = error_status(page);
        break;
      case Kind::kRedirect:
        record.outcome = "redirect";
        record.status = page_reply(page, false).status;
        break;
      case Kind::kReset:
        record.outcome = "reset";
        record.status.reset();
        break;
      case Kind::kNoHttp:
        record.outcome = "protocol";
        record.status.reset();
        break;
      case Kind::kBadEncoding:
        record.outcome = "bad_encoding";
        break;
    }
    if (parsed) {
      record.title = title(page);
      for (const Link& link : links(page)) record.links.push_back(origin_ + link.path);
    }
    records.push_back(std::move(record));
  }
  for (std::uint64_t i = 0; i < denied_count(); ++i) {
    records.push_back({origin_ + denied_path(i), "robots_denied", std::nullopt, std::nullopt, {}});
  }
  return records;
}

std::string Site::robots() const {
  std::string text =
      "User-agent: *\nDisallow: /private/\nAllow: /private/open/\nDisallow: /*.cgi$\n";
  if (options_.crawl_delay > 0)
    text += "Crawl-delay: " + std::to_string(options_.crawl_delay) + "\n";
  return text + "\nSitemap: " + origin_ + "/sitemap.xml\n";
}

// One file up to 50,000 URLs, an index and its parts beyond.
std::optional<std::string> Site::sitemap(std::string_view wanted) const {
  const std::uint64_t parts = (options_.pages + kUrlsPerSitemap - 1) / kUrlsPerSitemap;
  const auto file = [](std::uint64_t part) { return "/sitemap-" + std::to_string(part) + ".xml"; };
  const std::string head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  const std::string space = " xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n";
  if (wanted == "/sitemap.xml" && parts > 1) {
    std::string xml = head + "<sitemapindex" + space;
    for (std::uint64_t part = 0; part < parts; ++part)
      xml += "<sitemap><loc>" + origin_ + file(part) + "</loc></sitemap>\n";
    return xml + "</sitemapindex>\n";
  }
  for (std::uint64_t part = 0; part < parts; ++part) {
    if (wanted != file(part) && wanted != "/sitemap.xml") continue;
    std::string xml = head + "<urlset" + space;
    const std::uint64_t end = std::min(options_.pages, (part + 1) * kUrlsPerSitemap);
    for (std::uint64_t page = part * kUrlsPerSitemap; page < end; ++page) {
      xml += "<url><loc>";
      append_escaped(origin_ + path(page), xml);
      xml += "</loc></url>\n";
    }
    return xml + "</urlset>\n";
  }
  return std::nullopt;
}

Reply Site::trap_reply(std::string_view wanted) const {
  const std::string next = std::string(wanted) + std::to_string(wanted.size()) + "/";
  return plain(200, "text/html; charset=utf-8",
               "<!DOCTYPE html><title>Deeper</title><p><a href=\"" + next +
                   "\">deeper</a> <a href=\"" + next + "?sort=up\">and deeper</a>\n");
}

Reply Site::page_reply(std::uint64_t page, bool accepts_gzip) const {
  Reply reply;
  switch (const Kind what = kind(page)) {
    case Kind::kError:
      return plain(error_status(page), "text/html; charset=utf-8", error_page(error_status(page)));
    case Kind::kRedirect: {
      constexpr int kStatuses[] = {301, 302, 303, 307, 308};
      const std::string target = path(redirect_target(page));
      reply = plain(kStatuses[page % std::size(kStatuses)], "text/html", error_page(300));
      reply.headers.emplace_back("Location", page % 2 == 0 ? target : origin_ + target);
      return reply;
    }
    case Kind::kReset:
      reply.fault = Fault::kReset;
      return reply;
    case Kind::kNoHttp:
      reply.fault = Fault::kNoHttp;
      return reply;
    case Kind::kBadEncoding:
      reply.headers.emplace_back("Content-Encoding", "gzip");
      reply.body = "this was never compressed";
      return reply;
    case Kind::kPage:
    case Kind::kSlow:
    case Kind::kCut:
      reply.body = render(page);
      if (what == Kind::kSlow) reply.trickle = options_.slow_time;
      if (what == Kind::kCut) {
        reply.fault = Fault::kCut;
        reply.cut_at = reply.body.find("<footer>");
      } else if (options_.gzip && accepts_gzip) {
        reply.body = gzipped(reply.body);
        reply.headers.emplace_back("Content-Encoding", "gzip");
      }
  }
  return reply;
}

Reply Site::reply(const Request& request) const {
  const std::string_view wanted = request.target;
  Reply reply;
  if (const auto page = page_at(wanted)) {
    reply = page_reply(*page, request.accepts_gzip);
  } else if (wanted == "/robots.txt") {
    reply = plain(200, "text/plain", robots());
  } else if (const auto xml = wanted.starts_with("/sitemap") ? sitemap(wanted) : std::nullopt) {
    reply = plain(200, "application/xml", *xml);
  } else if (options_.trap && wanted.starts_with("/trap/")) {
    reply = trap_reply(wanted);
  } else if (wanted.starts_with("/private/") || wanted.starts_with("/run/")) {
    reply = plain(200, "text/html; charset=utf-8", error_page(200));
  } else {
    reply = plain(404, "text/html; charset=utf-8", error_page(404));
  }
  reply.delay = options_.latency;
  return reply;
}

}  // namespace weir::site
