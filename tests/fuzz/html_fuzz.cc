// A page as bytes: the facts must be encodable, and the pre-pass must not change the links.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "parse/page.h"
#include "parse/prescan.h"
#include "parse/tree.h"
#include "parse/wire.h"

namespace {

using namespace weir::parse;

class Links : public TreeVisitor {
 public:
  bool enter(const Element& element) override {
    for (const char* name : {"href", "src"}) {
      if (const char* value = element.find(name)) links.append(value).push_back('\n');
    }
    return true;
  }
  void leave(const Element&) override {}
  void text(std::string_view) override {}
  std::string links;
};

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static PageMemory memory(std::size_t{64} << 20);
  static std::string region(kMinFactsRegion, '\0');
  const std::string html(reinterpret_cast<const char*>(data), size);
  ParseRequest request{.url = "http://h.example/a", .body = html};
  request.headers = {{"content-type", "text/html; charset=utf-8"}};
  const PageFacts facts = parse_page(request, memory);
  const std::size_t written = encode_facts(facts, region);
  require(written != 0 && decode_facts({region.data(), written}) == facts);

  static Tree tree(std::size_t{64} << 20);
  static Prescan prescan;
  if (prescan.run(html, {}) != Verdict::kGood) return 0;
  Links whole, left;
  if (tree.build(html)) tree.walk(whole);
  if (tree.build(prescan.text())) tree.walk(left);
  require(whole.links == left.links);
  return 0;
}
