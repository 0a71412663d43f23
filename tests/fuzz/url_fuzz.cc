// The input is "BASE\nURL\nENCODING".
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "parse/canonical.h"
#include "parse/query_encoder.h"
#include "parse/registrable_domain.h"
#include "parse/url.h"

namespace {

using weir::parse::Url;

void require(bool holds, const char* what, const Url& url) {
  if (holds) return;
  std::fprintf(stderr, "%s: %s\n", what, url.href().c_str());
  std::abort();
}

std::string_view take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(line.size() < text.size() ? line.size() + 1 : line.size());
  return line;
}

// What holds for every URL, however odd.
void check(const Url& url) {
  const auto again = Url::parse(url.href());
  require(again.has_value(), "a serialised URL does not parse", url);
  require(*again == url, "parsing a serialised URL changes it", url);
  require(again->path() == url.path() && again->host() == url.host() &&
              again->query() == url.query() && again->fragment() == url.fragment(),
          "the parts of a serialised URL differ", url);

  std::string whole = std::string(url.scheme()) + ":";
  if (url.host_kind() != weir::parse::HostKind::kNone) {
    whole += "//" + std::string(url.username());
    if (!url.password().empty()) whole += ":" + std::string(url.password());
    if (url.has_credentials()) whole += "@";
    whole += url.host();
    if (!url.port().empty()) whole += ":" + std::string(url.port());
  } else if (url.path().starts_with("//")) {
    whole += "/.";
  }
  whole += url.path();
  if (url.has_query()) whole += "?" + std::string(url.query());
  if (url.has_fragment()) whole += "#" + std::string(url.fragment());
  require(whole == url.href(), "the parts do not add up", url);
  for (unsigned char c : url.href()) require(c >= 0x20 && c < 0x7f, "a raw byte", url);

  const std::string canonical = weir::parse::canonical(url);
  const auto same = Url::parse(canonical);
  if (url.is_special()) {
    require(same.has_value(), "a canonical URL does not parse", url);
    require(weir::parse::canonical(*same) == canonical, "canonical is not final", url);
    require(weir::parse::key_of(*same) == weir::parse::key_of(url), "another key", url);
  }
  weir::parse::registrable_domain(url.host());
  url.origin();
  url.host_port();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto base = Url::parse(take_line(text));
  const std::string_view input = take_line(text);
  if (base) check(*base);
  const auto plain = Url::parse(input, base ? &*base : nullptr);
  if (plain) check(*plain);
  const auto encoder = weir::parse::QueryEncoder::create(text);
  if (encoder == nullptr) return 0;
  const auto encoded = Url::parse(input, base ? &*base : nullptr, encoder.get());
  if (plain.has_value() != encoded.has_value()) std::abort();
  if (encoded) check(*encoded);
  return 0;
}
