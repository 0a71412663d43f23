#include "parse/prescan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "html_pages.h"
#include "parse/charset.h"

namespace weir::parse {
namespace {

std::string left_of(std::string_view html, PrescanOptions options = {}) {
  Prescan prescan;
  EXPECT_EQ(prescan.run(html, options), Verdict::kGood);
  EXPECT_EQ(prescan.text().data()[prescan.text().size()], '\0');
  return std::string(prescan.text());
}

TEST(Prescan, CutsContentsOfScriptStyleAndComments) {
  EXPECT_EQ(left_of("<p>a<script>if (a<b) run();</script>b"), "<p>a<script></script>b");
  EXPECT_EQ(left_of("<STYLE type=x>a{color:red}</STYLE >b"), "<STYLE type=x></STYLE >b");
  EXPECT_EQ(left_of("a<!-- a long comment -->b"), "a<!---->b");
  EXPECT_EQ(left_of("a<!-- a long comment --!>b"), "a<!----!>b");
  EXPECT_EQ(left_of("<script>var a = '</scriptx>';</script>"), "<script></script>");
}

TEST(Prescan, CutsAttributesWithoutFacts) {
  EXPECT_EQ(left_of("<a class=\"reference internal\" href=\"x\">"), "<a  href=\"x\">");
  EXPECT_EQ(left_of("<div data-x='> \"' id=abcdef onclick=go()>"), "<div   >");
  EXPECT_EQ(left_of("<p style='color: red; margin: 0'>"), "<p >");
}

TEST(Prescan, KeepsAttributesThatSteerTheTree) {
  for (std::string_view html :
       {"<b class='formatting'>",                  // compared when formatting is reconstructed
        "<p style='background: url(x)'>",          // a link
        "<input type=hidden value='abcdefgh'>",    // allowed in tables
        "<svg><font class='abcdefgh' color=red>",  // in foreign content nothing is cut
        "<svg/class=abcdefgh>",                    // or it would be self-closing
        "<a class='abcdefgh' name name href=x>",   // or Gumbo would drop another value
        "<a name class='abcdefgh' =x>",            // or =x would be the value of name
        "<a title=' class=abcdefgh '>"}) {
    EXPECT_EQ(left_of(html), html);
  }
}

TEST(Prescan, KeepsWhatOnlyTheTreeCanTell) {
  for (std::string_view html :
       {"<select><style></select><a href=x>abc</style>", "<svg><script>a<b>long text</script>",
        "<script>an unclosed script <a>", "<frameset><script><frame src=x>long</script>",
        "<script><!-- <script> long </script> --></script>",
        "<plaintext><script>long text</script>", "<svg><![CDATA[<style>]]><a href=y></style>",
        "<!-- unclosed comment <script>long</script>",
        "<math><annotation-xml><style>long text</style>", "<template><col>some words",
        "<template><col><style>long text</style>"}) {
    EXPECT_EQ(left_of(html), html);
  }
}

TEST(Prescan, ResumesAfterDrawings) {
  EXPECT_EQ(left_of("<svg><style>a{}</style><title>t</title><path d='M0'/></svg>"
                    "<script>long enough</script>"),
            "<svg><style>a{}</style><title>t</title><path d='M0'/></svg><script></script>");
  EXPECT_EQ(left_of("<svg><svg></svg></svg><svg/><script>long enough</script>"),
            "<svg><svg></svg></svg><svg/><script></script>");
}

TEST(Prescan, FindsWhatItCut) {
  const std::string html =
      "<!-- 123456789 --><style>a{b:url(x)}</style><p><script>12345678</script>";
  Prescan prescan;
  ASSERT_EQ(prescan.run(html, {}), Verdict::kGood);
  const std::string_view text = prescan.text();
  EXPECT_EQ(text, "<!----><style></style><p><script></script>");
  EXPECT_EQ(prescan.original(text.data() + text.find("</style>")), "a{b:url(x)}");
  EXPECT_EQ(prescan.original(text.data() + text.find("</script>")), "12345678");
  EXPECT_EQ(prescan.original(text.data() + text.find("<p>")), "");
}

TEST(Prescan, CutsTextAndPutsItBack) {
  Prescan prescan;
  std::string buffer;
  const std::string html =
      "<p>some words <b>of</b>\n          <i>a longer piece &amp; another &ampone</i> and last";
  ASSERT_EQ(prescan.run(html, {}), Verdict::kGood);
  EXPECT_EQ(prescan.text(),
            "<p>\U00100000<b>of</b>\n <i>\U00100001&amp; \U00100002&ampone</i> \U00100003");
  EXPECT_EQ(prescan.restored("\U00100000", buffer), "some words ");
  EXPECT_EQ(prescan.restored("\U00100001& \U00100002&one", buffer),
            "a longer piece & another &one");
  EXPECT_EQ(prescan.restored("of", buffer), "of");
  EXPECT_THROW(prescan.restored("\U00100009", buffer), std::out_of_range);
}

TEST(Prescan, KeepsTextThatHoldsWhatStandsForIt) {
  for (std::string_view html :
       {"<p>some words \U00100000", "<p>some words &#1048576;", "<p>some words &#x00100000",
        "<title>&#x10FFFD;</title>some words", "<p title='&#1048577;'>some words"}) {
    EXPECT_EQ(left_of(html), html);
  }
  const std::string nul("<p>some \0words", 14);
  EXPECT_EQ(left_of(nul), nul);
  EXPECT_EQ(left_of("<p>some words &#128512;"), "<p>\U00100000&#128512;");
}

TEST(Prescan, ReferencesBeyondUnicodeAreReplaced) {
  EXPECT_EQ(left_of("<p title='&#4294967361'>&#x100000041;&#00000000065;&#1114112;&#x11FFFF"),
            "<p title='&#0000065533'>&#x00000FFFD;&#00000000065;&#1114112;&#x11FFFF");
  Prescan prescan;
  const std::string html = "<script>a='&#4294967361;'</script>";
  ASSERT_EQ(prescan.run(html, {}), Verdict::kGood);
  EXPECT_EQ(prescan.original(prescan.text().data() + 8),
            "a='&#4294967361;'");  // no reference there
}

TEST(Prescan, KeepsTextBeyondTheLastMark) {
  std::string html;
  for (int i = 0; i < 70'000; ++i) html += "<br>some words";
  Prescan prescan;
  ASSERT_EQ(prescan.run(html, {}), Verdict::kGood);
  EXPECT_TRUE(prescan.text().ends_with("<br>some words"));
  std::string buffer;
  EXPECT_EQ(prescan.restored("\U0010FFFD", buffer), "some words");
}

TEST(Prescan, RefusesWhatTakesForEver) {
  Prescan prescan;
  const auto verdict = [&](const std::string& html) { return prescan.run(html, {}); };
  std::string divs, attributes = "<p ", rows = "<table>";
  for (int i = 0; i < 100'000; ++i) divs += "<div>";
  for (int i = 0; i < 1001; ++i) attributes += "a" + std::to_string(i) + " ";
  EXPECT_EQ(verdict(divs), Verdict::kTooDeep);
  EXPECT_EQ(verdict(divs.substr(0, 2000 * 5)), Verdict::kGood);
  EXPECT_EQ(verdict(attributes), Verdict::kTooManyAttributes);
  std::string wide = divs.substr(0, 1900 * 5);
  for (int i = 0; i < 400'000; ++i) wide += "<i></i>";
  EXPECT_EQ(verdict(wide), Verdict::kTooMuchWork);
}

TEST(Prescan, UnclosedTagsThatEndByThemselvesDoNotAddUp) {
  Prescan prescan;
  for (std::string_view piece :
       {"<p>x", "<li>x", "<dt>x<dd>y", "<tr><td>x<td>y", "<option>x", "<a name=x>", "<h2>x</h3>",
        "<br>", "<div><p>x</div>", "<ul><li><p>x</ul>", "<p><b>x</p>", "<tbody><tr><th>x",
        "<button>x", "<div><span>x</div>", "<form>", "</div>"}) {
    std::string html = piece.find("<t") == 0 ? "<table>" : piece.find("<l") == 0 ? "<ul>" : "";
    for (int i = 0; i < 5000; ++i) html += piece;
    EXPECT_EQ(prescan.run(html, {}), Verdict::kGood) << piece;
  }
}

// The tree of what is left is the tree of the whole, on real pages and on edited ones.
class PrescanAgreement : public ::testing::TestWithParam<std::size_t> {};

TEST_P(PrescanAgreement, TheTreeIsTheSame) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  const std::vector<std::string> pages = documentation_pages(30);
#else
  const std::vector<std::string> pages = documentation_pages(120);
#endif
  if (pages.empty()) GTEST_SKIP() << "no documentation is installed";
  Tree tree(std::size_t{512} << 20);
  Prescan prescan;
  // Other edits with --gtest_shuffle --gtest_repeat=N.
  const int seed = ::testing::UnitTest::GetInstance()->random_seed();
  std::mt19937 random(static_cast<unsigned>(GetParam()) + 1000 * static_cast<unsigned>(seed));
  std::string buffer;
  std::size_t compared = 0;
  for (const std::string& page : pages) {
    if (page.size() > 200'000) continue;
    const std::string changed = edited(page, GetParam(), random);
    const std::string html(to_utf8(changed, {.encoding = "UTF-8"}, buffer));
    if (prescan.run(html, {}) != Verdict::kGood) continue;
    const auto left = outline(prescan, tree);
    const auto whole = outline(html, tree);
    const auto at = std::mismatch(left.begin(), left.end(), whole.begin(), whole.end());
    ASSERT_TRUE(left == whole) << (at.first == left.end() ? "(end)" : *at.first) << " for "
                               << (at.second == whole.end() ? "(end)" : *at.second);
    ++compared;
  }
  EXPECT_GT(compared, pages.size() / 2);
}

INSTANTIATE_TEST_SUITE_P(Edits, PrescanAgreement, ::testing::Values(0, 1, 20, 200));

}  // namespace
}  // namespace weir::parse
