// When are two URLs the same resource by syntax alone? The canonical form is what URLs are
// compared by; what is fetched is the URL as found.
//
//   canonical(*Url::parse("http://a/%7Eb/%2f#x"));   // "http://a/~b/%2F"
//   seen.insert(key_of(url));
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "parse/url.h"

namespace weir::parse {

// The serialisation without the fragment, escapes of unreserved characters undone, the hex digits
// of the others in upper case. Nothing that a server could tell apart by RFC 3986 is merged.
std::string canonical(const Url& url);

// 128 bits of hash: two URLs of one crawl never share one by accident.
struct Key {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  friend bool operator==(const Key&, const Key&) = default;
  friend auto operator<=>(const Key&, const Key&) = default;
};

// The hash of the canonical form (XXH3): the same on every machine and in every version.
Key key_of(const Url& url);
Key key_of_bytes(std::string_view bytes);

}  // namespace weir::parse

template <>
struct std::hash<weir::parse::Key> {
  std::size_t operator()(const weir::parse::Key& key) const noexcept { return key.low; }
};
