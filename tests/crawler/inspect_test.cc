#include "crawler/inspect.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

namespace weir {
namespace {

struct Answer {
  int code = 0;
  std::string out;
  std::string err;
};

Answer inspect(const std::vector<std::string>& arguments, const std::string& input = "") {
  std::istringstream in(input);
  std::ostringstream out;
  std::ostringstream err;
  auto* const old_in = std::cin.rdbuf(in.rdbuf());
  auto* const old_out = std::cout.rdbuf(out.rdbuf());
  auto* const old_err = std::cerr.rdbuf(err.rdbuf());
  std::cin.clear();
  const int code = inspect_command(arguments);
  std::cin.rdbuf(old_in);
  std::cout.rdbuf(old_out);
  std::cerr.rdbuf(old_err);
  return {code, out.str(), err.str()};
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Inspect, AnswersLineByLine) {
  const auto answer =
      inspect({"url", "--jsonl"},
              "{\"input\": \"http://A\", \"base\": null, \"id\": 7}\n{\"input\": \"x\"}\n");
  EXPECT_EQ(answer.code, 0);
  EXPECT_TRUE(has(answer.out, "\"href\":\"http://a/\""));
  EXPECT_TRUE(has(answer.out, "\"id\":7"));
  EXPECT_TRUE(has(answer.out, "\"failure\":true"));
  EXPECT_EQ(std::count(answer.out.begin(), answer.out.end(), '\n'), 2);
}

TEST(Inspect, HalfASurrogatePairIsTheReplacementCharacter) {
  const auto answer = inspect({"url", "--jsonl"},
                              "{\"input\": \"http://h/\\ud800?\\ud83d\\ude00\\\\\\\\ud800\"}\n");
  EXPECT_EQ(answer.code, 0);
  EXPECT_TRUE(has(answer.out, "http://h/%EF%BF%BD?%F0%9F%98%80\\\\\\\\ud800")) << answer.out;
}

TEST(Inspect, ARecordWithoutItsFieldGetsAnError) {
  const auto answer =
      inspect({"url", "--jsonl"}, "{}\n{\"input\": 3}\n{\"input\": \"http://h\"}\n");
  EXPECT_EQ(answer.code, 0);
  EXPECT_EQ(std::count(answer.out.begin(), answer.out.end(), '\n'), 3);
  EXPECT_TRUE(has(answer.out, "\"error\""));
  EXPECT_TRUE(has(answer.out, "http://h/"));
}

TEST(Inspect, BadUseIsTwo) {
  EXPECT_EQ(inspect({}).code, 2);
  EXPECT_EQ(inspect({"nonsense"}).code, 2);
  EXPECT_EQ(inspect({"url"}).code, 2);
  EXPECT_EQ(inspect({"url", "--nonsense", "x"}).code, 2);
  EXPECT_EQ(inspect({"url", "--base"}).code, 2);
  EXPECT_EQ(inspect({"url", "--jsonl"}, "[]\n").code, 2);
  EXPECT_EQ(inspect({"robots", "http://h/"}).code, 2);
  EXPECT_EQ(inspect({"robots", "--file", "/no/such/file", "http://h/"}).code, 2);
  EXPECT_TRUE(has(inspect({"robots"}).err, "usage: weir inspect robots --file FILE"));
}

TEST(Inspect, HelpIsNoError) {
  EXPECT_EQ(inspect({"--help"}).code, 0);
  EXPECT_TRUE(has(inspect({"--help"}).out, "robots"));
  EXPECT_TRUE(has(inspect({"url", "--help"}).out, "[--base VALUE]"));
}

TEST(Inspect, PeopleGiveArguments) {
  const auto url = inspect({"url", "--base", "http://h/a/b", "../c", "--", "--d"});
  EXPECT_EQ(url.code, 0);
  EXPECT_TRUE(has(url.out, "http://h/c\n"));
  EXPECT_TRUE(has(url.out, "http://h/a/--d\n"));
  const auto robots = inspect({"robots", "--file", "-", "--agent", "bot", "http://h/a"},
                              "User-agent: bot\nDisallow: /a\n");
  EXPECT_EQ(robots.code, 0);
  EXPECT_TRUE(has(robots.out, "Disallow: /a\n")) << robots.out;
}

TEST(Inspect, NoTextOfAPageDrivesTheTerminal) {
  const std::string page =
      "<title>&#27;[31mred &#155;m\u0085</title><p>x<a href=y>\x1b[2J gone\n</a>";
  const auto html = inspect({"links", "-"}, page);
  EXPECT_EQ(html.code, 0);
  EXPECT_TRUE(has(html.out, "\uFFFD[31mred")) << html.out;
  EXPECT_FALSE(has(html.out, "\x1b")) << html.out;
  EXPECT_FALSE(has(html.out, "\u0085") || has(html.out, "\u009b")) << html.out;
  EXPECT_TRUE(has(html.out, "\\u001b[2J gone")) << html.out;
}

}  // namespace
}  // namespace weir
