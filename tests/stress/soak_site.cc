#include "tests/stress/soak_site.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <ctime>
#include <numeric>
#include <stdexcept>

#include "concurrency/channel.h"
#include "concurrency/fd_limit.h"
#include "site/http_server.h"
#include "site/random.h"

namespace weir {
namespace {

using fetch::FetchOutcome;
using site::Fault;
using site::Reply;
using std::chrono::milliseconds;

// Those of 502 and 429, resets, silence and closed ports are retried.
constexpr std::array kHazards{
    Hazard{"page", 520, FetchOutcome::kOk},
    Hazard{"late", 100, FetchOutcome::kOk},
    Hazard{"drip", 30, FetchOutcome::kOk},
    Hazard{"packed", 70, FetchOutcome::kOk},
    Hazard{"big", 20, FetchOutcome::kOk},
    Hazard{"empty", 10, FetchOutcome::kOk},
    Hazard{"error", 80, FetchOutcome::kHttpError},
    Hazard{"gateway", 10, FetchOutcome::kHttpError},
    Hazard{"overload", 2, FetchOutcome::kHttpError},
    Hazard{"until", 1, FetchOutcome::kHttpError},  // Retry-After as a date
    Hazard{"redirect", 60, FetchOutcome::kRedirect},
    Hazard{"loop", 10, FetchOutcome::kRedirect},
    Hazard{"nowhere", 5, FetchOutcome::kBadRedirect},
    Hazard{"too_large", 10, FetchOutcome::kTooLarge},
    Hazard{"headers", 5, FetchOutcome::kTooLarge},
    Hazard{"cut", 20, FetchOutcome::kTruncated},
    Hazard{"reset", 20, FetchOutcome::kReset},
    Hazard{"no_http", 15, FetchOutcome::kProtocol},
    Hazard{"silent", 4, FetchOutcome::kTimeout},
    Hazard{"endless", 2, FetchOutcome::kTimeout},
    Hazard{"too_slow", 2, FetchOutcome::kTooSlow},
    Hazard{"closed", 4, FetchOutcome::kConnect},
};
static_assert(std::accumulate(kHazards.begin(), kHazards.end(), 0,
                              [](int sum, const Hazard& h) { return sum + h.weight; }) == 1000);

std::string http_date(std::time_t when) {
  char text[64];
  std::tm parts{};
  gmtime_r(&when, &parts);
  std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text;
}

// The kind and the number of "/kind/17".
std::pair<std::string_view, std::uint64_t> parts_of(std::string_view target) {
  const auto slash = target.find('/', 1);
  std::uint64_t number = 0;
  if (slash == std::string_view::npos) return {"error", 0};
  std::from_chars(target.data() + slash + 1, target.data() + target.size(), number);
  return {target.substr(1, slash - 1), number};
}

Reply reply_to(std::string_view target) {
  const auto [kind, number] = parts_of(target);
  Reply reply;
  reply.body.assign(body_of(number), 'x');
  if (kind == "late") {
    reply.delay = milliseconds(5 + number % 100);
  } else if (kind == "drip") {
    reply.trickle = milliseconds(50 + number % 250);
  } else if (kind == "packed") {
    reply.headers.emplace_back("Content-Encoding", number % 2 == 0 ? "gzip" : "br");
  } else if (kind == "big") {
    reply.body.assign(kSoakMaxBody - 10'000, 'b');
  } else if (kind == "empty") {
    reply.body.clear();
  } else if (kind == "error") {
    reply.status = std::array{403, 404, 410, 500}[number % 4];
  } else if (kind == "gateway") {
    reply.status = 502;
  } else if (kind == "overload") {
    reply.status = 429;
    reply.headers.emplace_back("Retry-After", "1");
  } else if (kind == "until") {
    reply.status = 503;
    reply.headers.emplace_back("Retry-After", http_date(std::time(nullptr) + 1));
  } else if (kind == "redirect") {
    reply.status = 302;
    reply.headers.emplace_back("Location", "/page/" + std::to_string(number));
  } else if (kind == "loop") {
    reply.status = 301;
    reply.headers.emplace_back("Location", std::string(target));
  } else if (kind == "nowhere") {
    reply.status = 307;
  } else if (kind == "too_large") {
    reply.body.assign(kSoakMaxBody + 100'000, 'l');
  } else if (kind == "headers") {
    for (std::size_t i = 0; i < kSoakMaxHeaders + 10; ++i)
      reply.headers.emplace_back("X-More", "1");
  } else if (kind == "cut") {
    reply.fault = Fault::kCut;
    reply.cut_at = reply.body.size() / 2;
  } else if (kind == "reset") {
    reply.fault = Fault::kReset;
  } else if (kind == "no_http") {
    reply.fault = Fault::kNoHttp;
  } else if (kind == "silent") {
    reply.delay = 4 * kSoakTimeout;
  } else if (kind == "endless") {
    reply.trickle = kSoakTimeout + kSoakFirstByte;  // in pieces that come more often than a window
    reply.body.assign(20'000, 'e');
  } else if (kind == "too_slow") {
    reply.trickle = 40 * kSoakTimeout;
    reply.body.assign(100, 's');
  }
  return reply;
}

}  // namespace

const Hazard& hazard_of(std::uint64_t seed, std::uint64_t number) {
  auto left = static_cast<int>(site::Random(seed, number, site::Random::kKind).below(1000));
  for (const Hazard& hazard : kHazards) {
    if ((left -= hazard.weight) < 0) return hazard;
  }
  return kHazards[0];
}

const Hazard& hazard_named(std::string_view name) {
  const auto found = std::find_if(kHazards.begin(), kHazards.end(),
                                  [&](const Hazard& hazard) { return hazard.name == name; });
  if (found == kHazards.end()) throw std::out_of_range("no such hazard");
  return *found;
}

std::size_t body_of(std::uint64_t number) { return 500 + number * 7919 % 40'000; }

std::string url_of(const Hazard& hazard, std::uint64_t number, int port) {
  return "http://h" + std::to_string(number % kSoakHosts) +
         ".example:" + std::to_string(hazard.name == "closed" ? 1 : port) + "/" +
         std::string(hazard.name) + "/" + std::to_string(number);
}

int soak_site_role(concurrency::RoleContext& role) {
  concurrency::raise_fd_limit();
  site::HttpServer server(0, [](const site::Request& asked) { return reply_to(asked.target); });
  concurrency::Channel(concurrency::UniqueFd(role.fd(0))).send(std::to_string(server.port()));
  server.run();
  return 0;
}

}  // namespace weir
