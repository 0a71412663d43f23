#include "bench/pages.h"

#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "site/site.h"

namespace weir::bench {
namespace {

constexpr int kGzip = 16 + MAX_WBITS;

}  // namespace

std::string gzip(std::string_view text) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    throw std::bad_alloc();
  }
  std::string packed(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::vector<BenchPage> made_pages(std::size_t count, std::size_t bytes) {
  const std::string origin = "http://site.example";
  const site::Site site({.pages = count, .page_size = bytes}, origin);
  std::vector<BenchPage> pages;
  for (const site::TruthRecord& record : site.truth()) {
    if (record.status != 200) continue;
    const site::Reply reply = site.reply({.target = record.url.substr(origin.size())});
    pages.push_back({record.url, reply.body, gzip(reply.body)});
  }
  return pages;
}

std::vector<BenchPage> pages_of(const std::string& folder, std::size_t most) {
  namespace fs = std::filesystem;
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".html" && entry.is_regular_file()) {
      paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());
  const std::size_t step = (paths.size() + most - 1) / most;
  std::vector<BenchPage> pages;
  for (std::size_t i = 0; i < paths.size(); i += step) {
    std::ifstream file(paths[i], std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    std::string packed = gzip(text);
    const std::string url = "http://files.example/a/page" + std::to_string(i) + ".html";
    pages.push_back({url, std::move(text), std::move(packed)});
  }
  return pages;
}

void add_script(std::vector<BenchPage>& pages) {
  for (BenchPage& page : pages) {
    std::string script = "<script>";
    while (script.size() < page.html.size()) {
      script += "if (a < b && c > 1) { call('text', [1, 2, 3]); }\n";
    }
    script += "</script>";
    page.html.insert(std::min(page.html.find("</body"), page.html.size()), script);
    page.packed = gzip(page.html);
  }
}

}  // namespace weir::bench
