#include "config/resolve.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "config/keys.h"

namespace weir::config {
namespace {

const Command kCrawl{
    "crawl",
    "crawl",
    {{"dry-run", "", "stop before the first fetch"}, {"o,output", "FILE", "where to"}}};

class ResolveTest : public testing::Test {
 protected:
  ResolveTest() {
    std::string pattern = testing::TempDir() + "weir-resolve-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~ResolveTest() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) const {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << text;
    return path;
  }

  static std::string errors(const Resolved& resolved) {
    std::string all;
    for (const ConfigError& error : resolved.errors) all += to_string(error) + '\n';
    return all;
  }
  static std::string errors(const std::vector<std::string>& arguments, const Environment& e = {}) {
    return errors(resolve(kCrawl, arguments, e));
  }

  std::string folder_;
};

const std::string kUrl = "https://example.org/";

TEST_F(ResolveTest, FlagsOverEnvironmentOverConfigOverDefaults) {
  const std::string config =
      write("crawl.toml",
            "[fetch]\ntransfers = 1\nretries = 7\ntimeout = \"7s\"\nper_ip = 3\n"
            "[[list]]\nurls = [\"https://a.example/\"]\n");
  const Environment environment{
      {"WEIR_TRANSFERS", "2"}, {"WEIR_RETRIES", "5"}, {"WEIR_MAX_PAGES", "9"}, {"PATH", "/bin"}};
  const Resolved r = resolve(kCrawl, {config, "--transfers", "3", "--max-pages=4"}, environment);
  ASSERT_EQ(errors(r), "");
  EXPECT_EQ(r.settings.fetch.transfers, 3u);
  EXPECT_EQ(r.settings.fetch.retries, 5u);
  EXPECT_EQ(r.settings.fetch.timeout, Duration{7000});
  EXPECT_EQ(r.settings.crawl.max_pages, 4u);
  EXPECT_EQ(r.settings.fetch.fetch_threads, FetchSettings{}.fetch_threads);
  EXPECT_EQ(r.sources.at("fetch.transfers"), "--transfers");
  EXPECT_EQ(r.sources.at("fetch.retries"), "WEIR_RETRIES");
  EXPECT_EQ(r.sources.at("fetch.per_ip"), config + ":5");
  EXPECT_FALSE(r.sources.contains("fetch.fetch_threads"));
  EXPECT_EQ(r.config_file, config);
}

TEST_F(ResolveTest, AFlagOverridesEveryList) {
  const std::string config = write("crawl.toml", R"([crawl]
scope = "page"
[[list]]
urls = ["https://a.example/"]
scope = "prefix"
depth = 1
delay = "9s"
include = ["a"]
headers = ["A: list", "B: list"]
[[list]]
urls = ["https://b.example/"]
)");
  const Resolved r = resolve(kCrawl,
                             {config, "--scope", "domain", "--depth", "5", "--delay", "1s",
                              "--include", "x", "--include", "[a-z]+", "--header", "a: flag"},
                             {{"WEIR_EXCLUDE", "one\ntwo"}});
  ASSERT_EQ(errors(r), "");
  EXPECT_EQ(r.settings.fetch.delay, Duration{1000});
  for (const ListSettings& list : r.settings.lists) {
    EXPECT_EQ(list.scope, Scope::kDomain);
    EXPECT_EQ(list.depth, 5u);
    EXPECT_EQ(list.delay, std::nullopt);
    EXPECT_EQ(list.include, (std::vector<std::string>{"x", "[a-z]+"}));
    EXPECT_EQ(list.exclude, (std::vector<std::string>{"one", "two"}));
  }
  EXPECT_EQ(r.settings.lists[0].headers, (Headers{{"B", "list"}, {"a", "flag"}}));
  EXPECT_EQ(r.settings.lists[1].headers, (Headers{{"a", "flag"}}));
}

TEST_F(ResolveTest, UrlsAndListsOfTheCommandLine) {
  const std::string urls = write("urls.txt", kUrl + "\n");
  const Resolved r = resolve(
      kCrawl, {kUrl, "--list", urls, "https://b.example/", "--list", "-", "--no-robots"}, {});
  ASSERT_EQ(errors(r), "");
  ASSERT_EQ(r.settings.lists.size(), 3u);
  EXPECT_EQ(r.settings.lists[0].urls, (std::vector<Seed>{{kUrl, ""}, {"https://b.example/", ""}}));
  EXPECT_EQ(r.settings.lists[0].urls[0].origin, "command line");
  EXPECT_EQ(r.settings.lists[0].scope, Scope::kHost);
  EXPECT_EQ(r.settings.lists[1].files, (std::vector<Seed>{{urls, ""}}));
  EXPECT_EQ(r.settings.lists[1].files[0].origin, "--list");
  EXPECT_EQ(r.settings.lists[1].scope, Scope::kPage);
  EXPECT_EQ(r.settings.lists[2].files, (std::vector<Seed>{{"-", ""}}));
  EXPECT_EQ(r.settings.lists[2].name, "standard input");
  EXPECT_FALSE(r.settings.crawl.obey_robots);
}

TEST_F(ResolveTest, EveryListHasANameOfItsOwn) {
  const std::string config = write("crawl.toml",
                                   "[[list]]\nname = \"list-2\"\nurls = [\"a\"]\n"
                                   "[[list]]\nurls = [\"b\"]\n");
  const Resolved r = resolve(kCrawl, {config, "--list", "-", "--list", "-"}, {});
  ASSERT_EQ(errors(r), "");
  std::vector<std::string> names;
  for (const ListSettings& list : r.settings.lists) names.push_back(list.name);
  EXPECT_EQ(names,
            (std::vector<std::string>{"list-2", "list-2-2", "standard input", "standard input-2"}));
}

TEST_F(ResolveTest, RelativePathsAreOfTheConfigsFolder) {
  write("urls.txt", kUrl);
  const std::string config =
      write("crawl.toml", "[fetch]\ncookies = \"jar.txt\"\n[[list]]\nfiles = [\"urls.txt\"]\n");
  const Resolved r = resolve(kCrawl, {config, "--cookies", "flag.txt"}, {});
  ASSERT_EQ(errors(r), "");
  EXPECT_EQ(r.settings.lists[0].files[0].text, folder_ + "/urls.txt");
  EXPECT_EQ(r.settings.lists[0].files[0].origin, config + ":4");
  EXPECT_EQ(r.settings.fetch.cookies, (std::filesystem::current_path() / "flag.txt").string());
}

TEST_F(ResolveTest, WrongValuesNameTheFlagOrVariable) {
  EXPECT_EQ(errors({kUrl, "--parsers", "x"}),
            "--parsers: 'x' is not a number of parsers; expected a count from 1 to 1024 such as 4 "
            "or auto\n");
  EXPECT_EQ(errors({kUrl}, {{"WEIR_PARSERS", "x"}}),
            "WEIR_PARSERS: 'x' is not a number of parsers; expected a count from 1 to 1024 such as "
            "4 or auto\n");
  EXPECT_EQ(errors({kUrl, "--delay", "3", "--include", "(", "--scope", "all"}),
            "--scope: 'all' is not a scope; expected one of page, prefix, host, domain, any\n"
            "--include: '(' is not a regular expression (missing ): (); expected RE2 syntax such "
            "as \"/blog/\" or \"\\\\.pdf$\"\n"
            "--delay: '3' is not a delay; expected a duration with its unit (ms, s, m, h, d) such "
            "as 250ms\n");
  EXPECT_EQ(errors({kUrl, "--user-agent", "caf\xe9"}),
            "--user-agent: is not UTF-8; expected UTF-8 text\n");
  EXPECT_EQ(errors({kUrl, "--links=maybe"}),
            "--links: 'maybe' is not a switch; expected true or false\n");
}

TEST_F(ResolveTest, UnknownFlagsAndMissingValues) {
  EXPECT_EQ(errors({kUrl, "--transfer", "3"}),
            "--transfer: is not a flag; did you mean --transfers?\n");
  EXPECT_EQ(errors({kUrl, "--no-robot"}), "--no-robot: is not a flag; did you mean --no-robots?\n");
  EXPECT_EQ(errors({kUrl, "-x"}), "-x: is not a flag; `weir crawl --help` lists them\n");
  EXPECT_EQ(errors({kUrl, "--parsers"}), "--parsers: its value is missing\n");
  const Resolved r = resolve(kCrawl, {kUrl}, {{"WEIR_TRANSFER", "4"}, {"WEIRD", "1"}});
  EXPECT_EQ(errors(r), "");
  EXPECT_EQ(r.warnings, std::vector<std::string>{
                            "WEIR_TRANSFER is not a setting; did you mean WEIR_TRANSFERS?"});
}

TEST_F(ResolveTest, WhatIsNotThereIsSaidBeforeAnythingIsFetched) {
  const std::string config =
      write("crawl.toml", "[[list]]\nfiles = [\"absent.txt\"]\n[crawl]\nsince = \"crawl.toml\"\n");
  EXPECT_EQ(errors({config}),
            config + ":2: list.files: '" + folder_ +
                "/absent.txt': No such file or directory; expected a file to read\n" + config +
                ":4: crawl.since: '" + config + "' is a file; expected a folder\n");
  EXPECT_EQ(errors({"absent.toml"}),
            "absent.toml: No such file or directory; expected a config file\n");
  EXPECT_EQ(errors({folder_}), folder_ + ": is a folder; expected a config file\n");
  EXPECT_EQ(errors({kUrl, "--list", folder_}),
            "--list: '" + folder_ + "' is a folder; expected a file to read\n");
  EXPECT_EQ(errors({config, config}).substr(0, config.size() + 36),
            config + ": is a second config; expected one\n" + config.substr(0, 1));
  EXPECT_EQ(errors(std::vector<std::string>{}),
            "nothing to crawl; expected a URL, --list FILE, or a config with a [[list]]\n");
}

TEST_F(ResolveTest, AConfigWithoutEndIsRefused) {
  EXPECT_EQ(errors({"/dev/zero"}), "/dev/zero: is over 64 MiB; expected a config file\n");
}

TEST_F(ResolveTest, TheDashboardsAddressMayBeLeftOut) {
  const std::string implied = "127.0.0.1:8088";
  EXPECT_EQ(resolve(kCrawl, {"--dashboard", kUrl}, {}).settings.output.dashboard, implied);
  EXPECT_EQ(resolve(kCrawl, {kUrl, "--dashboard"}, {}).settings.output.dashboard, implied);
  const Resolved r = resolve(kCrawl, {"--dashboard", "0.0.0.0:80", kUrl}, {});
  EXPECT_EQ(errors(r), "");
  EXPECT_EQ(r.settings.output.dashboard, "0.0.0.0:80");
  EXPECT_EQ(resolve(kCrawl, {"--dashboard=x", kUrl}, {}).errors.size(), 1u);
}

TEST_F(ResolveTest, TheCommandsOwnFlags) {
  const Resolved r = resolve(kCrawl, {kUrl, "--dry-run", "-o", "a", "--output", "b"}, {});
  EXPECT_EQ(errors(r), "");
  EXPECT_TRUE(r.flags.contains("dry-run"));
  EXPECT_EQ(r.flags.at("output"), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(resolve(kCrawl, {"--help", "--transfers", "x"}, {}).help);
}

TEST_F(ResolveTest, TheLastOfAFlagGivenTwiceHolds) {
  const Resolved r =
      resolve(kCrawl, {kUrl, "--transfers", "1", "--links", "--transfers", "2", "--no-links"}, {});
  EXPECT_EQ(errors(r), "");
  EXPECT_EQ(r.settings.fetch.transfers, 2u);
  EXPECT_FALSE(r.settings.output.links);
}

}  // namespace
}  // namespace weir::config
