#include "html_pages.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "parse/ascii.h"
#include "parse/charset.h"

namespace weir::parse {
namespace {

std::string times(std::size_t count, std::string_view piece) {
  std::string out;
  out.reserve(count * piece.size());
  for (std::size_t i = 0; i < count; ++i) out += piece;
  return out;
}

std::string numbered(std::size_t count, std::string_view before, std::string_view after) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    out.append(before).append(std::to_string(i)).append(after);
  }
  return out;
}

class Outline : public TreeVisitor {
 public:
  explicit Outline(const Prescan* prescan = nullptr) : prescan_(prescan) {}

  bool enter(const Element& element) override {
    lines.push_back(element.name());
    for (const char* name : {"href", "src", "content", "alt", "value", "rel", "name"}) {
      if (const char* value = element.find(name)) {
        lines.back().append(" ").append(name).append("=").append(value);
      }
    }
    return !element.is_html(script_) && !element.is_html(style_);
  }
  void leave(const Element&) override { lines.push_back("/"); }
  void text(std::string_view text) override {
    if (prescan_ != nullptr) text = prescan_->restored(text, restored_);
    lines.push_back("#");
    for (char c : text) {
      const bool space = ascii::is_space(c);
      if (!space || lines.back().back() != ' ') lines.back() += space ? ' ' : c;
    }
  }
  std::vector<std::string> lines;

 private:
  const Prescan* const prescan_;
  std::string restored_;
  const std::uint16_t script_ = tag_number("script"), style_ = tag_number("style");
};

}  // namespace

std::vector<HostilePage> hostile_pages(std::size_t n) {
  using namespace std::string_literals;
  return {
      {"nested div", times(n, "<div>")},
      {"nested div, closed", times(n, "<div>") + times(n, "</div>")},
      {"nested span, foreign end tags", times(n, "<span>") + times(n, "</x>")},
      {"ends of p in deep div", times(n, "<div>") + times(n, "</p>")},
      {"crossed span and div", times(n, "<span><div></span>")},
      {"nested b", times(n, "<b>")},
      {"formatting in paragraphs", numbered(n, "<b a", "><p>")},
      {"formatting reconstructed", numbered(n, "<p><b a", ">x</p>")},
      {"adoption agency", times(n, "<a><b><i><div>") + times(n, "</a></b></i>")},
      {"unclosed a", times(n, "<a href=x>")},
      {"nested lists", times(n, "<ul><li>")},
      {"nested tables", times(n, "<table><tr><td>")},
      {"foster parents", "<table>" + times(n, "x<b>")},
      {"nested svg", times(n, "<svg><g>")},
      {"svg image and foreign end tags", "<svg>" + times(n, "<image>") + times(n, "</x>")},
      {"html in svg", times(n, "<svg><foreignObject>")},
      {"nested template", times(n, "<template>")},
      {"template in select", "<select>" + times(n, "<template>") + times(n, "<style>")},
      {"nested frameset", times(n, "<frameset>")},
      {"nested button and object", times(n, "<button><object>")},
      {"nested form", times(n, "<form><div>")},
      {"attributes on one tag", "<p " + numbered(n, "a", "=1 ") + ">x"},
      {"attributes on an unclosed tag", "<p " + numbered(n, "a", "=1 ")},
      {"attributes on an end tag", "<p></p " + numbered(n, "a", " ") + ">x"},
      {"attributes over many bodies", numbered(n, "<body a", "=1>")},
      {"attributes over many htmls", numbered(n, "<html a", "=1>")},
      {"the same attribute", "<p " + times(n, "a ") + ">x"},
      {"less-than signs", times(n * 10, "<")},
      {"ampersands", times(n * 10, "&")},
      {"entities", times(n * 2, "&amp;&notin;&#x1F600;&#99999999;&x")},
      {"NUL", std::string(n * 10, '\0')},
      {"NUL in tags", times(n, "<a\0b href\0=x\0>"s)},
      {"not UTF-8", std::string(n * 10, '\xff')},
      {"endless comment", "<!--" + times(n * 5, "- ")},
      {"comments", times(n, "<!-- - -- -->")},
      {"comments that do not end", times(n, "<!--")},
      {"endless script", "<script>" + times(n, "<script></scrip>")},
      {"script escapes", times(n, "<script><!--<script></script>")},
      {"endless title", "<title>" + times(n, "</titl>")},
      {"endless style", times(n, "<style>")},
      {"endless attribute", "<a href=\"" + times(n, "<b>'")},
      {"endless tag", "<a" + std::string(n * 10, 'a')},
      {"plaintext", "<plaintext>" + times(n, "<div>")},
      {"line breaks", times(n, "<br>")},
      {"one line", times(n, "<p>word <a href='/a/b?c=d'>link</a>")},
      {"links", numbered(n, "<a href=/", ">l</a>")},
      {"base and long links",
       "<base href=http://h/" + std::string(n, 'b') + "/>" + times(20, "<a href=x>")},
      {"srcset", "<img srcset='" + numbered(n, "/i", " 2x,") + "'>"},
      {"css", "<style>" + times(n, "url(") + times(n, "a{b:url('x')}\\") + "</style>"},
      {"style attributes", times(n, "<p style='background:url(x)'>")},
      {"json-ld", "<script type=application/ld+json>" + times(n, "[{\"@type\":") + "</script>"},
      {"json-ld types",
       "<script type=application/ld+json>[" + numbered(n, "{\"@type\":\"", "\"},") + "1]</script>"},
      {"metas", times(n, "<meta name=robots content=noindex><meta property=og:x content=y>")},
      {"feeds", times(n, "<link rel='feed alternate canonical' type=application/rss+xml href=x>")},
      {"rel tokens", "<a href=x rel='" + numbered(n, "t", " ") + "'>x</a>"},
      {"unknown elements", numbered(n, "<x-", "></x>")},
      {"doctypes", times(n, "<!DOCTYPE html>")},
      {"isindex", times(n, "<isindex prompt=x>")},
      {"end of input in an entity", "<a href=\"x&amp"},
  };
}

