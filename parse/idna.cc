#include "parse/idna.h"

#include <unicode/uidna.h>

#include <algorithm>
#include <array>

#include "parse/percent.h"
#include "parse/url_syntax.h"

namespace weir::parse {
namespace {

// Of a name that is not ASCII. Punycode takes quadratic time; DNS ends at 253 bytes.
constexpr std::size_t kMaxUnicodeDomain = 2048;

// The standard switches CheckHyphens and VerifyDnsLength off; ICU reports them one by one.
constexpr std::uint32_t kIgnored = UIDNA_ERROR_EMPTY_LABEL | UIDNA_ERROR_LABEL_TOO_LONG |
                                   UIDNA_ERROR_DOMAIN_NAME_TOO_LONG | UIDNA_ERROR_LEADING_HYPHEN |
                                   UIDNA_ERROR_TRAILING_HYPHEN | UIDNA_ERROR_HYPHEN_3_4;

const UIDNA* uts46() {
  static const UIDNA* const instance = [] {
    UErrorCode error = U_ZERO_ERROR;
    return uidna_openUTS46(UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ |
                               UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_NONTRANSITIONAL_TO_UNICODE,
                           &error);
  }();
  return instance;
}

// Characters that Unicode 15.1 and 16 let in, in the way that ICU can map: UTS 46 once refused
// them. (ICU 72 has the tables of Unicode 15.0; scripts added since stay unknown to it.)
struct Change {
  char32_t first;
  char32_t last;
  char32_t to;  // what `first` is mapped to, the others in step; 0: all of them are ignored
};
constexpr Change kNewerThanIcu[] = {
    {0x4c0, 0x4c0, 0x4cf},       {0x10a0, 0x10c5, 0x2d00},   {0x115f, 0x1160, 0},
    {0x17b4, 0x17b5, 0},         {0x180e, 0x180e, 0},        {0x1e9e, 0x1e9e, 0xdf},
    {0x2061, 0x2063, 0},         {0x206a, 0x206f, 0},        {0x2132, 0x2132, 0x214e},
    {0x2183, 0x2183, 0x2184},    {0x3164, 0x3164, 0},        {0xffa0, 0xffa0, 0},
    {0x1d173, 0x1d17a, 0},       {0x2f868, 0x2f868, 0x36fc}, {0x2f874, 0x2f874, 0x5f53},
    {0x2f91f, 0x2f91f, 0x243ab}, {0x2f95f, 0x2f95f, 0x7aee}, {0x2f9bf, 0x2f9bf, 0x45d7},
};

void append_mapped(char32_t c, std::string& out) {
  for (const Change& change : kNewerThanIcu) {
    if (c < change.first || c > change.last) continue;
    if (change.to != 0) append_utf8(change.to + (c - change.first), out);
    return;
  }
  append_utf8(c, out);
}

}  // namespace

std::optional<std::string> domain_to_ascii(std::string_view domain) {
  if (is_ascii(domain)) return to_lower(domain);
  if (domain.size() > kMaxUnicodeDomain || uts46() == nullptr) return {};
  std::string clean;
  while (!domain.empty()) append_mapped(take_utf8(domain), clean);
  UIDNAInfo info = UIDNA_INFO_INITIALIZER;
  UErrorCode error = U_ZERO_ERROR;
  std::array<char, 4 * kMaxUnicodeDomain> ascii;
  const int length =
      uidna_nameToASCII_UTF8(uts46(), clean.data(), static_cast<int>(clean.size()), ascii.data(),
                             static_cast<int>(ascii.size()), &info, &error);
  if (U_FAILURE(error) || (info.errors & ~kIgnored) != 0 || length <= 0 ||
      length > static_cast<int>(ascii.size())) {
    return {};
  }
  return std::string(ascii.data(), static_cast<std::size_t>(length));
}

}  // namespace weir::parse
