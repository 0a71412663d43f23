// Which encoding is a page in, and its text as UTF-8: the WHATWG Encoding and HTML standards.
//
//   Charset charset = sniff_charset(body, content_type.charset, ParseHtml::kYes);
//   std::string buffer;                       // reused from page to page
//   std::string_view text = to_utf8(body, charset, buffer);
//
// Thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "parse/utf8.h"

namespace weir::parse {

enum class CharsetSource { kBom, kHttp, kMeta, kDetected, kDefault };
enum class ParseHtml { kNo, kYes };  // whether <meta> is looked for

struct Charset {
  std::string_view encoding;  // WHATWG name, of static storage: "UTF-8", "windows-1252", ...
  CharsetSource source = CharsetSource::kDefault;
  std::size_t bom = 0;  // bytes of byte order mark at the start of the body
};

std::string_view name_of(CharsetSource source);  // "bom", "http", "meta", "detected", "default"

// Encoding standard, "get an encoding": the name for a label; none if no encoding has it.
std::optional<std::string_view> encoding_for_label(std::string_view label);

// HTML standard, "prescan a byte stream": the encoding named by a <meta> in the first 1024 bytes.
std::optional<std::string_view> prescan_meta(std::string_view body);

// BOM, then `http_label` (the charset of the Content-Type, as label or name; empty: none), then
// <meta>, then what uchardet makes of the bytes, then windows-1252. Pure ASCII with nothing
// declared is windows-1252.
Charset sniff_charset(std::string_view body, std::string_view http_label, ParseHtml html);

// The body's text, without its BOM; malformed input becomes U+FFFD where the standard's decoder
// says. The result views `body` itself when that is the answer already (ASCII; valid UTF-8), else
// `buffer`, whose contents are replaced and whose capacity is kept. Both must outlive the result.
// Requires: charset.encoding is a WHATWG name.
std::string_view to_utf8(std::string_view body, const Charset& charset, std::string& buffer);

}  // namespace weir::parse
