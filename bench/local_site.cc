#include "bench/local_site.h"

#include <optional>
#include <stdexcept>

#include "site/site.h"

namespace weir::bench {

int site_role(concurrency::RoleContext& role) {
  const Json options = told(role);
  std::optional<site::Site> site;
  site::HttpServer server(0, [&site](const site::Request& asked) { return site->reply(asked); });
  const std::string origin = "http://127.0.0.1:" + std::to_string(server.port());
  site.emplace(site::SiteOptions{.page_size = options.at("page_bytes"),
                                 .page_spread = 0,
                                 .latency = std::chrono::milliseconds(options.at("latency_ms"))},
               origin);
  say(role, origin + "/");
  server.run();
  return 0;
}

LocalSite::LocalSite(const LocalSiteOptions& options)
    : apart_(start_apart(kSiteRole, {{"page_bytes", options.page_bytes},
                                     {"latency_ms", options.latency.count()}})) {
  if (apart_.said.empty()) throw std::runtime_error("the site to measure against does not start");
}

}  // namespace weir::bench
