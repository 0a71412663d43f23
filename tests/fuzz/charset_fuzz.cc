// The input is "LABEL\nBODY".
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "parse/charset.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

std::string_view take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(line.size() < text.size() ? line.size() + 1 : line.size());
  return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::parse;
  std::string_view body(reinterpret_cast<const char*>(data), size);
  const std::string_view label = take_line(body);
  std::string buffer;
  for (const ParseHtml html : {ParseHtml::kNo, ParseHtml::kYes}) {
    const Charset charset = sniff_charset(body, label, html);
    require(encoding_for_label(charset.encoding) == charset.encoding);
    require(charset.bom <= body.size());
    const std::string_view text = to_utf8(body, charset, buffer);
    require(is_utf8(text));
    require(text.size() <= 3 * body.size() + 3);
    std::string again;
    require(to_utf8(text, {"UTF-8"}, again).data() == text.data());
  }
  if (const auto encoding = encoding_for_label(label)) {
    require(is_utf8(to_utf8(body, {*encoding}, buffer)));
  }
  require(ascii_prefix(body) <= utf8_prefix(body));
  return 0;
}
