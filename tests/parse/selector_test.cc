#include "parse/selector.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace weir::parse {
namespace {

using Kind = Condition::Kind;

TEST(Selector, ReadsTypesConditionsAndCombinators) {
  const SelectorParse parsed = parse_selector(
      " div#main.wide > a[href ^= \"/x\" i]:not(.old, [rel~=ad])::attr( href ) ,\n*+p ~ B::text");
  ASSERT_FALSE(parsed.error) << parsed.error->message;
  ASSERT_EQ(parsed.list.size(), 2u);
  const Selector& first = parsed.list[0];
  ASSERT_EQ(first.compounds.size(), 2u);
  EXPECT_EQ(first.compounds[0].type, "div");
  ASSERT_EQ(first.compounds[0].conditions.size(), 2u);
  EXPECT_EQ(first.compounds[0].conditions[0].kind, Kind::kId);
  EXPECT_EQ(first.compounds[0].conditions[1].value, "wide");
  EXPECT_EQ(first.compounds[1].to_previous, Combinator::kChild);
  const Condition& href = first.compounds[1].conditions[0];
  EXPECT_EQ(href.kind, Kind::kPrefix);
  EXPECT_EQ(href.value, "/x");
  EXPECT_EQ(href.letter_case, Condition::Case::kIgnored);
  EXPECT_EQ(first.compounds[1].conditions[1].not_any_of.size(), 2u);
  EXPECT_EQ(first.take, Selector::Take::kAttribute);
  EXPECT_EQ(first.attribute, "href");
  const Selector& second = parsed.list[1];
  ASSERT_EQ(second.compounds.size(), 3u);
  EXPECT_EQ(second.compounds[1].to_previous, Combinator::kNextSibling);
  EXPECT_EQ(second.compounds[2].to_previous, Combinator::kLaterSibling);
  EXPECT_EQ(second.compounds[2].type, "B");
  EXPECT_EQ(second.take, Selector::Take::kOwnText);
}

// CSS Syntax 4.3.7 and 4.3.11.
TEST(Selector, ReadsEscapes) {
  for (const auto& [text, value] :
       std::vector<std::pair<std::string, std::string>>{{".md\\:flex", "md:flex"},
                                                        {".\\31 23", "123"},
                                                        {".\\0000311", "11"},
                                                        {".a\\.b", "a.b"},
                                                        {".\\-", "-"},
                                                        {".--x", "--x"},
                                                        {".-_", "-_"},
                                                        {".\\110000 x", "\xef\xbf\xbdx"},
                                                        {".\xc3\xa9t\xc3\xa9", "\xc3\xa9t\xc3\xa9"},
                                                        {"[a='\\'\\\n\\22']", "'\""}}) {
    const SelectorParse parsed = parse_selector(text);
    ASSERT_FALSE(parsed.error) << text << ": " << parsed.error->message;
    EXPECT_EQ(parsed.list.at(0).compounds.at(0).conditions.at(0).value, value) << text;
  }
}

// CSS Syntax 6.2.
TEST(Selector, ReadsAnPlusB) {
  using Numbers = std::pair<std::int64_t, std::int64_t>;
  for (const auto& [text, numbers] :
       std::vector<std::pair<std::string, Numbers>>{{"odd", {2, 1}},
                                                    {" EVEN ", {2, 0}},
                                                    {"5", {0, 5}},
                                                    {"-2", {0, -2}},
                                                    {"n", {1, 0}},
                                                    {"-n", {-1, 0}},
                                                    {"+n", {1, 0}},
                                                    {"2N+1", {2, 1}},
                                                    {"2n + 1", {2, 1}},
                                                    {"-3n - 7", {-3, -7}},
                                                    {"n-1", {1, -1}},
                                                    {"-n+6", {-1, 6}},
                                                    {"00002", {0, 2}},
                                                    {"99999999999999999999", {0, 1'000'000'000}}}) {
    const SelectorParse parsed = parse_selector("a:nth-child(" + text + ")");
    ASSERT_FALSE(parsed.error) << text << ": " << parsed.error->message;
    const Condition& condition = parsed.list.at(0).compounds.at(0).conditions.at(0);
    EXPECT_EQ(Numbers(condition.a, condition.b), numbers) << text;
  }
}

TEST(Selector, SaysWhereItIsWrongAndWhatWasExpected) {
  for (const auto& [text, column, message] :
       std::vector<std::tuple<std::string, std::size_t, std::string>>{
           {"", 1, "expected a selector such as a type"},
           {"a,", 3, "found the end"},
           {"a,,b", 3, "found ','"},
           {"a >", 4, "found the end"},
           {"> a", 1, "found '>'"},
           {"a. b", 3, "a class name after '.', found ' '"},
           {"\xc3\xa9\xc3\xa9#1", 4, "an id after '#', found '1'"},
           {"a[", 3, "the name of an attribute"},
           {"a[b c]", 5, "']' or one of = ~= |= ^= $= *=, found 'c'"},
           {"a[b=]", 5, "a value: an identifier or a string, found ']'"},
           {"a[b=1]", 5, "a value"},
           {"a[b^c]", 5, "'=', found 'c'"},
           {"a[b='x]", 8, "a closing quote, found the end"},
           {"a[b=x", 6, "']', found the end"},
           {"a:hover", 3, "root, empty, first-child"},
           {"a:nth-child", 12, "'('"},
           {"a:nth-child(x)", 13, "odd, even or an+b"},
           {"a:nth-child(2n+)", 16, "odd, even or an+b"},
           {"a:nth-child(+ 2n)", 14, "odd, even or an+b"},
           {"a:not()", 7, "a selector such as a type"},
           {"a:not(b c)", 9, ":not() takes no combinators"},
           {"a:not(:not(b))", 8, "root, empty, first-child"},
           {"a:not(b::text)", 8, ":not() takes no combinators"},
           {"a::before", 4, "text or attr(name)"},
           {"a::attr", 8, "'('"},
           {"a::attr()", 9, "the name of an attribute"},
           {"a::text b", 9, "',' or the end after '::text'"},
           {"svg|a", 4, "namespaces are not supported"},
           {"a)", 2, "a combinator, ',' or the end, found ')'"},
           {"a\\", 2, "found '\\'"}}) {
    const SelectorParse parsed = parse_selector(text);
    ASSERT_TRUE(parsed.error) << text;
    EXPECT_EQ(parsed.error->column, column) << text << ": " << parsed.error->message;
    EXPECT_NE(parsed.error->message.find(message), std::string::npos)
        << text << ": " << parsed.error->message;
  }
  EXPECT_TRUE(parse_selector("a\xff").error);
  EXPECT_TRUE(parse_selector(std::string("a\0b", 3)).error);
  EXPECT_TRUE(parse_selector(std::string(kMaxSelectorBytes + 1, 'a')).error);
}

}  // namespace
}  // namespace weir::parse
