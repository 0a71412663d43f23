#include "parse/prescan.h"

#include <algorithm>
#include <cstring>

#include "parse/ascii.h"
#include "parse/idle_attributes.h"
#include "parse/references.h"
#include "parse/text_marks.h"

namespace weir::parse {
namespace {

constexpr std::ptrdiff_t kLeastCut = 8;   // shorter pieces are copied, it is cheaper
constexpr std::ptrdiff_t kLeastText = 4;  // of text, where it is Gumbo that is spared
static_assert(kLeastText >= static_cast<std::ptrdiff_t>(kMarkSize),
              "what is left is never longer than the page");

enum : std::uint8_t { kSpace = 1, kNameEnd = 2, kAttributeEnd = 4, kAlpha = 8, kReference = 16 };

struct Classes {
  std::uint8_t of[256] = {};
  constexpr Classes() {
    for (unsigned char c : {' ', '\t', '\n', '\f', '\r'}) of[c] = kSpace | kNameEnd | kAttributeEnd;
    for (unsigned char c : {'/', '>'}) of[c] = kNameEnd | kAttributeEnd;
    of[static_cast<unsigned char>('=')] = kAttributeEnd;
    for (unsigned c = 'a'; c <= 'z'; ++c) of[c] = of[c - 32] = kAlpha | kReference;
    for (unsigned c = '0'; c <= '9'; ++c) of[c] = kReference;
    of[static_cast<unsigned char>('#')] = kReference;
  }
};
constexpr Classes kClasses;

bool is(char c, std::uint8_t classes) {
  return kClasses.of[static_cast<unsigned char>(c)] & classes;
}

// Where the end tag of `name` (any case) starts, at or after `from`; null if there is none.
const char* find_end_tag(const char* from, const char* end, const char* name, std::size_t length) {
  while (from < end) {
    const auto* at = static_cast<const char*>(std::memchr(from, '<', end - from));
    if (at == nullptr || static_cast<std::size_t>(end - at) < length + 3) return nullptr;
    from = at + 1;
    if (at[1] != '/' || !is(at[2 + length], kNameEnd)) continue;
    const auto same = [](char a, char b) { return (a | 32) == (b | 32); };
    if (std::equal(name, name + length, at + 2, same)) return at;
  }
  return nullptr;
}

bool contains_letters(std::string_view text, std::string_view lower) {
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at < end; ++at) {
    at = static_cast<const char*>(std::memchr(at, lower[0], end - at));
    if (at == nullptr) return false;
    if (ascii::starts_with({at, static_cast<std::size_t>(end - at)}, lower)) return true;
  }
  return false;
}

}  // namespace

std::string_view Prescan::original(const char* place) const {
  const auto at = static_cast<std::size_t>(place - text_.data());
  const auto found =
      std::lower_bound(cuts_.begin(), cuts_.end(), at,
                       [](const Cut& cut, std::size_t value) { return cut.at < value; });
  return found != cuts_.end() && found->at == at ? found->original : std::string_view();
}

std::string_view Prescan::restored(std::string_view text, std::string& buffer) const {
  std::size_t at = texts_.empty() ? std::string_view::npos : text.find(kMarkLead);
  if (at == std::string_view::npos) return text;
  if (text.size() == kMarkSize) return texts_.at(read_mark(text.data()));
  buffer.clear();
  for (; at != std::string_view::npos; at = text.find(kMarkLead)) {
    buffer.append(text.substr(0, at)).append(texts_.at(read_mark(text.data() + at)));
    text.remove_prefix(at + kMarkSize);
  }
  return buffer.append(text);
}

Verdict Prescan::run(std::string_view page, PrescanOptions options) {
  options_ = options;
  text_ = {};
  const bool long_reference = has_long_reference(page, kMarkDigits);
  begin_ = at_ = kept_ = page.data();
  end_ = begin_ + page.size();
  size_ = root_attributes_ = foreign_depth_ = 0;
  foreign_ = Foreign::kNone;
  in_select_ = in_template_ = false;
  exact_ = true;
  verdict_ = Verdict::kGood;
  cuts_.clear();
  texts_.clear();
  open_.clear();
  // A NUL is not always text.
  cuts_text_ = options_.cut_contents && !long_reference &&
               page.find(kMarkLead) == std::string_view::npos &&
               page.find('\0') == std::string_view::npos;
  while (step()) {
  }
  if (verdict_ != Verdict::kGood) return verdict_;
  if (kept_ == begin_ && !long_reference) {
    text_ = page;
    return verdict_;
  }
  emit(end_);
  buffer_[size_] = '\0';
  if (long_reference) tame_references({buffer_.get(), size_});
  text_ = {buffer_.get(), size_};
  return verdict_;
}

bool Prescan::refuse(Verdict verdict) {
  verdict_ = verdict;
  return false;
}

void Prescan::emit(const char* to) {
  if (capacity_ <= static_cast<std::size_t>(end_ - begin_)) {
    capacity_ = std::max<std::size_t>(end_ - begin_ + 1, 64 * 1024);
    buffer_.reset(new char[capacity_]);
  }
  std::memcpy(buffer_.get() + size_, kept_, to - kept_);
  size_ += to - kept_;
  kept_ = to;
}

