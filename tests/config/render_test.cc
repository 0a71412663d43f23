#include "config/render.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "config/keys.h"

namespace weir::config {
namespace {

// A settings where nothing is the default, by the table itself: a value for each kind of key.
Settings all_different() {
  Settings s;
  const auto set = [&s](std::string_view section, std::string_view name, const Raw& raw) {
    EXPECT_EQ(find_key(section, name)->of_crawl.set(s, raw), "") << name;
  };
  for (const Key& key : keys()) {
    if (!key.of_crawl) continue;
    const std::string before = key.of_crawl.show(s);
    // Every key takes one of these.
    for (const char* value :
         {"/tmp/\xc3\xa4 \"quoted\" \\ file", "7", "7KiB", "17MiB", "7s",
          before == "true" ? "no" : "yes", "depth", "pool", "inline", "stream", "socks5h://p:1",
          "h.example:127.0.0.1", "127.0.0.1:9", "z=a[b=\"c\"]"}) {
      Settings trial = s;
      if (key.of_crawl.set(trial, std::string(value)).empty() &&
          key.of_crawl.show(trial) != before) {
        s = trial;
        break;
      }
    }
    EXPECT_NE(key.of_crawl.show(s), before) << key.full_name() << " kept its default";
  }
  set("fetch", "io", std::string("uring"));
  ListSettings list;
  list.name = "odd \"name\" # not a comment\n";
  list.urls = {{"https://a.example/?q=\"x\"", ""}, {"not a url", ""}};
  list.files = {{"/tmp/a b.txt", ""}, {"-", ""}};
  list.scope = Scope::kAny;
  list.depth = 0;
  list.delay = Duration{1};
  list.per_host = 9;
  list.include = {"\\.html$", "[\"']"};
  list.exclude = {"#"};
  list.headers = {{"Z-Last", "1"}, {"A-First", "x: \"y\""}, {"Empty", ""}};
  list.cookies = "/tmp/\xc3\xa4 jar \"x\"";
  list.auth = "bearer \xe2\x82\xac";
  s.lists.push_back(list);
  s.lists.emplace_back();
  s.lists.back().name = "b";
  s.lists.back().urls = {{"https://b.example/", ""}};
  return s;
}

TEST(Render, TomlReadsBackToTheSameSettings) {
  for (const Settings& settings : {Settings{}, all_different()}) {
    const std::string toml = to_toml(settings);
    const Resolved back = read_config_text(toml, "run.toml", "/elsewhere");
    for (const ConfigError& error : back.errors) ADD_FAILURE() << to_string(error);
    EXPECT_EQ(back.settings, settings) << toml;
    EXPECT_EQ(to_toml(back.settings), toml);
  }
}

TEST(Render, EveryValueSaysWhereItCameFrom) {
  const Resolved r = resolve({"crawl", "", {}}, {"https://a.example/", "--transfers", "8"},
                             {{"WEIR_RETRIES", "1"}});
  ASSERT_TRUE(r.errors.empty());
  const std::string toml = to_toml(r.settings, r.sources);
  const auto line_of = [&toml](const std::string& key) {
    const std::size_t start = toml.find("\n" + key + " = ") + 1;
    return toml.substr(start, toml.find('\n', start) - start);
  };
  EXPECT_EQ(line_of("transfers"), "transfers = 8                             # --transfers");
  EXPECT_EQ(line_of("retries"), "retries = 1                               # WEIR_RETRIES");
  EXPECT_EQ(line_of("per_ip"), "per_ip = 8                                # default");
  EXPECT_NE(line_of("urls").find("# command line"), std::string::npos);
  EXPECT_EQ(read_config_text(toml, "run.toml", "/").settings, r.settings);
}

TEST(Render, TheStarterReadsBackToTheDefaults) {
  Resolved r = read_config_text(starter(), "weir.toml", "/");
  for (const ConfigError& error : r.errors) ADD_FAILURE() << to_string(error);
  ASSERT_EQ(r.settings.lists.size(), 1u);
  EXPECT_EQ(r.settings.lists[0].name, "example");
  r.settings.lists.clear();
  EXPECT_EQ(r.settings, Settings{});
}

TEST(Render, TheStartersExampleOfExtractReads) {
  const std::string text = starter();
  std::istringstream lines(text.substr(text.find("# [extract]")));
  std::string config;
  for (std::string line; std::getline(lines, line);) config += line.substr(2) + '\n';
  const Resolved r = read_config_text(config, "weir.toml", "/");
  for (const ConfigError& error : r.errors) ADD_FAILURE() << to_string(error);
  EXPECT_EQ(
      r.settings.parse.extract,
      (Headers{{"image", "img.hero::attr(src)"}, {"price", "span.price::text"}, {"title", "h1"}}));
}

TEST(Render, TheStartersCommentsAreTheDefaultsToo) {
  // Every "# key = value" above the lists, uncommented.
  std::istringstream lines(starter());
  std::string text;
  std::size_t uncommented = 0;
  for (std::string line; std::getline(lines, line) && line != "[[list]]";) {
    const bool is_key = line.rfind("# ", 0) == 0 && line.find(" = ") != std::string::npos;
    uncommented += is_key;
    text += (is_key ? line.substr(2) : line) + '\n';
  }
  const Resolved r = read_config_text(text, "weir.toml", "/");
  for (const ConfigError& error : r.errors) ADD_FAILURE() << to_string(error);
  EXPECT_EQ(r.settings, Settings{});
  const auto in_starter = std::count_if(keys().begin(), keys().end(),
                                        [](const Key& key) { return key.section != "list"; });
  EXPECT_EQ(uncommented, static_cast<std::size_t>(in_starter));
}

TEST(Render, EveryKeyIsInEveryText) {
  const std::string help = help_text({"crawl", "crawls", {{"o,output", "FILE", "where to"}}});
  const std::string man = man_page();
  const std::string page = configuration_page();
  for (const Key& key : keys()) {
    std::string roff_name = key.full_name();
    EXPECT_NE(man.find("Key: " + roff_name), std::string::npos) << key.full_name();
    EXPECT_NE(page.find("| `" + std::string(key.name) + "` |"), std::string::npos) << key.name;
    if (!key.flag.empty()) {
      EXPECT_TRUE(help.find("--" + std::string(key.flag)) != std::string::npos ||
                  help.find("--[no-]" + std::string(key.flag)) != std::string::npos)
          << key.flag;
    }
  }
  EXPECT_NE(help.find("-o, --output FILE"), std::string::npos);
  EXPECT_EQ(topic_text("nothing"), "");
}

TEST(Render, FlagsAreKeysWithDashes) {
  for (const Key& key : keys()) {
    std::string expected(key.name);
    std::replace(expected.begin(), expected.end(), '_', '-');
    // The three that differ: one header at a time, files of URLs, and what has no flag.
    if (key.name == "headers") expected = "header";
    if (key.name == "files") expected = "list";
    if (key.name == "name" || key.name == "urls") expected = "";
    EXPECT_EQ(key.flag, expected);
    EXPECT_EQ(find_key(key.section, key.name), &key) << "two keys of one name";
  }
}

TEST(Render, NoLineOfHelpIsTooLong) {
  std::istringstream lines(help_text({"crawl", "crawls", {}}));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 120u) << line;
}

std::string read_file(const std::string& path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// The files in docs/ are those that the table makes; WEIR_REGENERATE=1 writes them again.
TEST(Render, TheFilesInDocsAreCurrent) {
  for (const auto& [name, text] :
       {std::pair("configuration.md", configuration_page()), std::pair("weir.1", man_page())}) {
    const std::string path = std::string(WEIR_DOCS) + "/" + name;
    if (std::getenv("WEIR_REGENERATE") != nullptr) std::ofstream(path) << text;
    EXPECT_EQ(read_file(path), text) << "run config_test with WEIR_REGENERATE=1 to write it";
  }
}

}  // namespace
}  // namespace weir::config
