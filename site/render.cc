// How a page of the site looks: what real pages hold, in a size that is asked for.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "site/site.h"

namespace weir::site {
namespace {

// Log-normal, by the Box-Muller transform.
std::size_t size_of(double median, double spread, Random random) {
  const double radius = std::sqrt(-2 * std::log(1 - random.share()));
  const double normal = radius * std::cos(2 * std::numbers::pi * random.share());
  return static_cast<std::size_t>(median * std::exp(spread * normal));
}

}  // namespace

std::string Site::render(std::uint64_t page) const {
  const std::size_t size = size_of(static_cast<double>(options_.page_size), options_.page_spread,
                                   Random(options_.seed, page, Random::kSize));
  Random random(options_.seed, page, Random::kText);
  const std::vector<Link> all = links(page);
  std::string html;
  html.reserve(size + size / 8 + 8192);

  const auto anchor = [&](const Link& link) {
    html += link.place == Link::Place::kArea ? "<area alt=\"map\" href=\"" : "<a href=\"";
    append_escaped(link.written, html);
    html += link.nofollow ? "\" rel=\"nofollow\">" : "\">";
    if (link.place != Link::Place::kArea) html.append(text_.word(random)).append("</a>");
  };
  const auto paragraph = [&](std::size_t bytes) {
    html += "<p>";
    text_.prose(random, bytes, html);
    html += "</p>\n";
  };

  html += "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>";
  append_escaped(title(page), html);
  html += "</title>\n<meta name=\"description\" content=\"Page " + std::to_string(page) +
          " of a site that is made up\">\n<style>main { max-width: 60em }</style>\n";
  if (options_.half_script) {
    html += "<script>\n";
    text_.script(random, size / 2, html);
    html += "</script>\n";
  }
  html += "</head>\n<body>\n<header><nav><ul>";
  std::size_t next = 0;
  for (; all[next].place == Link::Place::kNav; ++next) {
    html += next == 2 ? "<li>More<ul><li>" : "<li>";
    anchor(all[next]);
  }
  html += next > 2 ? "</ul></li></ul>" : "</ul>";
  html += "</nav></header>\n<main id=\"content\">\n<h1>";
  append_escaped(title(page), html);
  html +=
      "</h1>\n<svg width=\"9\" height=\"9\" role=\"img\" aria-label=\"a drawing\"><circle "
      "r=\"4\"/></svg>\n";

  // The links are spread over the text; what is behind the last one is filled up with more of it.
  const std::size_t links_left = all.size() - next;
  const std::size_t footer = 200;
  const std::size_t room = size > html.size() + links_left * 60 + footer
                               ? size - html.size() - links_left * 60 - footer
                               : 0;
  const std::size_t each = room / (links_left + 1);
  for (; next < all.size() && all[next].place == Link::Place::kText; ++next) {
    if (next % 6 == 0)
      html.append("<h2 id=\"part").append(std::to_string(next / 6)).append("\">Part</h2>\n");
    if (each >= 120) paragraph(each);
    html += next % 3 == 0 ? "<ul><li>" : "<p>";
    anchor(all[next]);
    html += next % 3 == 0 ? "</li></ul>\n" : "</p>\n";
  }
  html += "<table><thead><tr><th>Name<th>Depth<tbody>";
  for (int row = 0; row < 3; ++row) {
    html.append("<tr><td>").append(text_.word(random));
    html.append("<td>").append(std::to_string(random.below(90)));
  }
  html += "</table>\n";
  if (next < all.size() && all[next].place == Link::Place::kArea) {
    html += "<map name=\"m\">";
    anchor(all[next++]);
    html += "</map>\n";
  }
  for (; next < all.size(); ++next) anchor(all[next]);
  while (html.size() + footer < size)
    paragraph(std::min<std::size_t>(800, size - footer - html.size()));
  html += "<footer><p>Made up for crawlers; nothing here is true. Page " + std::to_string(page) +
          ".</p></footer>\n</main>\n</body>\n</html>\n";
  return html;
}

}  // namespace weir::site
