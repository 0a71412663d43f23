// Those values of header_values.h that HTML attributes hold.
#include <algorithm>
#include <limits>

#include "parse/ascii.h"
#include "parse/header_values.h"

namespace weir::parse {
namespace {

std::string_view take_while(std::string_view& text, std::string_view set) {
  const std::string_view taken = text.substr(0, text.find_first_not_of(set));
  text.remove_prefix(taken.size());
  return taken;
}

bool take_letter(std::string_view& text, char letter) {
  if (text.empty() || ascii::lower(text[0]) != letter) return false;
  text.remove_prefix(1);
  return true;
}

constexpr std::string_view kDigits = "0123456789";

// HTML, "valid floating-point number"; only its sign matters here.
bool is_float(std::string_view text) {
  if (!text.empty() && text[0] == '-') text.remove_prefix(1);
  const bool whole = !take_while(text, kDigits).empty();
  bool fraction = false;
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    fraction = !take_while(text, kDigits).empty();
    if (!fraction) return false;
  }
  if (!whole && !fraction) return false;
  if (take_letter(text, 'e')) {
    if (!text.empty() && (text[0] == '+' || text[0] == '-')) text.remove_prefix(1);
    if (take_while(text, kDigits).empty()) return false;
  }
  return text.empty();
}

// True if the number's mantissa is all zeros.
bool is_zero(std::string_view text) {
  return text.substr(0, text.find_first_of("eE")).find_first_of("123456789") ==
         std::string_view::npos;
}

bool is_integer(std::string_view text) {
  return !text.empty() && text.find_first_not_of(kDigits) == std::string_view::npos;
}

// The descriptors of one srcset candidate.
class Descriptors {
 public:
  void add(std::string_view descriptor) {
    const std::string_view number = descriptor.substr(0, descriptor.size() - 1);
    switch (descriptor.back()) {
      case 'w':
        error_ |= width_ || density_ || !is_integer(number) || is_zero(number);
        width_ = true;
        break;
      case 'x':
        error_ |= width_ || density_ || height_ || !is_float(number) ||
                  (number[0] == '-' && !is_zero(number));
        density_ = true;
        break;
      case 'h':
        error_ |= height_ || density_ || !is_integer(number) || is_zero(number);
        height_ = true;
        break;
      default:
        error_ = true;
    }
  }
  bool valid() const { return !error_ && (!height_ || width_); }

 private:
  bool error_ = false;
  bool width_ = false;
  bool density_ = false;
  bool height_ = false;
};

// HTML, "parse a srcset attribute", the descriptor tokenizer: takes them up to the comma that ends
// the candidate.
Descriptors take_descriptors(std::string_view& text) {
  enum class State { kIn, kInParens, kAfter };
  Descriptors descriptors;
  State state = State::kIn;
  std::size_t start = 0;
  std::size_t at = 0;
  const auto finish = [&] {
    if (at > start) descriptors.add(text.substr(start, at - start));
    start = at + 1;
  };
  take_while(text, ascii::kSpace);
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (state == State::kInParens) {
      if (c == ')') state = State::kIn;
      continue;
    }
    if (state == State::kAfter) {
      if (ascii::is_space(c)) continue;
      state = State::kIn;
      start = at;
    }
    if (c == ',') break;
    if (ascii::is_space(c)) {
      finish();
      state = State::kAfter;
    } else if (c == '(') {
      state = State::kInParens;
    }
  }
  if (state != State::kAfter) finish();
  text.remove_prefix(std::min(at + 1, text.size()));
  return descriptors;
}

}  // namespace

std::optional<RefreshValue> parse_refresh(std::string_view value) {
  take_while(value, ascii::kSpace);
  const std::string_view digits = take_while(value, kDigits);
  if (digits.empty() && (value.empty() || value[0] != '.')) return std::nullopt;
  RefreshValue result;
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  for (const char digit : digits) {
    const auto next = static_cast<std::uint64_t>(digit - '0');
    result.seconds = result.seconds > (kMost - next) / 10 ? kMost : result.seconds * 10 + next;
  }
  take_while(value, "0123456789.");
  if (value.empty()) return result;
  if (value[0] != ';' && value[0] != ',' && !ascii::is_space(value[0])) return std::nullopt;
  take_while(value, ascii::kSpace);
  if (!value.empty() && (value[0] == ';' || value[0] == ',')) value.remove_prefix(1);
  take_while(value, ascii::kSpace);
  if (value.empty()) return result;

  std::string_view url = value;
  bool may_be_quoted = true;
  if (take_letter(value, 'u')) {  // "url =" or the start of a URL
    may_be_quoted = false;
    if (take_letter(value, 'r') && take_letter(value, 'l')) {
      take_while(value, ascii::kSpace);
      if (take_letter(value, '=')) {
        take_while(value, ascii::kSpace);
        url = value;
        may_be_quoted = true;
      }
    }
  }
  if (may_be_quoted && !url.empty() && (url[0] == '"' || url[0] == '\'')) {
    const char quote = url[0];
    url = url.substr(1, url.find(quote, 1) - 1);
  }
  result.url = std::string(url);
  return result;
}

std::vector<std::string_view> parse_srcset(std::string_view value) {
  std::vector<std::string_view> urls;
  while (true) {
    take_while(value, " \t\n\f\r,");
    if (value.empty()) return urls;
    std::string_view url = value.substr(0, value.find_first_of(ascii::kSpace));
    value.remove_prefix(url.size());
    const auto last = url.find_last_not_of(',');
    if (last + 1 <
        url.size()) {  // commas at its end end the candidate; there is at least one other character
      urls.push_back(url.substr(0, last + 1));
    } else if (take_descriptors(value).valid()) {
      urls.push_back(url);
    }
  }
}

}  // namespace weir::parse
