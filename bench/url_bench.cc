// `weir bench url`, what one link costs: resolving it, the key that the frontier asks by, robots.
#include <benchmark/benchmark.h>

#include <array>
#include <string_view>

#include "bench/benchmarks.h"
#include "bench/micro.h"
#include "parse/canonical.h"
#include "parse/robots.h"
#include "parse/url.h"

namespace weir::bench {
namespace {

using parse::Url;

constexpr std::array<std::string_view, 8> kLinks = {
    "/wiki/Weir",
    "../images/dam.png",
    "https://www.example.org/a/b/c/page-17.html?session=12&sort=asc",
    "#top",
    "?page=2",
    "//cdn.example.net/js/app.js",
    "article/2024/05/a-longer-title-with-words.html",
    "https://EXAMPLE.com/Path/To/%7Euser/",
};

const Url& base() {
  static const auto url = Url::parse("https://www.example.com/section/topic/index.html?x=1");
  return *url;
}

void resolve_link(benchmark::State& state) {
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(Url::parse(kLinks[i++ % kLinks.size()], &base()));
}
BENCHMARK(resolve_link)->Name("url/resolve_link");

void key_of_link(benchmark::State& state) {
  std::array<Url, kLinks.size()> urls = [] {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return std::array<Url, kLinks.size()>{*Url::parse(kLinks[I], &base())...};
    }
    (std::make_index_sequence<kLinks.size()>());
  }();
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(parse::key_of(urls[i++ % urls.size()]));
}
BENCHMARK(key_of_link)->Name("url/key_of_link");

void international_host(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Url::parse("https://b\u00fccher.example/x"));
}
BENCHMARK(international_host)->Name("url/international_host");

void robots_decision(benchmark::State& state) {
  std::string file = "User-agent: *\n";
  for (int i = 0; i < 50; ++i) file += "Disallow: /private/" + std::to_string(i) + "/*.php$\n";
  const auto robots = parse::Robots::parse(file);
  const auto url = Url::parse("https://www.example.com/private/49/index.php");
  for (auto _ : state) benchmark::DoNotOptimize(robots.allowed("weir", *url));
}
BENCHMARK(robots_decision)->Name("url/robots_decision");

}  // namespace

int url_bench(const Arguments& arguments) {
  MicroOptions options;
  CLI::App app("Measures what one link costs before it is fetched.", "weir bench url");
  add_micro_flags(app, options);
  app.footer("example:\n  weir bench url");
  if (const auto code = read_flags(app, arguments)) return *code;
  Report report("url", options.json);
  report.table("url", "One of eight usual links; a robots.txt of 50 rules",
               {{"name", ""}, {"time_ns", "time ns"}});
  run_micro("^url/", options, [&](const std::string& name, Json figures) {
    Json row{{"name", name.substr(4)}};
    row.update(figures);
    report.row(std::move(row));
  });
  report.note("How to read it: a page of 100 links pays the first two a hundred times.");
  return report.end();
}

}  // namespace weir::bench
