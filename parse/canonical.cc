#include "parse/canonical.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>

#include "parse/percent.h"

namespace weir::parse {
namespace {

constexpr char to_upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
}

// Undoes and straightens escapes until nothing is left to do: an escape that comes apart may
// complete one before it ("%%36%31" is "%61" is "a"). Says whether a dot came out.
bool normalise_escapes(std::string_view text, std::string& out) {
  bool dot = false;
  for (char c : text) {
    out.push_back(c);
    while (out.size() >= 3 && out[out.size() - 3] == '%') {
      char* const escape = out.data() + out.size() - 3;
      const int byte = escaped_byte({escape, 3});
      if (byte < 0) break;
      if (!is_unreserved(static_cast<unsigned char>(byte))) {
        escape[1] = to_upper(escape[1]);
        escape[2] = to_upper(escape[2]);
        break;
      }
      dot |= byte == '.';
      escape[0] = static_cast<char>(byte);
      out.resize(out.size() - 2);
    }
  }
  return dot;
}

bool has_escapes(const Url& url) {
  return url.without_fragment().find('%') != std::string_view::npos;
}

}  // namespace

std::string canonical(const Url& url) {
  std::string text;
  if (!has_escapes(url)) return text.assign(url.without_fragment());
  text.reserve(url.without_fragment().size());
  const bool dot = normalise_escapes(url.without_fragment(), text);
  if (!dot && url.scheme() != "file") return text;
  // The dot may have made a "." or ".." segment, a letter the name of a Windows drive.
  const auto again = Url::parse(text);
  return again && again->href() != text ? canonical(*again) : text;
}

Key key_of(const Url& url) {
  return has_escapes(url) ? key_of_bytes(canonical(url)) : key_of_bytes(url.without_fragment());
}

Key key_of_bytes(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.high64, hash.low64};
}

}  // namespace weir::parse
