// The input is "CODINGS\nBODY".
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "parse/content_encoding.h"

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
  const std::string_view codings = take_line(body);
  std::string buffer;
  std::string other;
  for (const std::size_t limit : {std::size_t{100}, std::size_t{1} << 20}) {
    const DecodedBody decoded = decode_content(body, codings, limit, buffer);
    require(decoded.bytes.size() <= limit);
    require(decoded.error.empty() == (decoded.outcome == DecodeOutcome::kOk));
    if (decoded.outcome != DecodeOutcome::kOk) continue;
    // What fits takes no more room: one byte less is too little.
    if (decoded.bytes.empty()) continue;
    const auto less = decode_content(body, codings, decoded.bytes.size() - 1, other);
    require(less.outcome != DecodeOutcome::kOk);
  }
  return 0;
}
