#include "parse/tag_names.h"

#include <array>
#include <cstddef>

namespace weir::parse {
namespace {

struct Names {
  std::string_view names;
  std::uint32_t flags;
};

constexpr Names kNames[] = {
    {"area base basefont bgsound col frame image input keygen link param source track wbr", kVoid},
    {"br embed hr img meta head", kVoid | kBreakout},
    {"html body", kVoid | kRoot | kBreakout},
    {"address div", kSpecial | kLoose | kClosesP},
    {"p", kSpecial | kLoose | kClosesP | kParagraph},
    {"article aside blockquote center details dir dl fieldset figcaption figure footer header "
     "hgroup main menu nav section summary pre listing",
     kSpecial | kClosesP},
    {"ul ol", kSpecial | kClosesP | kListScope},
    {"li", kSpecial | kClosesP | kListItem},
    {"dt dd", kSpecial | kClosesP | kDefinition},
    {"h1 h2 h3 h4 h5 h6", kSpecial | kClosesP | kHeading},
    {"form", kSpecial | kClosesP | kForm},
    {"table", kSpecial | kClosesP | kScope | kTableScope},
    {"tr", kSpecial | kRow},
    {"td th", kSpecial | kScope | kCell},
    {"tbody thead tfoot colgroup", kSpecial | kSection},
    {"caption", kSpecial | kScope | kSection},
    {"applet marquee object", kSpecial | kScope},
    {"template", kSpecial | kScope | kTableScope | kTemplate},
    {"button", kSpecial | kButton},
    {"option optgroup rt rp", kOption},
    {"select", kSpecial | kSelect},
    {"a nobr", kFormatting | kMerged},
    {"b big code em font i s small strike strong tt u", kFormatting},
    {"script", kSpecial | kCut},
    {"style", kSpecial | kCut},
    {"title textarea iframe noembed noframes", kSpecial | kRawText},
    {"xmp", kSpecial | kRawText | kClosesP},
    {"plaintext", kSpecial | kPlaintext},
    {"svg math", kForeign},
    {"desc mi mo mn ms mtext", kIntegration},
    {"foreignobject annotation-xml", kHtmlInside},
    {"frameset", kSpecial | kFrameset},
};

constexpr std::size_t kSlots = 512;
constexpr std::size_t slot_of(std::uint64_t hash) { return hash >> 55; }

constexpr std::array<Tag, kSlots> make_table() {
  std::array<Tag, kSlots> table{};
  for (const Names& row : kNames) {
    std::size_t from = 0;
    while (from < row.names.size()) {
      std::size_t to = row.names.find(' ', from);
      if (to == std::string_view::npos) to = row.names.size();
      const std::uint64_t hash = hash_of(row.names.substr(from, to - from));
      std::size_t slot = slot_of(hash);
      while (table[slot].name != 0) slot = (slot + 1) % kSlots;
      table[slot] = {hash, row.flags};
      from = to + 1;
    }
  }
  return table;
}

constexpr std::array<Tag, kSlots> kTable = make_table();

}  // namespace

Tag tag_named(std::uint64_t hash) {
  for (std::size_t slot = slot_of(hash); kTable[slot].name != 0; slot = (slot + 1) % kSlots) {
    if (kTable[slot].name == hash) return kTable[slot];
  }
  return {hash, 0};
}

}  // namespace weir::parse
