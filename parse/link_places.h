// Where HTML holds URLs: which attribute of which element, and of what kind the link is.
//
//   for (const LinkPlace& place : link_places(tag_number("img"))) ...   // src, srcset, longdesc
//
// Immutable.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "parse/page.h"
#include "parse/tree.h"

namespace weir::parse {

enum class LinkSyntax : std::uint8_t { kUrl, kUrlList, kSrcset };  // kUrlList: by white space

struct LinkPlace {
  std::string_view attr;
  LinkKind kind;
  LinkSyntax syntax = LinkSyntax::kUrl;
};

// Of an element in the HTML namespace, in the order that its links are reported in. The href of
// base is none: it is what the others are resolved against.
std::span<const LinkPlace> link_places(std::uint16_t tag);

// Of an element of SVG, whose link is href or, without one, xlink:href. None for those that refer
// to other parts of the drawing only, such as gradients.
std::optional<LinkKind> svg_link_kind(std::string_view name);

}  // namespace weir::parse
