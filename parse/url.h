// A URL by the WHATWG URL standard: parsed, resolved, serialised, taken apart.
//
//   const auto base = Url::parse("http://Example.com/a/b");
//   const auto link = Url::parse("../c?q#top", &*base);
//   link->href();              // "http://example.com/c?q#top"
//   link->without_fragment();  // "http://example.com/c?q"
//
// One string and the offsets of its parts. Thread-compatible.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::parse {

class QueryEncoder;

enum class HostKind : std::uint8_t { kNone, kEmpty, kDomain, kIpv4, kIpv6, kOpaque };

class Url {
 public:
  // Parses input (UTF-8; bad sequences count as U+FFFD), relative to base if there is one. The
  // query is encoded by encoder, or as UTF-8 if it is null. Never throws for what input holds;
  // nothing is returned where the standard says failure, or for more than kMaxLength bytes.
  static std::optional<Url> parse(std::string_view input, const Url* base = nullptr,
                                  QueryEncoder* encoder = nullptr);

  static constexpr std::size_t kMaxLength = 1 << 20;

  // The views below live as long as this object is neither changed nor moved.
  const std::string& href() const { return href_; }
  std::string_view without_fragment() const { return cut(0, fragment_); }

  std::string_view scheme() const { return cut(0, scheme_end_); }  // "http"
  std::string_view username() const { return cut(username_, username_end_); }
  std::string_view password() const;
  std::string_view host() const { return cut(host_, host_end_); }  // "[::1]" with its brackets
  HostKind host_kind() const { return host_kind_; }
  std::string_view port() const;  // "" where it is the default
  std::string_view path() const { return cut(path_, query_); }
  std::string_view query() const;     // without "?"
  std::string_view fragment() const;  // without "#"
  std::string_view path_and_query() const { return cut(path_, fragment_); }

  bool has_query() const { return query_ != fragment_; }  // "?" alone is one
  bool has_fragment() const { return fragment_ != href_.size(); }
  bool has_credentials() const { return username_ != host_; }
  bool has_opaque_path() const { return opaque_path_; }  // mailto:x, data:...
  bool is_special() const { return special_; }           // http(s), ws(s), ftp, file
  bool is_http() const;                                  // http or https

  // The port to connect to: the one written or the scheme's own; 0 where there is neither.
  std::uint16_t effective_port() const;
  std::string host_port() const;  // "example.com:80", port always written
  std::string origin() const;     // "http://example.com"; "null" where the standard says opaque

  friend bool operator==(const Url& a, const Url& b) { return a.href_ == b.href_; }

 private:
  friend class UrlParser;
  Url() = default;

  std::string_view cut(std::uint32_t from, std::uint32_t to) const {
    return std::string_view(href_).substr(from, to - from);
  }

  // scheme ":" ["//" [username [":" password] "@"] host [":" port]] path ["?" query] ["#" fragment]
  //        ^scheme_end  ^username        ^username_end  ^host  ^host_end  ^path  ^query  ^fragment
  // A part that is absent is empty: its offset is that of the next.
  std::string href_;
  std::uint32_t scheme_end_ = 0;
  std::uint32_t username_ = 0;
  std::uint32_t username_end_ = 0;
  std::uint32_t host_ = 0;
  std::uint32_t host_end_ = 0;
  std::uint32_t path_ = 0;
  std::uint32_t query_ = 0;
  std::uint32_t fragment_ = 0;
  HostKind host_kind_ = HostKind::kNone;
  bool special_ = false;
  bool opaque_path_ = false;
};

}  // namespace weir::parse
