#include "parse/css_urls.h"

#include <cstdint>
#include <utility>

#include "parse/ascii.h"
#include "parse/utf8.h"

namespace weir::parse {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if ((c | 32) >= 'a' && (c | 32) <= 'f') return (c | 32) - 'a' + 10;
  return -1;
}

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

// CSS Syntax 3, as far as URLs need it.
class Scanner {
 public:
  explicit Scanner(std::string_view css) : css_(css) {}

  std::vector<std::string> run() {
    while (at_ < css_.size()) {
      const char c = css_[at_];
      if (c == '/' && peek(1) == '*') {
        const std::size_t end = css_.find("*/", at_ + 2);
        at_ = end == std::string_view::npos ? css_.size() : end + 2;
      } else if (c == '"' || c == '\'') {
        string();
      } else if (c == '@' && word(at_ + 1, "import") && !is_name(peek(7))) {
        at_ += 7;
        space();
        if (peek(0) == '"' || peek(0) == '\'') add(string());
      } else if (is_name(c)) {
        if (word(at_, "url(")) {
          at_ += 4;
          url();
        } else {
          while (is_name(peek(0))) ++at_;
        }
      } else {
        at_ += c == '\\' ? 2 : 1;
      }
    }
    return std::move(urls_);
  }

 private:
  char peek(std::size_t ahead) const {
    return at_ + ahead < css_.size() ? css_[at_ + ahead] : '\0';
  }
  void space() {
    while (ascii::is_space(peek(0))) ++at_;
  }
  bool word(std::size_t from, std::string_view lower) const {
    if (css_.size() < from + lower.size()) return false;
    for (std::size_t i = 0; i < lower.size(); ++i) {
      if (ascii::lower(css_[from + i]) != lower[i]) return false;
    }
    return true;
  }
  void add(std::string url) {
    if (!url.empty()) urls_.push_back(std::move(url));
  }

  void escape(std::string& out) {  // at the backslash
    ++at_;
    if (hex_value(peek(0)) < 0) {
      if (peek(0) == '\n') {
        ++at_;
      } else if (at_ < css_.size()) {
        out += css_[at_++];
      }
      return;
    }
    std::uint32_t code = 0;
    for (int digits = 0; digits < 6 && hex_value(peek(0)) >= 0; ++digits) {
      code = code * 16 + static_cast<std::uint32_t>(hex_value(css_[at_++]));
    }
    if (ascii::is_space(peek(0))) ++at_;
    const bool scalar = code != 0 && code <= 0x10FFFF && (code < 0xD800 || code >= 0xE000);
    append_utf8(scalar ? code : kReplacement, out);
  }

  std::string string() {  // at the quote; a bare newline ends a bad string
    std::string out;
    const char quote = css_[at_++];
    while (at_ < css_.size() && css_[at_] != quote) {
      if (css_[at_] == '\n') return {};
      if (css_[at_] == '\\') {
        escape(out);
      } else {
        out += css_[at_++];
      }
    }
    ++at_;
    return out;
  }

  void url() {
    space();
    if (peek(0) == '"' || peek(0) == '\'') return add(string());
    std::string out;
    while (at_ < css_.size() && css_[at_] != ')') {
      const char c = css_[at_];
      if (ascii::is_space(c)) {
        space();
        if (peek(0) != ')' && at_ < css_.size()) return;
      } else if (c == '"' || c == '\'' || c == '(') {
        return;
      } else if (c == '\\') {
        escape(out);
      } else {
        out += c;
        ++at_;
      }
    }
    ++at_;
    add(std::move(out));
  }

  std::string_view css_;
  std::size_t at_ = 0;
  std::vector<std::string> urls_;
};

}  // namespace

std::vector<std::string> css_urls(std::string_view css) { return Scanner(css).run(); }

}  // namespace weir::parse