std::vector<std::string> documentation_pages(std::size_t most) {
  namespace fs = std::filesystem;
  std::vector<fs::path> paths;
  for (const char* root : {"/usr/share/doc/python3.11/html", "/usr/share/doc/python3-doc/html",
                           "/usr/share/cppreference/doc/html"}) {
    std::error_code error;
    for (fs::recursive_directory_iterator at(root, error), end; !error && at != end;
         at.increment(error)) {
      if (at->path().extension() == ".html" && at->is_regular_file(error)) {
        paths.push_back(at->path());
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

std::string edited(std::string page, std::size_t edits, std::mt19937& random) {
  static const std::vector<std::string> kPieces = {"<",
                                                   ">",
                                                   "\"",
                                                   "'",
                                                   "=",
                                                   "/",
                                                   "<!--",
                                                   "-->",
                                                   "--!>",
                                                   "<!",
                                                   "</",
                                                   "<script>",
                                                   "</script>",
                                                   "<script><!--",
                                                   "<style>",
                                                   "</style>",
                                                   "<title>",
                                                   "</title>",
                                                   "<textarea>",
                                                   "</textarea>",
                                                   "<select>",
                                                   "</select>",
                                                   "<option>",
                                                   "<svg>",
                                                   "</svg>",
                                                   "<svg/>",
                                                   "<math>",
                                                   "</math>",
                                                   "<![CDATA[",
                                                   "]]>",
                                                   "<template>",
                                                   "</template>",
                                                   "<table>",
                                                   "</table>",
                                                   "<tr>",
                                                   "<td>",
                                                   "<frameset>",
                                                   "<noscript>",
                                                   "</noscript>",
                                                   "<iframe>",
                                                   "</iframe>",
                                                   "<xmp>",
                                                   "</xmp>",
                                                   "<p>",
                                                   "</p>",
                                                   "<b>",
                                                   "</b>",
                                                   "<a href=new>",
                                                   "</a>",
                                                   "<div class=\"x\">",
                                                   "</div>",
                                                   "<base href=/other/>",
                                                   "<foreignObject>",
                                                   "<desc>",
                                                   "<mi>",
                                                   "<body class=x>",
                                                   "<form>",
                                                   "<plaintext",
                                                   " class=y ",
                                                   " id='z'",
                                                   " =x ",
                                                   "/class=w",
                                                   "&amp;",
                                                   "&#60;",
                                                   "&notin",
                                                   "&#1048577;",
                                                   "\xf4\x80\x80\x81",
                                                   "\r\n        ",
                                                   "\n\n",
                                                   "<pre>",
                                                   "<col>",
                                                   "<caption>",
                                                   "words of a text ",
                                                   "<noframes>",
                                                   "<style><![CDATA[",
                                                   "<head>",
                                                   "<html id=a>",
                                                   "<input type=hidden>",
                                                   "<br/>",
                                                   "<image>"};
  for (std::size_t i = 0; i < edits && !page.empty(); ++i) {
    const std::size_t at = random() % page.size();
    switch (random() % 4) {
      case 0:
        page.erase(at, 1 + random() % 30);
        break;
      case 1:
        page.insert(at, page.substr(random() % page.size(), 1 + random() % 60));
        break;
      default:
        page.insert(at, kPieces[random() % kPieces.size()]);
    }
  }
  return page;
}

std::vector<std::string> outline(std::string_view html, Tree& tree) {
  Outline outline;
  if (tree.build(html)) tree.walk(outline);
  return std::move(outline.lines);
}

std::vector<std::string> outline(const Prescan& prescan, Tree& tree) {
  Outline outline(&prescan);
  if (tree.build(prescan.text())) tree.walk(outline);
  return std::move(outline.lines);
}

PageFacts parse_text(std::string_view html, PageMemory& memory, std::string url) {
  ParseRequest request;
  request.url = std::move(url);
  request.headers = {{"content-type", "text/html; charset=utf-8"}};
  request.body = html;
  return parse_page(request, memory);
}

}  // namespace weir::parse
