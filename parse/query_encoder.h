// Encodes the query of a link with the encoding of the document that it stands in.
//
//   auto encoder = QueryEncoder::create("windows-1252");  // null for UTF-8: none is needed
//   Url::parse("?q=\u2020", &base, encoder.get());        // ?q=%86
//
// Thread-bound.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace weir::parse {

class QueryEncoder {
 public:
  // By WHATWG name ("shift_jis", any case). Null for those whose links are encoded as UTF-8 (the
  // UTFs, "replacement") and for unknown names.
  static std::unique_ptr<QueryEncoder> create(std::string_view encoding);
  ~QueryEncoder();

  // Appends the percent-encoded query (without "?"). What the encoding lacks becomes
  // "%26%23NNN%3B", the escaped character reference. special: the URL's scheme is special.
  void append(std::string_view query, bool special, std::string& out);

 private:
  struct Converter;
  explicit QueryEncoder(std::unique_ptr<Converter> converter);
  void append_iso_2022_jp(std::string_view query, std::uint8_t set, std::string& out);
  std::unique_ptr<Converter> converter_;
};

}  // namespace weir::parse
