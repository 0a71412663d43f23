#include "parse/selector_matcher.h"

#include <algorithm>
#include <string_view>

#include "parse/ascii.h"
#include "parse/tokens.h"

namespace weir::parse {
namespace {

using Kind = Condition::Kind;

// HTML standard, "Case-sensitivity of selectors": attributes of HTML elements whose values match
// without case.
constexpr std::string_view kCaselessValues[] = {
    "accept",     "accept-charset", "align",     "alink",    "axis",     "bgcolor", "charset",
    "checked",    "clear",          "codetype",  "color",    "compact",  "declare", "defer",
    "dir",        "direction",      "disabled",  "enctype",  "face",     "frame",   "hreflang",
    "http-equiv", "lang",           "language",  "link",     "media",    "method",  "multiple",
    "nohref",     "noresize",       "noshade",   "nowrap",   "readonly", "rel",     "rev",
    "rules",      "scope",          "scrolling", "selected", "shape",    "target",  "text",
    "type",       "valign",         "valuetype", "vlink"};

bool is_caseless(std::string_view name) {
  return std::binary_search(std::begin(kCaselessValues), std::end(kCaselessValues), name);
}

bool same(std::string_view a, std::string_view b, bool ignore_case) {
  return ignore_case ? ascii::equal(a, b) : a == b;
}

bool has_token(std::string_view text, std::string_view wanted, bool ignore_case) {
  bool found = false;
  for_each_token(
      text, [&](std::string_view token) { found = found || same(token, wanted, ignore_case); });
  return found;
}

bool contains(std::string_view text, std::string_view wanted, bool ignore_case) {
  if (!ignore_case) return text.find(wanted) != std::string_view::npos;
  return std::search(text.begin(), text.end(), wanted.begin(), wanted.end(), [](char a, char b) {
           return ascii::lower(a) == ascii::lower(b);
         }) != text.end();
}

bool value_matches(Kind kind, std::string_view value, std::string_view wanted, bool ignore_case) {
  const std::size_t size = wanted.size();
  switch (kind) {
    case Kind::kEquals:
      return same(value, wanted, ignore_case);
    case Kind::kIncludes:
      return has_token(value, wanted, ignore_case);
    case Kind::kDash:
      return same(value.substr(0, size), wanted, ignore_case) &&
             (value.size() == size || value[size] == '-');
    case Kind::kPrefix:
      return size > 0 && same(value.substr(0, size), wanted, ignore_case);
    case Kind::kSuffix:
      return size > 0 && value.size() >= size &&
             same(value.substr(value.size() - size), wanted, ignore_case);
    case Kind::kSubstring:
      return size > 0 && contains(value, wanted, ignore_case);
    default:
      return true;
  }
}

// Whether `index`, from 1, is a*n + b for some n >= 0.
bool is_nth(std::int64_t a, std::int64_t b, std::int64_t index) {
  if (a == 0) return index == b;
  return (index - b) % a == 0 && (index - b) / a >= 0;
}

bool has(const std::uint64_t* bits, std::size_t at) { return (bits[at / 64] >> at % 64 & 1) != 0; }

}  // namespace

SelectorMatcher::SelectorMatcher(std::span<const Selector* const> selectors, bool quirks,
                                 const Prescan& prescan)
    : quirks_(quirks), prescan_(prescan) {
  for (std::size_t i = 0; i < selectors.size(); ++i) {
    for (const Compound& compound : selectors[i]->compounds) {
      std::string type = ascii::lower(compound.type);
      const std::uint16_t tag = tag_number(type);
      steps_.push_back({&compound, tag, std::move(type), kNone});
    }
    steps_.back().selector_end = i;
  }
  words_ = (steps_.size() + 63) / 64;
  bits_.resize(kSets * words_);
  children_.push_back(0);
}

const std::vector<std::size_t>& SelectorMatcher::enter(const Element& element) {
  const std::size_t parent = children_.size() - 1;
  const std::size_t self = parent + 1;
  ++children_.back();
  children_.push_back(0);
  bits_.resize(kSets * words_ * (self + 1));
  std::fill(bits(self, kOwn), bits(self, kOwn) + kSets * words_, 0);
  matched_.clear();
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const Step& step = steps_[i];
    if (!reachable(i, parent) || !has_type(*step.compound, step.tag, step.type, element) ||
        !std::all_of(step.compound->conditions.begin(), step.compound->conditions.end(),
                     [&](const Condition& one) { return matches(one, element); })) {
      continue;
    }
    bits(self, kOwn)[i / 64] |= std::uint64_t{1} << i % 64;
    if (step.selector_end != kNone) matched_.push_back(step.selector_end);
  }
  for (std::size_t word = 0; word < words_; ++word) {
    const std::uint64_t own = bits(self, kOwn)[word];
    bits(self, kAbove)[word] = bits(parent, kAbove)[word] | own;
    bits(parent, kChildren)[word] |= own;
    bits(parent, kLastChild)[word] = own;
  }
  return matched_;
}