void Prescan::cut(const char* from, const char* to) {
  emit(from);
  kept_ = to;
}

// Looks at the next markup; false at the end of the page, or of what can hold markup.
bool Prescan::step() {
  const char* from = at_;
  at_ = static_cast<const char*>(std::memchr(at_, '<', end_ - at_));
  if (cuts_text_ && exact_) text(from, at_ == nullptr ? end_ : at_);
  if (at_ == nullptr || end_ - at_ < 2) return false;
  ++at_;
  if (is(*at_, kAlpha)) return start_tag();
  if (*at_ == '/' && end_ - at_ > 1 && is(at_[1], kAlpha)) return end_tag();
  if (!exact_) return true;
  if (*at_ == '!') {
    if (end_ - at_ > 2 && at_[1] == '-' && at_[2] == '-') return skip_comment();
    if (foreign_ != Foreign::kNone &&
        ascii::starts_with({at_, static_cast<std::size_t>(end_ - at_)}, "![cdata[")) {
      exact_ = false;
      return true;
    }
  } else if (*at_ != '?' && *at_ != '/') {
    return true;  // text
  }
  if (*at_ == '/' && end_ - at_ == 1) return false;
  at_ = static_cast<const char*>(std::memchr(at_, '>', end_ - at_));  // a doctype, a bogus comment
  return at_ != nullptr;
}

// What stands between two tags, in pieces: references are left to the tokenizer.
void Prescan::text(const char* from, const char* to) {
  if (from < to && *from == '>') ++from;  // of the tag before
  while (to - from >= kLeastText) {
    const auto* end = static_cast<const char*>(std::memchr(from, '&', to - from));
    if (end == nullptr) end = to;
    const char* word = from;
    while (word < end && is(*word, kSpace)) ++word;
    // Two are kept, for pre takes no notice of a line feed at its start; and never CR beside LF.
    if (word - from >= kLeastText && *from != '\r') cut(from + 1, word - 1);
    if (end - word >= kLeastText && texts_.size() < kMostMarks) {
      cut(word, end);
      write_mark(texts_.size(), buffer_.get() + size_);
      size_ += kMarkSize;
      texts_.emplace_back(word, end - word);
    }
    if (end == to) return;
    for (from = end + 1; from < to && is(*from, kReference);) ++from;
    if (from < to && *from == ';') ++from;
  }
}

bool Prescan::skip_comment() {
  const char* from = at_ + 3;
  if (from < end_ && *from == '>') return at_ = from, true;
  if (end_ - from > 1 && from[0] == '-' && from[1] == '>') return at_ = from + 1, true;
  for (const char* at = from; at < end_;) {
    at = static_cast<const char*>(std::memchr(at, '-', end_ - at));
    if (at == nullptr) return false;
    const char* dashes = at;
    while (at < end_ && *at == '-') ++at;
    if (at - dashes < 2) continue;
    if (at < end_ && (*at == '>' || (*at == '!' && end_ - at > 1 && at[1] == '>'))) {
      if (options_.cut_contents && at - 2 - from >= kLeastCut) {
        cut(from, at - 2);
      }
      at_ = *at == '!' ? at + 1 : at;
      return true;
    }
  }
  return false;
}

bool Prescan::start_tag() {
  const char* name = at_;
  std::uint64_t hash = 0;
  while (!is(*at_, kNameEnd) && at_ < end_) hash = hash_step(hash, *at_++);
  const Tag tag = tag_named(hash);
  const std::size_t length = at_ - name;
  const bool droppable = exact_ && options_.cut_attributes && foreign_ == Foreign::kNone &&
                         (!(tag.flags & (kFormatting | kForeign)) || hash == hash_of("a"));
  bool self_closing = false;
  const char* close = attributes(at_, droppable, tag.flags & kRoot, &self_closing);
  if (close == nullptr) return false;
  at_ = close;
  if (foreign_ == Foreign::kNone) {
    open_.start(tag);
  } else if (!self_closing) {
    open_.start({hash, tag.flags & kBreakout ? tag.flags : tag.flags & ~kVoid});
  }
  if (open_.depth() > kMaxDepth) return refuse(Verdict::kTooDeep);
  if (open_.work() > kMaxTreeWork) return refuse(Verdict::kTooMuchWork);
  // Where a template holds columns, other tags and words are dropped, but not the space between.
  if (tag.flags & kTemplate) in_template_ = true;
  if (in_template_ && hash == hash_of("col")) exact_ = false;
  if (!exact_ || tag.flags < kCut) return true;
  if (foreign_ != Foreign::kNone) return in_foreign(tag, name, length, self_closing);
  if (in_select_) {
    exact_ = false;
    return true;
  }
  if (tag.flags & (kCut | kRawText)) return skip_text(tag, name, length);
  if (tag.flags & kPlaintext) return false;
  if (tag.flags & kFrameset) exact_ = false;
  if (tag.flags & kForeign && !self_closing) {
    foreign_ = hash == hash_of("svg") ? Foreign::kSvg : Foreign::kMath;
    foreign_depth_ = 1;
  }
  if (hash == hash_of("select")) in_select_ = true;
  return true;
}

