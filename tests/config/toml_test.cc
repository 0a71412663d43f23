#include <gtest/gtest.h>

#include "config/keys.h"
#include "config/resolve.h"

namespace weir::config {
namespace {

Resolved read(const std::string& text) { return read_config_text(text, "crawl.toml", "/etc"); }

// Every error, one a line.
std::string errors(const std::string& text) {
  std::string all;
  for (const ConfigError& error : read(text).errors) all += to_string(error) + '\n';
  return all;
}

TEST(Toml, ReadsEveryTable) {
  const Resolved r = read(R"(
[crawl]
order = "depth"
max_pages = 100
max_time = "1h"
robots = false
[fetch]
transfers = 8
delay = "0ms"
max_body = "1MiB"
resolve = ["a.example:127.0.0.1", "b.example:[::1]"]
[parse]
parse = "inline"
parsers = "auto"
[parse.extract]
price = "span.price"
[queue]
memory = "64MiB"
[output]
links = true
[[list]]
name = "docs"
urls = ["https://docs.example/",
        "https://api.example/"]
files = ["urls.txt", "/tmp/more.txt", "-"]
scope = "prefix"
depth = 3
delay = "1s"
per_host = 1
include = ["/v2/"]
exclude = ['\.pdf$']
headers = { "Accept-Language" = "de" }
auth = "basic me:secret"
[[list]]
urls = ["https://other.example/"]
depth = "none"
)");
  ASSERT_EQ(r.errors, std::vector<ConfigError>{});
  const Settings& s = r.settings;
  EXPECT_EQ(s.crawl.order, Order::kDepth);
  EXPECT_EQ(s.crawl.max_pages, 100u);
  EXPECT_EQ(s.crawl.max_time, std::chrono::hours(1));
  EXPECT_FALSE(s.crawl.obey_robots);
  EXPECT_EQ(s.fetch.transfers, 8u);
  EXPECT_EQ(s.fetch.delay, Duration{0});
  EXPECT_EQ(s.fetch.max_body, kMiB);
  EXPECT_EQ(s.fetch.resolve.size(), 2u);
  EXPECT_EQ(s.parse.mode, ParseMode::kInline);
  EXPECT_EQ(s.parse.extract, (Headers{{"price", "span.price"}}));
  EXPECT_EQ(s.queue.memory, 64 * kMiB);
  EXPECT_TRUE(s.output.links);
  ASSERT_EQ(s.lists.size(), 2u);
  const ListSettings& docs = s.lists[0];
  EXPECT_EQ(docs.name, "docs");
  ASSERT_EQ(docs.urls.size(), 2u);
  EXPECT_EQ(docs.urls[0].origin, "crawl.toml:23");
  EXPECT_EQ(docs.urls[1].origin, "crawl.toml:24");
  ASSERT_EQ(docs.files.size(), 3u);
  EXPECT_EQ(docs.files[0].text, "/etc/urls.txt");
  EXPECT_EQ(docs.files[1].text, "/tmp/more.txt");
  EXPECT_EQ(docs.files[2].text, "-");
  EXPECT_EQ(docs.scope, Scope::kPrefix);
  EXPECT_EQ(docs.depth, 3u);
  EXPECT_EQ(docs.delay, Duration{1000});
  EXPECT_EQ(docs.per_host, 1u);
  EXPECT_EQ(docs.include, std::vector<std::string>{"/v2/"});
  EXPECT_EQ(docs.exclude, std::vector<std::string>{"\\.pdf$"});
  EXPECT_EQ(docs.headers, (Headers{{"Accept-Language", "de"}}));
  EXPECT_EQ(docs.auth, "basic me:secret");
  EXPECT_EQ(s.lists[1].name, "list-2");
  EXPECT_EQ(s.lists[1].scope, Scope::kPage);
  EXPECT_EQ(s.lists[1].depth, std::nullopt);
}

TEST(Toml, WhatCrawlSaysOfListsHoldsForThoseThatDoNot) {
  const Resolved r = read(R"(
extract = { title = "h1" }
[crawl]
scope = "domain"
depth = 2
[fetch]
headers = ["A: 1", "B: 2"]
[[list]]
urls = "https://one.example/"
[[list]]
urls = ["https://two.example/"]
scope = "any"
headers = ["b: 3"]
)");
  // A key before the first table stands outside of one: extract alone may.
  ASSERT_EQ(r.errors, std::vector<ConfigError>{});
  EXPECT_EQ(r.settings.parse.extract, (Headers{{"title", "h1"}}));
  EXPECT_EQ(r.settings.lists[0].scope, Scope::kDomain);
  EXPECT_EQ(r.settings.lists[1].scope, Scope::kAny);
  EXPECT_EQ(r.settings.lists[1].depth, 2u);
  EXPECT_EQ(r.settings.lists[0].headers, (Headers{{"A", "1"}, {"B", "2"}}));
  EXPECT_EQ(r.settings.lists[1].headers, (Headers{{"A", "1"}, {"b", "3"}}));
}

TEST(Toml, EveryErrorNamesFileLineKeyAndWhatWasExpected) {
  EXPECT_EQ(errors("[fetch]\ntransfers = \"x\"\n"),
            "crawl.toml:2: fetch.transfers: 'x' is not a number of transfers; expected a count "
            "from 1 to 100000 such as 64\n");
  EXPECT_EQ(errors("[fetch]\n\n transfers = 0\n"),
            "crawl.toml:3: fetch.transfers: 0 is not a number of transfers; expected a count "
            "from 1 to 100000 such as 64\n");
  EXPECT_EQ(errors("[fetch]\ntransfers = -4\n"),
            "crawl.toml:2: fetch.transfers: -4 is not a number of transfers; expected a count "
            "from 1 to 100000 such as 64\n");
  EXPECT_EQ(errors("[fetch]\ntransfers = 1.5\n"),
            "crawl.toml:2: fetch.transfers: 1.5 is not a number of transfers; expected a count "
            "from 1 to 100000 such as 64\n");
  EXPECT_EQ(errors("[fetch]\ntransfers = [1]\n"),
            "crawl.toml:2: fetch.transfers: element 1 (line 2) is not a text; expected an array of "
            "texts in quotes\n");
  EXPECT_EQ(errors("[fetch]\ntimeout = 30\n"),
            "crawl.toml:2: fetch.timeout: 30 is not a timeout; expected a duration with its unit "
            "(ms, s, m, h, d) such as 30s\n");
  EXPECT_EQ(errors("[fetch]\nmax_body = \"10 apples\"\n"),
            "crawl.toml:2: fetch.max_body: '10 apples' is not a size; expected a size such as "
            "10MiB\n");
  EXPECT_EQ(errors("[fetch]\nio = \"pol\"\n"),
            "crawl.toml:2: fetch.io: 'pol' is not an IO model; expected one of blocking, threads, "
            "pool, polling, select, coroutines, uring\n");
  EXPECT_EQ(errors("[output]\nlinks = \"maybe\"\n"),
            "crawl.toml:2: output.links: 'maybe' is not a switch; expected true or false\n");
  EXPECT_EQ(errors("[output]\nout = 1979-05-27\n"),
            "crawl.toml:2: output.out: is a date or a time; expected a text, a number or a "
            "switch\n");
  EXPECT_EQ(errors("[crawl]\nmax_time = { a = \"b\" }\n"),
            "crawl.toml:2: crawl.max_time: a table is not a time limit; expected a duration with "
            "its unit (ms, s, m, h, d) such as 1h30m or none\n");
}

TEST(Toml, UnknownNamesAreAnsweredWithTheNearest) {
  EXPECT_EQ(errors("[fetch]\ntransfer = 4\n"),
            "crawl.toml:2: fetch.transfer: is not a key of [fetch]; did you mean transfers?\n");
  EXPECT_EQ(errors("[crawl]\ntransfers = 4\n"),
            "crawl.toml:2: crawl.transfers: is not a key of [crawl]; expected it in [fetch]\n");
  EXPECT_EQ(errors("[fetsh]\ntransfers = 4\n"),
            "crawl.toml:1: fetsh: is not a table of weir; did you mean [fetch]?\n");
  EXPECT_EQ(errors("transfers = 4\n"),
            "crawl.toml:1: transfers: stands outside a table; expected it in [fetch]\n");
  EXPECT_EQ(errors("[list]\nurls = []\n"),
            "crawl.toml:1: list: expected [[list]], in two brackets, once for each list\n");
  EXPECT_EQ(errors("fetch = 3\n"), "crawl.toml:1: fetch: expected a table: [fetch]\n");
  EXPECT_EQ(errors("[queue]\nxyzzy = 3\n"),
            "crawl.toml:2: queue.xyzzy: is not a key of [queue]; expected one of queue, memory\n");
  EXPECT_EQ(errors("[[list]]\nurl = [\"https://a.example/\"]\n"),
            "crawl.toml:1: list: has no URLs; expected urls or files, such as urls = "
            "[\"https://example.org/\"]\n"
            "crawl.toml:2: list.url: is not a key of [[list]]; did you mean urls?\n");
}

TEST(Toml, AllErrorsAreCollectedInTheOrderOfTheirLines) {
  const Resolved r = read(
      "[queue]\nqueue = 0\n[fetch]\nretries = -1\nio = 3\n[[list]]\nurls = []\nscope = \"all\"\n");
  ASSERT_EQ(r.errors.size(), 4u);
  EXPECT_EQ(r.errors[0].line, 2);
  EXPECT_EQ(r.errors[1].line, 4);
  EXPECT_EQ(r.errors[2].line, 5);
  EXPECT_EQ(r.errors[3].line, 8);
  EXPECT_EQ(r.errors[3].key, "list.scope");
}

TEST(Toml, OfAnArrayTheElementToBlameIsNamed) {
  EXPECT_EQ(errors("[crawl]\nexclude = [\"fine\", \"a(b\"]\n"),
            "crawl.toml:2: crawl.exclude: 'a(b' is not a regular expression (missing ): a(b); "
            "expected RE2 syntax such as \"/blog/\" or \"\\\\.pdf$\"\n");
  EXPECT_EQ(errors("[fetch]\nresolve = [\"a.example\"]\n"),
            "crawl.toml:2: fetch.resolve: 'a.example' is not a name with its address; expected "
            "HOST:ADDRESS such as \"www.example.org:127.0.0.1\"\n");
  EXPECT_EQ(errors("[fetch]\nheaders = [\"X: a\\r\\nY: b\"]\n"),
            "crawl.toml:2: fetch.headers: 'X: a??Y: b' is not a header; expected \"Name: value\" "
            "such as \"Accept-Language: de\"\n");
}

TEST(Toml, WhatOnlyTwoKeysTogetherShow) {
  EXPECT_EQ(errors("[fetch]\nio = \"select\"\ntransfers = 901\n"),
            "crawl.toml:3: fetch.transfers: 901 transfers are too many for io = \"select\"; "
            "expected a count from 1 to 900\n");
  EXPECT_EQ(errors("[fetch]\nclient_cert = \"a.pem\"\n"),
            "crawl.toml:2: fetch.client_cert: stands alone; expected client_cert and client_key "
            "together\n");
  EXPECT_EQ(errors("[[list]]\nname = \"a\"\nurls = [\"x\"]\n[[list]]\nname = \"a\"\nurls = "
                   "[\"y\"]\n"),
            "crawl.toml:5: list.name: 'a' is the name of another list too; expected one of its "
            "own\n");
}

TEST(Toml, SyntaxErrorsHaveALine) {
  for (const char* text : {"[fetch]\ntransfers = \n", "[fetch]\ntransfers 4\n",
                           "[fetch]\ntransfers = 4\ntransfers = 5\n", "[fetch]\n[fetch]\n",
                           "[fetch]\nproxy = \"open\n", "[fetch]\nproxy = \"\xff\"\n"}) {
    const Resolved r = read(text);
    ASSERT_EQ(r.errors.size(), 1u) << text;
    EXPECT_GE(r.errors[0].line, 2) << text;
    EXPECT_FALSE(r.errors[0].message.empty()) << text;
  }
}

TEST(Toml, HostileTextIsAnErrorNotADeath) {
  const std::vector<std::string> texts{
      std::string(200'000, '['),
      "a = " + std::string(200'000, '['),
      "a = " + std::string(100'000, '{'),
      std::string("[crawl]\norder = \"a\0b\"\n", 22),
      std::string(1, '\0'),
      "\xef\xbb\xbf[crawl]\norder = 1\n",
      "[fetch]\ntransfers = 99999999999999999999999\n",
      "[fetch]\ntransfers = 0x7fffffffffffffff\n",
      "[fetch]\ndelay = \"" + std::string(100'000, '9') + "s\"\n",
      "[crawl]\ninclude = [\"" + std::string(50'000, '(') + "\"]\n",
      "[crawl]\ninclude = [\"((a{1000}){1000}){1000}\"]\n",
      "[crawl]\nuser_agent = \"x\\r\\nEvil: 1\"\n",
      "[fetch]\nauth = \"basic x\\u0000:y\"\n",
      std::string(100'000, 'a') + " = 1\n",
      "[[list]]\nurls = [\"\"]\n",
      "[[list]]\n" + std::string(5'000, '#') + "\nfiles = [\"a\\u0000b\"]\n"};
  for (const std::string& text : texts) {
    const Resolved r = read(text);
    EXPECT_FALSE(r.errors.empty()) << text.substr(0, 60);
    for (const ConfigError& error : r.errors) {
      EXPECT_LT(error.message.size(), 1'000u) << error.message.substr(0, 200);
    }
  }
}

}  // namespace
}  // namespace weir::config
