// A page as bytes: the facts must be encodable, and the pre-pass must not change the tree.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "../parse/html_pages.h"
#include "parse/ascii.h"
#include "parse/charset.h"
#include "parse/references.h"
#include "parse/wire.h"

namespace {

using namespace weir::parse;

void require(bool holds) {
  if (!holds) std::abort();
}

// Gumbo replaces control characters and those that are none; the text that it does not see keeps
// them. So there are none here.
std::string without_controls(std::string html) {
  for (char& c : html) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < ' ' && !ascii::is_space(c)) || byte == 0x7F || byte == 0xC2 || byte >= 0xEF) {
      if (c != '\0' && byte != 0xF4) c = 'x';
    }
  }
  return html;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static PageMemory memory(std::size_t{64} << 20);
  static std::string region(kMinFactsRegion, '\0');
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const PageFacts facts = parse_text(bytes, memory);
  const std::size_t written = encode_facts(facts, region);
  require(written != 0 && decode_facts({region.data(), written}) == facts);

  static Tree tree(std::size_t{64} << 20);
  static Prescan prescan;
  static std::string buffer;
  std::string html(to_utf8(without_controls(bytes), {.encoding = "UTF-8"}, buffer));
  tame_references(html);
  if (prescan.run(html, {}) != Verdict::kGood) return 0;
  require(outline(prescan, tree) == outline(html, tree));
  return 0;
}