void SelectorMatcher::leave() { children_.pop_back(); }

// Whether what stands to the left of the step's combinator matches. The children of the parent are
// still those before this element.
bool SelectorMatcher::reachable(std::size_t step, std::size_t parent) {
  switch (steps_[step].compound->to_previous) {
    case Combinator::kNone:
      return true;
    case Combinator::kDescendant:
      return has(bits(parent, kAbove), step - 1);
    case Combinator::kChild:
      return has(bits(parent, kOwn), step - 1);
    case Combinator::kNextSibling:
      return has(bits(parent, kLastChild), step - 1);
    case Combinator::kLaterSibling:
      return has(bits(parent, kChildren), step - 1);
  }
  return false;
}

bool SelectorMatcher::has_type(const Compound& compound, std::uint16_t tag,
                               std::string_view lower_type, const Element& element) const {
  if (compound.type.empty()) return true;
  if (tag != element.tag()) return false;
  if (element.space() != Namespace::kHtml) return element.name() == compound.type;
  return tag != kUnknownTag || element.name() == lower_type;
}

bool SelectorMatcher::matches(const Condition& condition, const Element& element) const {
  switch (condition.kind) {
    case Kind::kId: {
      const char* id = element.find("id");
      return id != nullptr && same(id, condition.value, quirks_);
    }
    case Kind::kClass: {
      const char* classes = element.find("class");
      return classes != nullptr && has_token(classes, condition.value, quirks_);
    }
    case Kind::kRoot:
      return children_.size() == 2;
    case Kind::kEmpty:
      return is_empty(element);
    case Kind::kFirstChild:
      return children_[children_.size() - 2] == 1;
    case Kind::kLastChild:
      return element.is_last_element();
    case Kind::kOnlyChild:
      return children_[children_.size() - 2] == 1 && element.is_last_element();
    case Kind::kNthChild:
      return is_nth(condition.a, condition.b, children_[children_.size() - 2]);
    case Kind::kNot:
      return !is_excluded(condition.not_any_of, element);
    default:
      break;
  }
  const bool html = element.space() == Namespace::kHtml;
  const std::string name = html ? ascii::lower(condition.name) : condition.name;
  const char* value = element.find(name);
  if (value == nullptr) return false;
  const bool ignore_case =
      condition.letter_case == Condition::Case::kIgnored ||
      (condition.letter_case == Condition::Case::kAsHtmlSays && html && is_caseless(name));
  return value_matches(condition.kind, value, condition.value, ignore_case);
}

bool SelectorMatcher::is_excluded(const std::vector<Compound>& list, const Element& element) const {
  return std::any_of(list.begin(), list.end(), [&](const Compound& compound) {
    const std::string type = ascii::lower(compound.type);
    return has_type(compound, tag_number(type), type, element) &&
           std::all_of(compound.conditions.begin(), compound.conditions.end(),
                       [&](const Condition& one) { return matches(one, element); });
  });
}

// The contents of a script or a style may be cut out.
bool SelectorMatcher::is_empty(const Element& element) const {
  static const std::uint16_t script = tag_number("script"), style = tag_number("style");
  if (!element.is_empty()) return false;
  if (element.tag() != script && element.tag() != style) return true;
  return element.contents() == nullptr || prescan_.original(element.contents()).empty();
}

}  // namespace weir::parse
