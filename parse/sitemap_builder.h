// Turns the tags of a sitemap or feed, from whichever reader, into its URLs.
//
//   builder.start("url", {}); builder.start("loc", {}); builder.text("http://h/");
//   builder.end("loc"); builder.end("url");           // builder.map.urls has one more
//
// Thread-compatible.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parse/sitemap.h"

namespace weir::parse {

class SitemapBuilder {
 public:
  using Attributes = std::vector<std::pair<std::string_view, std::string_view>>;
  static constexpr std::size_t kMaxDepth = 64;

  SitemapBuilder(Sitemap& map, std::size_t max_urls) : map_(map), max_urls_(max_urls) {}

  // Names as written, prefix and all. False: enough is known (not a sitemap, too deep, too many
  // URLs).
  bool start(std::string_view name, const Attributes& attributes);
  bool end(std::string_view name);  // closes what is open inside `name`; a stray end is ignored
  void text(std::string_view text);
  void spoil_text();  // what is being read holds something that must not be guessed
  bool finish();      // at the end of the input: an entry whose loc is whole counts

 private:
  std::string* field_for(std::string_view local, const Attributes& attributes);
  void close_one();
  bool flush_entry();
  std::string_view local_name(std::string_view name) const;  // empty: of another vocabulary

  Sitemap& map_;
  std::size_t max_urls_;
  std::vector<std::string> open_;  // names, outermost first
  std::string prefix_;             // of the root, colon included
  bool rdf_ = false;
  std::size_t entry_depth_ = 0;  // of open_ with the entry; 0: none is open
  SitemapUrl entry_;
  std::string guid_;              // of an RSS item, if it is a permalink
  std::string* field_ = nullptr;  // that the text goes to
  std::size_t field_depth_ = 0;
  bool spoilt_ = false;
};

}  // namespace weir::parse
