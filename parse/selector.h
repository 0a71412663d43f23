// CSS selectors, the subset of Selectors Level 4 that docs/extract.md lists, as values; and what of
// an element found is taken.
//
//   const SelectorParse parsed = parse_selector("span.price > b::text");
//   if (parsed.error) report(parsed.error->column, parsed.error->message);
//   for (const Selector& selector : parsed.list) ...
//
// Thread-compatible.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::parse {

inline constexpr std::size_t kMaxSelectorBytes = 4096;

struct Compound;

// One condition on an element beside its type.
struct Condition {
  enum class Kind : std::uint8_t {
    kId,
    kClass,
    kPresent,    // [name]
    kEquals,     // [name=value]
    kIncludes,   // ~=
    kDash,       // |=
    kPrefix,     // ^=
    kSuffix,     // $=
    kSubstring,  // *=
    kRoot,
    kEmpty,
    kFirstChild,
    kLastChild,
    kOnlyChild,
    kNthChild,
    kNot,
  };
  enum class Case : std::uint8_t { kAsHtmlSays, kIgnored, kKept };  // of an attribute's value

  Kind kind = Kind::kPresent;
  Case letter_case = Case::kAsHtmlSays;
  std::string name;           // of the attribute, as written
  std::string value;          // of the attribute, or the class or id
  std::int64_t a = 0, b = 0;  // of :nth-child(an+b)
  std::vector<Compound> not_any_of;
};

enum class Combinator : std::uint8_t { kNone, kDescendant, kChild, kNextSibling, kLaterSibling };

struct Compound {
  Combinator to_previous = Combinator::kNone;
  std::string type;  // as written; empty: any
  std::vector<Condition> conditions;
};

struct Selector {
  enum class Take : std::uint8_t {
    kText,       // nothing is said: the text, that of descendants included
    kOwnText,    // ::text: each text node that is a child
    kAttribute,  // ::attr(name)
  };
  std::vector<Compound> compounds;  // from left to right
  Take take = Take::kText;
  std::string attribute;
};

struct SelectorError {
  std::size_t column = 0;  // from 1, in characters
  std::string message;     // "expected a class name after '.', found the end"
};

struct SelectorParse {
  std::vector<Selector> list;
  std::optional<SelectorError> error;  // then the list is not to be used
};

SelectorParse parse_selector(std::string_view text);

}  // namespace weir::parse
