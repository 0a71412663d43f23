// What the HTML standard's tree construction makes of a tag by its name alone, as far as the
// pre-pass must know it.
//
//   const Tag& tag = tag_named(hash_of("td"));   // flags kCell | kSpecial | kScope ...
//
// Immutable.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir::parse {

enum TagFlags : std::uint32_t {
  kVoid = 1 << 0,        // never on the stack of open elements; html, head and body neither
  kSpecial = 1 << 1,     // "special": an unmatched ordinary end tag does not reach past it
  kScope = 1 << 2,       // bounds "has an element in scope"
  kTableScope = 1 << 3,  // bounds "in table scope"
  kListScope = 1 << 4,   // ul, ol
  kFormatting = 1 << 5,  // its end tag takes it out of the middle of the stack
  kParagraph = 1 << 6,
  kListItem = 1 << 7,
  kDefinition = 1 << 8,  // dt, dd
  kRow = 1 << 9,
  kCell = 1 << 10,     // td, th
  kSection = 1 << 11,  // tbody, thead, tfoot, caption, colgroup
  kHeading = 1 << 12,
  kButton = 1 << 13,
  kOption = 1 << 14,  // option, rt, rp: a following one closes it
  kLoose = 1 << 15,   // address, div, p: an li or dt reaches past them
  kForm = 1 << 16,
  kClosesP = 1 << 17,
  kMerged = 1 << 18,    // a, nobr: a second one takes the first off the stack
  kRoot = 1 << 19,      // html, body: attributes of later ones are added to the first
  kBreakout = 1 << 20,  // among the void ones: ends foreign content
  // From here on: those that steer the tokenizer.
  kCut = 1 << 21,      // script, style: their contents are not needed
  kRawText = 1 << 22,  // contents are text up to their own end tag
  kPlaintext = 1 << 23,
  kForeign = 1 << 24,      // svg, math
  kIntegration = 1 << 25,  // in foreign content: HTML may begin inside, though text is usual
  kHtmlInside = 1 << 26,   // in foreign content: HTML is what is inside
  kSelect = 1 << 27,
  kTemplate = 1 << 28,
  kFrameset = 1 << 29,
};

struct Tag {
  std::uint64_t name = 0;
  std::uint32_t flags = 0;
};

constexpr std::uint64_t hash_step(std::uint64_t hash, char c) {
  const auto byte = static_cast<unsigned char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return (hash ^ byte) * 0x9E3779B97F4A7C15ull;
}

// Of the name in lower case, whatever case it is in.
constexpr std::uint64_t hash_of(std::string_view name) {
  std::uint64_t hash = 0;
  for (char c : name) hash = hash_step(hash, c);
  return hash;
}

// The tag of that name; flags are 0 for all that HTML does not treat apart.
Tag tag_named(std::uint64_t hash);

}  // namespace weir::parse
