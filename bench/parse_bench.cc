// What all of parse costs beside Gumbo's tree alone, page by page in the same run.
//
//   parse_bench [--rounds N] [--pages N] [--wire] [--half-script] [--baseline] FILE|FOLDER...
//
// baseline: Gumbo's parse of the page (static library, arena, no error list, no walk).
// whole: parse_page(): content encoding, charset, pre-pass, tree, facts, links resolved; with
// --wire also encoding and decoding the facts. --half-script doubles each page with script.
// Of each page the least of the rounds counts. --baseline leaves out the whole.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "parse/page.h"
#include "parse/tree.h"
#include "parse/wire.h"

namespace {

using namespace weir::parse;

double cpu_us() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return 1e6 * static_cast<double>(now.tv_sec) + 1e-3 * static_cast<double>(now.tv_nsec);
}

std::vector<std::string> read_pages(const std::vector<std::string>& places, std::size_t most) {
  namespace fs = std::filesystem;
  std::vector<fs::path> paths;
  for (const std::string& place : places) {
    if (!fs::is_directory(place)) {
      paths.emplace_back(place);
      continue;
    }
    for (const auto& entry : fs::recursive_directory_iterator(place)) {
      if (entry.path().extension() == ".html" && entry.is_regular_file()) {
        paths.push_back(entry.path());
      }
    }
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> pages;
  const std::size_t step = std::max<std::size_t>(1, paths.size() / most);
  for (std::size_t i = 0; i < paths.size() && pages.size() < most; i += step) {
    std::ifstream file(paths[i], std::ios::binary);
    pages.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return pages;
}

std::string with_script(const std::string& page) {
  std::string script = "<script>";
  while (script.size() < page.size())
    script += "if (a < b && c > 1) { call('text', [1, 2, 3]); }\n";
  script += "</script>";
  const std::size_t at = page.find("</body");
  return at == std::string::npos ? page + script : page.substr(0, at) + script + page.substr(at);
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> places;
  std::size_t rounds = 5, most = 300;
  bool wire = false, half_script = false, baseline_only = false;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--rounds") == 0 && i + 1 < argc) {
      rounds = std::stoul(argv[++i]);
    } else if (std::strcmp(argv[i], "--pages") == 0 && i + 1 < argc) {
      most = std::max(1ul, std::stoul(argv[++i]));
    } else if (std::strcmp(argv[i], "--wire") == 0) {
      wire = true;
    } else if (std::strcmp(argv[i], "--half-script") == 0) {
      half_script = true;
    } else if (std::strcmp(argv[i], "--baseline") == 0) {
      baseline_only = true;
    } else {
      places.emplace_back(argv[i]);
    }
  }
  std::vector<std::string> pages = read_pages(places, most);
  if (pages.empty() || rounds == 0) {
    std::fprintf(
        stderr,
        "usage: parse_bench [--rounds N] [--pages N] [--wire] [--half-script] [--baseline] "
        "FILE|FOLDER...\n");
    return 2;
  }
  Tree tree(std::size_t{512} << 20);
  PageMemory memory(std::size_t{512} << 20);
  std::string region(16 << 20, '\0');
  double baseline = 0, whole = 0;
  std::size_t bytes = 0, links = 0, refused = 0;
  for (std::string& page : pages) {
    if (half_script) page = with_script(page);
    ParseRequest request{.url = "http://h.example/a/b/page.html", .body = page};
    request.headers = {{"content-type", "text/html; charset=utf-8"}};
    double least_baseline = 1e18, least_whole = 1e18;
    PageFacts facts;
    for (std::size_t round = 0; round < rounds; ++round) {
      const double start = cpu_us();
      tree.build(page);
      const double middle = cpu_us();
      least_baseline = std::min(least_baseline, middle - start);
      if (baseline_only) continue;
      facts = parse_page(request, memory);
      if (wire) {
        const std::size_t size = encode_facts(facts, region);
        if (!decode_facts({region.data(), size})) return 1;
      }
      least_whole = std::min(least_whole, cpu_us() - middle);
    }
    refused += facts.outcome != PageOutcome::kOk;
    baseline += least_baseline;
    whole += least_whole;
    bytes += page.size();
    links += facts.links.size();
  }
  const double n = static_cast<double>(pages.size());
  if (baseline_only) {
    std::printf("pages %zu  bytes/page %.0f\nbaseline %.1f us/page (%.1f MB/s)\n", pages.size(),
                static_cast<double>(bytes) / n, baseline / n,
                static_cast<double>(bytes) / baseline);
    return 0;
  }
  std::printf(
      "pages %zu  bytes/page %.0f  links/page %.1f  refused %zu\n"
      "baseline %.1f us/page (%.1f MB/s)  whole %.1f us/page (%.1f MB/s)  ratio %.3f\n",
      pages.size(), static_cast<double>(bytes) / n, static_cast<double>(links) / n, refused,
      baseline / n, static_cast<double>(bytes) / baseline, whole / n,
      static_cast<double>(bytes) / whole, whole / baseline);
  return 0;
}
