#include "parse/extract.h"

#include <gtest/gtest.h>
#include <time.h>

#include <string>
#include <utility>
#include <vector>

#include "html_pages.h"

namespace weir::parse {
namespace {

using Values = std::vector<std::string>;

class Extract : public ::testing::Test {
 protected:
  PageFacts read(const std::string& html, const config::Headers& rules) {
    const ExtractRules extract(rules);
    ParseRequest request{.url = "http://h.example/", .body = html};
    request.headers = {{"content-type", "text/html; charset=utf-8"}};
    request.extract = &extract;
    return parse_page(request, memory_);
  }
  Values find(const std::string& html, const std::string& selector) {
    const PageFacts facts = read(html, {{"x", selector}});
    return facts.extracted.empty() ? Values{"(no page)"} : facts.extracted.at(0);
  }
  // The ids of the elements that match.
  std::string ids(const std::string& html, const std::string& selector) {
    std::string all;
    for (const std::string& id : find("<!doctype html>" + html, selector + "::attr(id)")) {
      all += (all.empty() ? "" : " ") + id;
    }
    return all;
  }
  PageMemory memory_{std::size_t{256} << 20};
};

TEST_F(Extract, TakesTextOwnTextAndAttributes) {
  const std::string html =
      "<div class=p> two\n <b>bold <i>words</i></b><p>a</p><p>b</p> end </div><img src=' /a b '>";
  EXPECT_EQ(find(html, ".p"), (Values{"two bold words a b end"}));
  EXPECT_EQ(find(html, ".p::text"), (Values{"two", "end"}));
  EXPECT_EQ(find(html, ".p ::text"), (Values{"bold", "words", "a", "b"}));
  EXPECT_EQ(find(html, "img::attr(SRC)"), (Values{" /a b "}));
  EXPECT_EQ(find(html, "p"), (Values{"a", "b"}));
  EXPECT_EQ(find(html, "p, b, .none, i::text"), (Values{"bold words", "words", "a", "b"}));
  EXPECT_EQ(find(html, "h1"), Values{});
  EXPECT_EQ(find("<h1></h1>", "h1"), Values{""});
  EXPECT_EQ(find("<title> The\n title</title>", "title"), Values{"The title"});
}

TEST_F(Extract, EachNameHasItsOwnValuesAndNestedOnesAllTheirText) {
  const PageFacts facts =
      read("<ul><li>a<ul><li>b</ul><li>c</ul>", {{"l", "li"}, {"u", "ul ul"}, {"none", "ol"}});
  EXPECT_EQ(facts.extracted, (std::vector<Values>{{"a b", "b", "c"}, {"b"}, {}}));
  EXPECT_EQ(facts.extracted_dropped, 0u);
}

// The pre-pass cuts scripts and styles out; they are found all the same, and are no text of others.
TEST_F(Extract, ScriptsAreThereWhenAskedForAndNoTextOfOthers) {
  const std::string html =
      "<body>a<script type='application/ld+json'> {\"b\":  1} </script><style>c{}</style>d";
  EXPECT_EQ(find(html, "script[type='application/ld+json']::text"), Values{"{\"b\":  1}"});
  EXPECT_EQ(find(html, "body"), Values{"ad"});
  const PageFacts both = read(html, {{"all", "body"}, {"style", "style"}});
  EXPECT_EQ(both.extracted, (std::vector<Values>{{"ad"}, {"c{}"}}));
  EXPECT_EQ(ids("<script id=a>x</script><script id=b></script>", "script:empty"), "b");
}

TEST_F(Extract, CombinatorsHoldInTheTree) {
  const std::string html =
      "<div id=a class=k><p id=b><i id=c></i></p><p id=d></p><q id=e></q><p id=f></p></div>"
      "<div id=g><p id=h></p></div>";
  EXPECT_EQ(ids(html, "div p"), "b d f h");
  EXPECT_EQ(ids(html, "div.k i"), "c");
  EXPECT_EQ(ids(html, "div > i"), "");
  EXPECT_EQ(ids(html, "div > p > i"), "c");
  EXPECT_EQ(ids(html, "p + p"), "d");
  EXPECT_EQ(ids(html, "p ~ p"), "d f");
  EXPECT_EQ(ids(html, "q ~ p::attr(id), .k + div"), "f g");
  EXPECT_EQ(ids(html, "i ~ *"), "");
  EXPECT_EQ(ids(html, "div div"), "");
  EXPECT_EQ(ids(html, "#a > #b ~ #d + q"), "e");
  EXPECT_EQ(ids(html, "html body div p"), "b d f h");
  EXPECT_EQ(ids(html, "*>*>*>i"), "c");
}

TEST_F(Extract, StructuralConditions) {
  const std::string html =
      "<ol><!-- c --><li id=a>1<li id=b>2<li id=c>3<li id=d>4<li id=e><!-- c --></ol><p id=f></p> ";
  EXPECT_EQ(ids(html, "li:first-child"), "a");
  EXPECT_EQ(ids(html, "li:last-child"), "e");
  EXPECT_EQ(ids(html, "li:nth-child(odd)"), "a c e");
  EXPECT_EQ(ids(html, "li:nth-child(-n+2)"), "a b");
  EXPECT_EQ(ids(html, "li:nth-child(3)"), "c");
  EXPECT_EQ(ids(html, "li:nth-child(2n+3)"), "c e");
  EXPECT_EQ(ids(html, "li:nth-child(0n+0)"), "");
  EXPECT_EQ(ids(html, "*:empty[id]"), "e f");
  EXPECT_EQ(ids(html, "li:not(:first-child, #c, .x)"), "b d e");
  EXPECT_EQ(ids(html, "p:only-child"), "");
  EXPECT_EQ(ids("<div><p id=x></p>text</div>", "p:only-child"), "x");
  EXPECT_EQ(ids("<html id=r><body id=s>", ":root"), "r");
  EXPECT_EQ(ids("<html id=r><body id=s>", ":root > :last-child"), "s");
}

TEST_F(Extract, AttributeOperators) {
  const std::string html =
      "<p id=a lang=en-GB title='one two'><p id=b lang=en title=''><p id=c lang=English "
      "title=onet>";
  EXPECT_EQ(ids(html, "[lang|=en]"), "a b");
  EXPECT_EQ(ids(html, "[title~=two]"), "a");
  EXPECT_EQ(ids(html, "[title~='']"), "");
  EXPECT_EQ(ids(html, "[title^=one]"), "a c");
  EXPECT_EQ(ids(html, "[title$=t]"), "c");
  EXPECT_EQ(ids(html, "[title*='e t']"), "a");
  EXPECT_EQ(ids(html, "[title*='']"), "");
  EXPECT_EQ(ids(html, "[title='']"), "b");
  EXPECT_EQ(ids(html, "p[title]"), "a b c");
  EXPECT_EQ(ids(html, "[title='ONE TWO']"), "");
  EXPECT_EQ(ids(html, "[title='ONE TWO' i]"), "a");
}

// HTML standard, "Case-sensitivity of selectors"; Selectors 4, quirks mode.
TEST_F(Extract, CaseFollowsTheRulesOfHtml) {
  EXPECT_EQ(ids("<P ID=a Class=K>", "p.K"), "a");
  EXPECT_EQ(ids("<P ID=a Class=K>", "P.k"), "");
  EXPECT_EQ(ids("<p id=a data-x=1>", "[DATA-X='1']"), "a");
  EXPECT_EQ(ids("<input id=a type=TEXT>", "[type=text]"), "a");
  EXPECT_EQ(ids("<input id=a type=TEXT>", "[type=text s]"), "");
  EXPECT_EQ(find("<p class=K id=A>x", "p.k#a"), Values{"x"});  // no doctype: quirks mode
  const std::string svg = "<svg><linearGradient id=a viewBox=1></linearGradient></svg>";
  EXPECT_EQ(ids(svg, "linearGradient"), "a");
  EXPECT_EQ(ids(svg, "lineargradient"), "");
  EXPECT_EQ(ids(svg, "[viewBox]"), "a");
  EXPECT_EQ(ids(svg, "[viewbox]"), "");
  EXPECT_EQ(ids("<x-price id=a>", "X-Price"), "a");
}

TEST_F(Extract, ATemplateIsAnElementWithoutContents) {
  EXPECT_EQ(
      ids("<div><template id=t><p id=a></p></template><p id=b></p></div>", "p::attr(id), template"),
      "t b");
  EXPECT_EQ(ids("<div><template></template><p id=b></p></div>", "p:nth-child(2)"), "b");
}

TEST_F(Extract, NumberAndSizeAreBoundedAndCounted) {
  std::string many;
  for (int i = 0; i < 150; ++i) many += "<p>" + std::to_string(i);
  const PageFacts counted = read(many, {{"p", "p"}});
  ASSERT_EQ(counted.extracted[0].size(), kMaxExtracted);
  EXPECT_EQ(counted.extracted[0].back(), "99");
  EXPECT_EQ(counted.extracted_dropped, 50u);

  std::string long_text = "<p>";
  for (int i = 0; i < 20'000; ++i) long_text += "\xc3\xa9 ";
  EXPECT_LE(find(long_text, "p").at(0).size(), kMaxExtractedBytes);
  EXPECT_GT(find(long_text, "p").at(0).size(), kMaxExtractedBytes - 4);

  std::string heavy;
  for (int i = 0; i < 90; ++i) heavy += "<p title='" + std::string(9000, 'x') + "'>";
  const PageFacts facts = read(heavy, {{"a", "p::attr(title)"}, {"b", "p::attr(title)"}});
  std::size_t bytes = 0;
  for (const Values& values : facts.extracted) {
    for (const std::string& value : values) bytes += value.size();
  }
  EXPECT_LE(bytes, kMaxExtractedOfPage);
  EXPECT_GT(bytes, kMaxExtractedOfPage - 9000);
  EXPECT_EQ(facts.extracted_dropped + bytes / 9000, 180u);
}

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// A chain of descendants on a deep page: matching from the right with backtracking would take the
// depth to the power of the compounds.
TEST_F(Extract, DeepPagesAndLongSelectorsCostNoMoreThanElementsTimesCompounds) {
  std::string html = "<!doctype html>";
  for (int i = 0; i < 400; ++i) html += "<div class='a b'>";
  for (int i = 0; i < 20'000; ++i) html += "<i></i>";
  std::string selector = "div";
  for (int i = 0; i < 200; ++i) selector += " div.a:not(.c)";
  const double start = cpu_seconds();
  EXPECT_EQ(find(html, selector + " b"), Values{});
  const double plain = cpu_seconds() - start;
  EXPECT_LT(plain, 10.0);  // 0.1 s; exponential it would not end
  EXPECT_EQ(find(html, selector + " ~ i::text"), Values{});
}

TEST_F(Extract, TheRestOfTheFactsIsTheSameWithSelectors) {
  for (const std::string& html : documentation_pages(40)) {
    PageFacts with = read(html, {{"h", "h1, h2"}, {"a", "a::attr(class)"}});
    const PageFacts without = read(html, {});
    ASSERT_EQ(with.extracted.size(), with.html && with.outcome == PageOutcome::kOk ? 2u : 0u);
    with.extracted.clear();
    with.extracted_dropped = 0;
    with.bytes_parsed = without.bytes_parsed;
    EXPECT_EQ(with, without);
  }
}

TEST(ExtractRules, BadOnesAreNamed) {
  EXPECT_FALSE(find_bad_extract({{"a", "b"}, {"c", "d > e::text"}}));
  const auto bad = find_bad_extract({{"a", "b"}, {"c", "d >> e"}});
  ASSERT_TRUE(bad);
  EXPECT_EQ(bad->rule, 1u);
  EXPECT_NE(bad->message.find("column 4 of 'd >> e': expected"), std::string::npos) << bad->message;
  EXPECT_TRUE(find_bad_extract({{"a", "b"}, {"a", "c"}}));
  EXPECT_TRUE(find_bad_extract({{std::string(kMaxExtractName + 1, 'x'), "c"}}));
  EXPECT_TRUE(find_bad_extract({{"\xff", "c"}}));
  config::Headers many;
  for (std::size_t i = 0; i <= kMaxExtractRules; ++i) many.emplace_back(std::to_string(i), "a");
  EXPECT_TRUE(find_bad_extract(many));
  config::Headers long_ones;
  for (int i = 0; i < 3; ++i) {
    std::string selector;
    for (int n = 0; n < 1500; ++n) selector += "a ";
    long_ones.emplace_back(std::to_string(i), selector);
  }
  EXPECT_TRUE(find_bad_extract(long_ones));
  long_ones.pop_back();
  EXPECT_FALSE(find_bad_extract(long_ones));
  EXPECT_THROW(ExtractRules(config::Headers{{"a", ""}}), std::invalid_argument);
}

}  // namespace
}  // namespace weir::parse
