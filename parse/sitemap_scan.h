// Reads the tags of ill-formed XML as well as it goes: for sitemaps written by string
// concatenation. Ampersands may be bare, tags unclosed, ends missing, the end cut off, junk in
// front and behind. Nothing is expanded but the five entities of XML and numeric references; where
// the document declares entities, text with any other reference is spoilt instead of guessed.
//
//   scan_tags(text, builder);
//
// Thread-safe.
#pragma once

#include <string_view>

#include "parse/sitemap_builder.h"

namespace weir::parse {

// Requires: text is UTF-8. Calls the builder's finish() too.
void scan_tags(std::string_view text, SitemapBuilder& builder);

}  // namespace weir::parse
