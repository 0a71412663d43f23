// Pages to parse: made by `weir site`, or real ones from a folder.
//
//   std::vector<BenchPage> pages = made_pages(200, 30 * 1024);
//
// Thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace weir::bench {

struct BenchPage {
  std::string url;
  std::string html;
  std::string packed;  // by gzip
};

std::vector<BenchPage> made_pages(std::size_t count, std::size_t bytes);

// Every n-th .html file under `folder`, so that it is `most` at most; empty if there is none.
std::vector<BenchPage> pages_of(const std::string& folder, std::size_t most);

std::string gzip(std::string_view text);

// As many bytes of script again into each page.
void add_script(std::vector<BenchPage>& pages);

}  // namespace weir::bench
