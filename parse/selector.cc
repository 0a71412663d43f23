#include "parse/selector.h"

#include <algorithm>
#include <utility>

#include "parse/ascii.h"
#include "parse/utf8.h"

namespace weir::parse {
namespace {

using Kind = Condition::Kind;

constexpr std::int64_t kMaxNumber = 1'000'000'000;  // larger ones mean the same

bool is_hex(char c) {
  return ascii::is_digit(c) || (ascii::lower(c) >= 'a' && ascii::lower(c) <= 'f');
}

// CSS Syntax: a name code point, without escapes.
bool is_name(char c) {
  return ascii::is_alpha(c) || ascii::is_digit(c) || c == '-' || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

class SelectorParser {
 public:
  explicit SelectorParser(std::string_view text) : text_(text) {}

  SelectorParse run() {
    SelectorParse result;
    do {
      skip_space();
      Selector selector;
      if (!complex(selector)) break;
      result.list.push_back(std::move(selector));
      skip_space();
    } while (take(','));
    if (!error_ && at_ < text_.size()) fail("a combinator, ',' or the end");
    result.error = std::move(error_);
    return result;
  }

 private:
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  bool skip_space() {
    const std::size_t from = at_;
    while (at_ < text_.size() && ascii::is_space(text_[at_])) ++at_;
    return at_ > from;
  }

  bool fail(const std::string& expected) { return fail_at(at_, "expected " + expected); }
  bool fail_at(std::size_t at, std::string message) {
    if (error_) return false;
    const auto is_start = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
    const std::string_view before = text_.substr(0, at);
    const auto column =
        static_cast<std::size_t>(std::count_if(before.begin(), before.end(), is_start));
    if (at == text_.size()) {
      message += ", found the end";
    } else {
      std::size_t end = at + 1;
      while (end < text_.size() && !is_start(text_[end])) ++end;
      message += ", found '" + std::string(text_.substr(at, end - at)) + "'";
    }
    error_ = SelectorError{column + 1, std::move(message)};
    return false;
  }

  bool is_escape(std::size_t ahead) const {
    return peek(ahead) == '\\' && at_ + ahead + 1 < text_.size() && peek(ahead + 1) != '\n';
  }

  // CSS Syntax, "would start an ident sequence".
  bool starts_identifier() const {
    const auto starts = [this](std::size_t ahead) {
      return (is_name(peek(ahead)) && !ascii::is_digit(peek(ahead)) && peek(ahead) != '-') ||
             is_escape(ahead);
    };
    return peek() == '-' ? peek(1) == '-' || starts(1) : starts(0);
  }

  void escape(std::string& out) {
    ++at_;  // the backslash
    if (!is_hex(peek())) {
      out += text_[at_++];
      return;
    }
    std::uint32_t code = 0;
    for (int digits = 0; digits < 6 && is_hex(peek()); ++digits, ++at_) {
      const char c = ascii::lower(peek());
      code = code * 16 + static_cast<std::uint32_t>(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    if (ascii::is_space(peek())) ++at_;
    const bool is_scalar = code != 0 && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
    append_utf8(is_scalar ? code : 0xFFFD, out);
  }

  std::string name() {
    std::string out;
    while (at_ < text_.size()) {
      if (is_name(peek())) {
        out += text_[at_++];
      } else if (is_escape(0)) {
        escape(out);
      } else {
        break;
      }
    }
    return out;
  }

  bool identifier(std::string& out, const char* what) {
    if (!starts_identifier()) return fail(what);
    out = name();
    return true;
  }

  bool string(std::string& out) {
    const char quote = text_[at_++];
    while (at_ < text_.size() && peek() != quote) {
      if (peek() == '\n') return fail("the closing quote before the line ends");
      if (peek() == '\\' && peek(1) == '\n') {
        at_ += 2;
      } else if (is_escape(0)) {
        escape(out);
      } else {
        out += text_[at_++];
      }
    }
    return take(quote) || fail("a closing quote");
  }

  bool complex(Selector& selector) {
    for (Combinator combinator = Combinator::kNone;;) {
      Compound compound;
      compound.to_previous = combinator;
      if (!this->compound(compound, /*inside_not=*/false)) return false;
      selector.compounds.push_back(std::move(compound));
      if (peek() == ':' && peek(1) == ':') return pseudo_element(selector);
      const bool space = skip_space();
      if (take('>')) {
        combinator = Combinator::kChild;
      } else if (take('+')) {
        combinator = Combinator::kNextSibling;
      } else if (take('~')) {
        combinator = Combinator::kLaterSibling;
      } else if (space && at_ < text_.size() && peek() != ',') {
        combinator = Combinator::kDescendant;
      } else {
        return true;
      }
      skip_space();
    }
  }

  bool compound(Compound& compound, bool inside_not) {
    const std::size_t from = at_;
    if (!take('*') && starts_identifier()) compound.type = name();
    if (peek() == '|') return fail_at(at_, "namespaces are not supported: expected none");
    while (condition(compound, inside_not)) {
    }
    if (error_) return false;
    // "::text" alone is "*::text".
    return at_ > from || (peek() == ':' && peek(1) == ':' && !inside_not) ||
           fail("a selector such as a type, '*', '.class', '#id', '[' or ':'");
  }

  // False: there is none, or it is wrong.
  bool condition(Compound& compound, bool inside_not) {
    Condition condition;
    if (take('#')) {
      condition.kind = Kind::kId;
      if (!identifier(condition.value, "an id after '#'")) return false;
    } else if (take('.')) {
      condition.kind = Kind::kClass;
      if (!identifier(condition.value, "a class name after '.'")) return false;
    } else if (take('[')) {
      if (!attribute(condition)) return false;
    } else if (peek() == ':' && peek(1) != ':') {
      if (!pseudo_class(condition, inside_not)) return false;
    } else {
      return false;
    }
    compound.conditions.push_back(std::move(condition));
    return true;
  }

  bool attribute(Condition& condition) {
    skip_space();
    if (!identifier(condition.name, "the name of an attribute after '['")) return false;
    skip_space();
    if (take(']')) return true;
    static constexpr std::pair<char, Kind> kOperators[] = {
        {'~', Kind::kIncludes}, {'|', Kind::kDash},      {'^', Kind::kPrefix},
        {'$', Kind::kSuffix},   {'*', Kind::kSubstring}, {'=', Kind::kEquals}};
    const auto* found = std::find_if(std::begin(kOperators), std::end(kOperators),
                                     [c = peek()](const auto& one) { return one.first == c; });
    if (found == std::end(kOperators)) return fail("']' or one of = ~= |= ^= $= *=");
    ++at_;
    if (found->second != Kind::kEquals && !take('=')) return fail("'='");
    condition.kind = found->second;
    skip_space();
    const bool good = peek() == '"' || peek() == '\''
                          ? string(condition.value)
                          : identifier(condition.value, "a value: an identifier or a string");
    if (!good) return false;
    skip_space();
    const char flag = ascii::lower(peek());
    if (flag == 'i' || flag == 's') {
      condition.letter_case = flag == 'i' ? Condition::Case::kIgnored : Condition::Case::kKept;
      ++at_;
      skip_space();
    }
    return take(']') || fail("']'");
  }

  bool pseudo_class(Condition& condition, bool inside_not) {
    static constexpr std::pair<std::string_view, Kind> kNames[] = {
        {"root", Kind::kRoot},
        {"empty", Kind::kEmpty},
        {"first-child", Kind::kFirstChild},
        {"last-child", Kind::kLastChild},
        {"only-child", Kind::kOnlyChild},
        {"nth-child", Kind::kNthChild},
        {"not", Kind::kNot}};
    const std::size_t from = ++at_;
    const std::string name = ascii::lower(this->name());
    const auto* found = std::find_if(std::begin(kNames), std::end(kNames),
                                     [&](const auto& one) { return one.first == name; });
    if (found == std::end(kNames) || (found->second == Kind::kNot && inside_not)) {
      at_ = from;
      return fail(inside_not ? "root, empty, first-child, last-child, only-child or nth-child()"
                             : "root, empty, first-child, last-child, only-child, nth-child() or "
                               "not()");
    }
    condition.kind = found->second;
    if (found->second != Kind::kNthChild && found->second != Kind::kNot) return true;
    if (!take('(')) return fail("'('");
    skip_space();
    return found->second == Kind::kNot ? negation(condition) : nth(condition);
  }

  bool negation(Condition& condition) {
    do {
      skip_space();
      Compound compound;
      if (!this->compound(compound, /*inside_not=*/true)) return false;
      condition.not_any_of.push_back(std::move(compound));
      skip_space();
    } while (take(','));
    return take(')') || fail("')' or ','; :not() takes no combinators");
  }

  bool number(std::int64_t& out) {
    if (!ascii::is_digit(peek())) return false;
    for (out = 0; ascii::is_digit(peek()); ++at_) {
      out = std::min(out * 10 + (peek() - '0'), kMaxNumber);
    }
    return true;
  }

  bool word(std::string_view wanted) {
    if (!ascii::starts_with(text_.substr(at_), wanted) || is_name(peek(wanted.size()))) {
      return false;
    }
    at_ += wanted.size();
    return true;
  }

  // CSS Syntax, 6.2: the An+B microsyntax.
  bool nth(Condition& condition) {
    constexpr const char* kExpected = "odd, even or an+b, such as 2n+1";
    if (word("odd")) {
      condition.a = 2;
      condition.b = 1;
    } else if (word("even")) {
      condition.a = 2;
    } else {
      const std::int64_t sign = take('-') ? -1 : (take('+'), 1);
      std::int64_t value = 1;
      const bool digits = number(value);
      if (ascii::lower(peek()) == 'n') {
        ++at_;
        condition.a = sign * value;
        skip_space();
        if (peek() == '+' || peek() == '-') {
          const std::int64_t b_sign = take('-') ? -1 : (take('+'), 1);
          skip_space();
          if (!number(condition.b)) return fail(kExpected);
          condition.b *= b_sign;
        }
      } else if (digits) {
        condition.b = sign * value;
      } else {
        return fail(kExpected);
      }
    }
    skip_space();
    return take(')') || fail("')'");
  }

  bool pseudo_element(Selector& selector) {
    at_ += 2;
    const std::size_t from = at_;
    const std::string name = ascii::lower(this->name());
    if (name == "text") {
      selector.take = Selector::Take::kOwnText;
    } else if (name == "attr") {
      if (!take('(')) return fail("'('");
      skip_space();
      selector.take = Selector::Take::kAttribute;
      if (!identifier(selector.attribute, "the name of an attribute")) return false;
      skip_space();
      if (!take(')')) return fail("')'");
    } else {
      at_ = from;
      return fail("text or attr(name) after '::'");
    }
    skip_space();
    return at_ == text_.size() || peek() == ',' || fail("',' or the end after '::" + name + "'");
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::optional<SelectorError> error_;
};

}  // namespace

SelectorParse parse_selector(std::string_view text) {
  SelectorParse result;
  if (text.size() > kMaxSelectorBytes) {
    result.error = {1, "expected at most " + std::to_string(kMaxSelectorBytes) + " bytes"};
  } else if (!is_utf8(text) || text.find('\0') != std::string_view::npos) {
    result.error = {1, "expected UTF-8 text"};
  } else {
    result = SelectorParser(text).run();
  }
  return result;
}

}  // namespace weir::parse
