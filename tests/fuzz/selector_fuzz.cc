// A selector, a line end, a page: a bad selector has a place and a reason, a good one finds no more
// than is allowed, and what it finds can be sent.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "parse/extract.h"
#include "parse/wire.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::parse;
  static PageMemory memory(std::size_t{64} << 20);
  static std::string region(kMinFactsRegion, '\0');
  const std::string input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(input.find('\n'), size);
  const std::string selector = input.substr(0, end);
  const SelectorParse parsed = parse_selector(selector);
  if (parsed.error) {
    if (parsed.error->column == 0 || parsed.error->column > selector.size() + 1) std::abort();
    if (parsed.error->message.empty()) std::abort();
    return 0;
  }
  if (parsed.list.empty()) std::abort();
  const std::string html = input.substr(std::min(end + 1, size));
  const ExtractRules rules({{"name", selector}});
  ParseRequest request{.url = "http://h.example/a", .body = html, .extract = &rules};
  request.headers = {{"content-type", "text/html; charset=utf-8"}};
  const PageFacts facts = parse_page(request, memory);
  const std::size_t written = encode_facts(facts, region);
  if (decode_facts({region.data(), written}, 50'000, 1) != facts) std::abort();
  return 0;
}
