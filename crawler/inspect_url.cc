#include <nlohmann/json.hpp>

#include "crawler/inspectors.h"
#include "parse/canonical.h"
#include "parse/query_encoder.h"
#include "parse/registrable_domain.h"
#include "parse/url.h"

namespace weir {
namespace {

using nlohmann::json;
using parse::Url;

// A field that may be absent or null.
std::string text_of(const json& record, const char* field) {
  const auto found = record.find(field);
  return found == record.end() || found->is_null() ? "" : found->get<std::string>();
}

json or_null(std::optional<std::string> text) { return text ? json(*std::move(text)) : json(); }

std::string_view name_of(parse::HostKind kind) {
  switch (kind) {
    case parse::HostKind::kNone:
      return "none";
    case parse::HostKind::kEmpty:
      return "empty";
    case parse::HostKind::kDomain:
      return "domain";
    case parse::HostKind::kIpv4:
      return "ipv4";
    case parse::HostKind::kIpv6:
      return "ipv6";
    case parse::HostKind::kOpaque:
      return "opaque";
  }
  return "none";
}

json url_answer(const json& record) {
  std::optional<Url> base;
  const std::string base_text = text_of(record, "base");
  if (!base_text.empty() && !(base = Url::parse(base_text))) return {{"failure", true}};
  const auto url = Url::parse(record.at("input").get<std::string>(), base ? &*base : nullptr);
  if (!url) return {{"failure", true}};
  return {{"href", url->href()},
          {"scheme", url->scheme()},
          {"username", url->username()},
          {"password", url->password()},
          {"host", url->host()},
          {"host_kind", name_of(url->host_kind())},
          {"port", url->effective_port()},
          {"path", url->path()},
          {"query", url->has_query() ? json(url->query()) : json()},
          {"fragment", url->has_fragment() ? json(url->fragment()) : json()},
          {"origin", url->origin()}};
}

// The host goes the way of every host: through a URL.
json idna_answer(const json& record) {
  const auto url = Url::parse("http://" + record.at("input").get<std::string>() + "/x");
  const bool whole = url && url->path() == "/x" && !url->has_credentials() && url->port().empty();
  return {{"output", whole ? json(url->host()) : json()}};
}

json canonical_answer(const json& record) {
  const auto a = Url::parse(record.at("a").get<std::string>());
  if (!a) return {{"failure", true}};
  char key[40];
  const parse::Key hash = parse::key_of(*a);
  std::snprintf(key, sizeof key, "%016llx%016llx", static_cast<unsigned long long>(hash.high),
                static_cast<unsigned long long>(hash.low));
  json got = {{"canonical", parse::canonical(*a)}, {"key", key}};
  if (record.contains("b")) {
    const auto b = Url::parse(text_of(record, "b"));
    got["equivalent"] = b && parse::key_of(*b) == hash;
  }
  return got;
}

json query_answer(const json& record) {
  static const auto base = Url::parse("http://example.com/");
  const auto encoder = parse::QueryEncoder::create(record.at("encoding").get<std::string>());
  const auto url =
      Url::parse("?" + record.at("input").get<std::string>() + "#", &*base, encoder.get());
  return {{"output", url->query()}};
}

json domain_answer(const json& record) {
  const std::string domain = text_of(record, "domain");
  return {
      {"registrable", or_null(parse::registrable_domain(domain))},
      {"icann_registrable", or_null(parse::registrable_domain(domain, parse::Suffixes::kIcann))}};
}

}  // namespace

void add_url_inspectors(Inspectors& all) {
  all["urls"] = {.help = "a URL taken apart, resolved against a base",
                 .argument = {.name = "input"},
                 .options = {{.name = "base", .flag = "--base"}},
                 .answer = url_answer};
  all["url"] = all["urls"];
  all["idna"] = {.help = "a host name in ASCII, as it is looked up",
                 .argument = {.name = "input"},
                 .answer = idna_answer};
  all["url_canonical"] = {.help = "the form in which URLs are compared, and its key",
                          .argument = {.name = "a"},
                          .options = {{.name = "b", .flag = "--same-as"}},
                          .answer = canonical_answer};
  all["canonical"] = all["url_canonical"];
  all["query_encoding"] = {
      .help = "a query encoded with the encoding of its document",
      .argument = {.name = "input"},
      .options = {{.name = "encoding", .flag = "--encoding", .preset = "utf-8"}},
      .answer = query_answer};
  all["psl"] = {.help = "the registrable domain of a host name",
                .argument = {.name = "domain"},
                .answer = domain_answer};
}

}  // namespace weir
