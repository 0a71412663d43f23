// A tree as html5lib's tests write it, one node a line: "| <p>", "|   class=\"x\"", "|   \"text\"".
//
//   tree.build("<p>x");
//   dump_tree(tree);      // "| <html>\n|   <head>\n|   <body>\n|     <p>\n|       \"x\""
//
// Thread-bound, as the tree is.
#pragma once

#include <string>

#include "parse/tree.h"

namespace weir::parse {

std::string dump_tree(const Tree& tree);

}  // namespace weir::parse
