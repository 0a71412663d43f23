#include "crawler/scope.h"

#include <array>
#include <stdexcept>
#include <variant>

#include "parse/registrable_domain.h"

namespace weir {
namespace {

std::string domain(const parse::Url& url) {
  const auto registrable = parse::registrable_domain(url.host());
  return registrable ? *registrable : std::string(url.host());
}

// Requires: config/ has found the patterns well-formed.
config::Patterns patterns_of(const config::ListSettings& list) {
  auto compiled = config::Patterns::compile(list.include, list.exclude);
  if (auto* error = std::get_if<std::string>(&compiled)) throw std::invalid_argument(*error);
  return std::get<config::Patterns>(std::move(compiled));
}

}  // namespace

std::string folder_of(const parse::Url& url) {
  std::string place = url.origin() + std::string(url.path());
  place.erase(place.rfind('/') + 1);
  return place;
}

const char* skipped_name(Skipped reason) {
  static constexpr std::array<const char*, kSkippedReasons> kNames = {
      "scope",        "depth",       "excluded", "scheme",   "nofollow",
      "max_per_host", "max_per_dir", "bad_url",  "bad_seed", "trap"};
  return kNames.at(static_cast<std::size_t>(reason));
}

ListScope::ListScope(const config::ListSettings& settings)
    : scope_(settings.scope), depth_(settings.depth), patterns_(patterns_of(settings)) {}

void ListScope::add_seed(const parse::Url& url) {
  switch (scope_) {
    case config::Scope::kPrefix:
      places_.insert(folder_of(url));
      break;
    case config::Scope::kHost:
      places_.emplace(url.host());
      break;
    case config::Scope::kDomain:
      places_.insert(domain(url));
      break;
    case config::Scope::kPage:
    case config::Scope::kAny:
      break;
  }
}

std::optional<Skipped> ListScope::refuses(const parse::Url& url, std::uint32_t depth) const {
  if (!within(url)) return Skipped::kScope;
  if (depth_ && depth > *depth_) return Skipped::kDepth;
  if (!patterns_.admits(url.href())) return Skipped::kExcluded;
  return std::nullopt;
}

std::optional<Skipped> ListScope::refuses_listed(const parse::Url& url) const {
  if (scope_ != config::Scope::kPage) return refuses(url, 0);
  return patterns_.admits(url.href()) ? std::nullopt : std::optional(Skipped::kExcluded);
}

bool ListScope::within(const parse::Url& url) const {
  switch (scope_) {
    case config::Scope::kPage:
      return false;
    case config::Scope::kHost:
      return places_.contains(std::string(url.host()));
    case config::Scope::kDomain:
      return places_.contains(domain(url));
    case config::Scope::kAny:
      return true;
    case config::Scope::kPrefix:
      break;
  }
  const std::size_t root = url.origin().size();
  for (std::string place = folder_of(url); place.size() > root;) {
    if (places_.contains(place)) return true;
    place.pop_back();  // up one folder
    place.erase(place.rfind('/') + 1);
  }
  return false;
}

}  // namespace weir
