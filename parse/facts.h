// The facts of an HTML page, from its tree in one walk.
//
//   collect_facts(tree, prescan, {.document = url, .agent = "weir"}, page);
//
// Thread-compatible.
#pragma once

#include <cstddef>
#include <string_view>

#include "parse/page.h"
#include "parse/prescan.h"
#include "parse/query_encoder.h"
#include "parse/tree.h"
#include "parse/url.h"

namespace weir::parse {

struct FactsContext {
  const Url* document = nullptr;
  QueryEncoder* encoder = nullptr;  // of links' queries; null: UTF-8
  std::string_view agent;
  std::size_t max_links = 0;
};

// Fills all that the tree tells: from `title` on in PageFacts, but for what response headers add
// (noindex, nofollow). Requires: `tree` was built from prescan.text().
void collect_facts(const Tree& tree, const Prescan& prescan, const FactsContext& context,
                   PageFacts& facts);

}  // namespace weir::parse