// Elements of svg and math that are text, or may hold HTML, or are something else once an HTML tag
// has ended the foreign content: whatever they are, up to an end tag that comes next they hold
// text.
bool Prescan::in_foreign(Tag tag, const char* name, std::size_t length, bool self_closing) {
  const Foreign kind = tag.name == hash_of("svg") ? Foreign::kSvg : Foreign::kMath;
  if (tag.flags & kForeign) {
    if (self_closing) return true;
    if (kind != foreign_) {
      exact_ = false;
    } else {
      ++foreign_depth_;
    }
  } else if (tag.flags & (kCut | kRawText | kIntegration)) {
    const auto* next = static_cast<const char*>(std::memchr(at_, '<', end_ - at_));
    if (next == nullptr || next != find_end_tag(at_, end_, name, length)) {
      exact_ = false;
    } else if (tag.flags & kCut) {
      at_ = next;  // all of it counts, white space too
    }
  } else {
    exact_ = false;
  }
  return true;
}

bool Prescan::skip_text(Tag tag, const char* name, std::size_t length) {
  const char* from = at_ + 1;
  const char* to = find_end_tag(from, end_, name, length);
  if (to == nullptr) return false;  // all the rest is text
  if (tag.flags & kCut) {
    const std::string_view content(from, to - from);
    if (tag.name == hash_of("script")) {
      const std::size_t hidden = content.find("<!--");
      if (hidden != std::string_view::npos && contains_letters(content.substr(hidden), "<script")) {
        exact_ = false;  // escaped twice: where it ends is for the tokenizer to say
        return true;
      }
    }
    if (options_.cut_contents && to - from >= kLeastCut) {
      cut(from, to);
      cuts_.push_back({size_, content});
    }
  }
  at_ = to;
  return true;
}

bool Prescan::end_tag() {
  ++at_;
  std::uint64_t hash = 0;
  while (!is(*at_, kNameEnd) && at_ < end_) hash = hash_step(hash, *at_++);
  bool self_closing = false;
  const char* close = attributes(at_, false, false, &self_closing);
  if (close == nullptr) return false;
  at_ = close;
  const Tag tag = tag_named(hash);
  open_.end(tag);
  if (open_.work() > kMaxTreeWork) return refuse(Verdict::kTooMuchWork);
  if (hash == hash_of("select")) in_select_ = false;
  if (foreign_ != Foreign::kNone && tag.flags & kForeign &&
      (hash == hash_of("svg")) == (foreign_ == Foreign::kSvg) && --foreign_depth_ == 0) {
    foreign_ = Foreign::kNone;
  }
  return true;
}

// The tokenizer's attribute states. Returns the tag's '>', null if it has none or is refused.
const char* Prescan::attributes(const char* at, bool droppable, bool root, bool* self_closing) {
  std::size_t count = 0;
  const char* const kept = kept_;  // as it was before this tag
  const std::size_t size = size_;
  while (true) {
    while (is(*at, kSpace) && at < end_) ++at;
    if (at >= end_) break;
    if (*at == '>') {
      if (count != 0) open_.add_work(count * count / 2);
      return at;
    }
    if (*at == '/') {
      ++at;
      if (at < end_ && *at == '>') *self_closing = true;
      continue;
    }
    const char* name = at;
    if (++count > kMaxAttributes || (root && ++root_attributes_ > kMaxAttributes)) {
      refuse(Verdict::kTooManyAttributes);
      return nullptr;
    }
    ++at;  // an '=' here is part of the name
    while (!is(*at, kAttributeEnd) && at < end_) ++at;
    const char* name_end = at;
    while (is(*at, kSpace) && at < end_) ++at;
    if (at < end_ && *at == '=') {
      ++at;
      while (is(*at, kSpace) && at < end_) ++at;
      if (at >= end_) break;
      if (*at == '"' || *at == '\'') {
        at = static_cast<const char*>(std::memchr(at + 1, *at, end_ - at - 1));
        if (at == nullptr) break;
        ++at;
      } else {
        while (at < end_ && !is(*at, kSpace) && *at != '>') ++at;
      }
    } else {
      at = name_end;
    }
    if (at > end_) break;
    if (at == name_end) {  // no value: if it is there twice, Gumbo drops the next one's
      kept_ = kept;
      size_ = size;
      droppable = false;
    }
    if (droppable) attribute(name, name_end, at);
  }
  return nullptr;
}

void Prescan::attribute(const char* name, const char* name_end, const char* end) {
  if (end - name < kLeastCut || name[-1] == '/') return;
  const char* next = end;
  while (is(*next, kSpace)) ++next;
  if (*next == '=') return;  // it would become the value of the attribute before
  if (is_idle_attribute({name, static_cast<std::size_t>(name_end - name)},
                        {name_end, static_cast<std::size_t>(end - name_end)})) {
    cut(name, end);
  }
}

}  // namespace weir::parse
