#include "parse/extract.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "parse/inline_elements.h"
#include "parse/selector_matcher.h"
#include "parse/tokens.h"
#include "parse/utf8.h"

namespace weir::parse {
namespace {

using Take = Selector::Take;

std::vector<const Selector*> selectors_of(const ExtractRules& rules) {
  std::vector<const Selector*> all;
  for (const ExtractRules::Pick& pick : rules.picks()) all.push_back(&pick.selector);
  return all;
}

bool is_blank(std::string_view text) { return ascii::trim(text).empty(); }

class ExtractVisitor : public TreeVisitor {
 public:
  ExtractVisitor(const Tree& tree, const Prescan& prescan, const ExtractRules& rules,
                 PageFacts& facts)
      : prescan_(prescan),
        rules_(rules),
        facts_(facts),
        selectors_(selectors_of(rules)),
        matcher_(selectors_, tree.quirks(), prescan),
        found_(rules.size()) {}

  bool enter(const Element& element) override;
  void leave(const Element& element) override;
  void text(std::string_view text) override;
  void finish();

 private:
  // An element whose text is being gathered for a value of its rule.
  struct Open {
    std::size_t rule, value;
    std::size_t depth;
    std::size_t begin;  // in text_
  };
  struct OwnText {
    std::size_t rule;
    std::size_t depth;
  };

  void pick(std::size_t which, const Element& element);
  std::optional<std::size_t> place_for(std::size_t rule);
  void set(std::size_t rule, std::size_t value, std::string_view text);
  bool wants_text() const {
    return !open_.empty() && text_.size() - open_.back().begin <= kMaxExtractedBytes;
  }
  void close_at(std::size_t depth);

  const Prescan& prescan_;
  std::string restored_;
  const ExtractRules& rules_;
  PageFacts& facts_;
  const std::vector<const Selector*> selectors_;
  SelectorMatcher matcher_;
  std::vector<std::vector<std::optional<std::string>>> found_;  // by rule, in document order
  std::size_t bytes_ = 0;
  std::vector<Open> open_;
  std::vector<OwnText> own_;
  std::string text_;    // of the open ones, white space collapsed
  bool space_ = false;  // one is due before the next word
  std::size_t depth_ = 0;
  std::size_t raw_depth_ = 0;  // of the script or style that we are in
  std::size_t raw_begin_ = 0;  // in text_
  bool raw_picked_ = false;
};

bool ExtractVisitor::enter(const Element& element) {
  static const std::uint16_t script = tag_number("script"), style = tag_number("style");
  ++depth_;
  if (!is_inline(element.tag())) space_ = true;
  std::size_t last_rule = SIZE_MAX;
  bool picked = false;
  for (const std::size_t which : matcher_.enter(element)) {
    picked = true;
    // Of a list, the first selector that matches decides.
    if (rules_.picks()[which].rule != std::exchange(last_rule, rules_.picks()[which].rule)) {
      pick(which, element);
    }
  }
  if (element.is_template()) {
    leave(element);
    return false;
  }
  if (raw_depth_ == 0 && (element.tag() == script || element.tag() == style)) {
    raw_depth_ = depth_;
    raw_begin_ = text_.size();
    raw_picked_ = picked;
    const char* place = element.contents();
    if (place != nullptr) text(prescan_.original(place));
  }
  return true;
}

void ExtractVisitor::leave(const Element& element) {
  close_at(depth_);
  if (raw_depth_ == depth_) {  // its text is no text of what is around it
    raw_depth_ = 0;
    text_.resize(std::min(text_.size(), raw_begin_));
  }
  matcher_.leave();
  --depth_;
  if (!is_inline(element.tag())) space_ = true;
}

void ExtractVisitor::pick(std::size_t which, const Element& element) {
  const ExtractRules::Pick& pick = rules_.picks()[which];
  if (pick.selector.take == Take::kOwnText) {
    own_.push_back({pick.rule, depth_});
    return;
  }
  const char* attribute = nullptr;
  if (pick.selector.take == Take::kAttribute) {
    const bool html = element.space() == Namespace::kHtml;
    attribute =
        element.find(html ? ascii::lower(pick.selector.attribute) : pick.selector.attribute);
    if (attribute == nullptr) return;
  }
  const auto place = place_for(pick.rule);
  if (!place) return;
  if (attribute != nullptr) {
    set(pick.rule, *place, attribute);
  } else {
    open_.push_back({pick.rule, *place, depth_, text_.size()});
  }
}

void ExtractVisitor::text(std::string_view text) {
  text = prescan_.restored(text, restored_);
  if (text.empty() || (raw_depth_ != 0 && !raw_picked_)) return;
  if (!own_.empty() && own_.back().depth == depth_ && !is_blank(text)) {
    for (auto own = own_.rbegin(); own != own_.rend() && own->depth == depth_; ++own) {
      const auto place = place_for(own->rule);
      if (!place) continue;
      if (raw_depth_ != 0) {
        set(own->rule, *place, ascii::trim(text));  // JSON, for instance
      } else {
        set(own->rule, *place, collapse(text));
      }
    }
  }
  if (!wants_text()) return;
  if (ascii::is_space(text.front())) space_ = true;
  for_each_token(text, [this](std::string_view word) {
    if (!wants_text()) return;
    if (std::exchange(space_, true) && !text_.empty()) text_ += ' ';
    text_ += word;
  });
  space_ = ascii::is_space(text.back());
}

std::optional<std::size_t> ExtractVisitor::place_for(std::size_t rule) {
  if (found_[rule].size() == kMaxExtracted) {
    ++facts_.extracted_dropped;
    return std::nullopt;
  }
  found_[rule].emplace_back();
  return found_[rule].size() - 1;
}

void ExtractVisitor::set(std::size_t rule, std::size_t value, std::string_view text) {
  std::string kept = cut_text(text, kMaxExtractedBytes);
  if (kept.size() > kMaxExtractedOfPage - bytes_) {
    ++facts_.extracted_dropped;
    return;
  }
  bytes_ += kept.size();
  found_[rule][value] = std::move(kept);
}

void ExtractVisitor::close_at(std::size_t depth) {
  while (!own_.empty() && own_.back().depth == depth) own_.pop_back();
  while (!open_.empty() && open_.back().depth == depth) {
    const Open done = open_.back();
    open_.pop_back();
    set(done.rule, done.value, ascii::trim(std::string_view(text_).substr(done.begin)));
  }
  if (open_.empty()) text_.clear();
}

void ExtractVisitor::finish() {
  facts_.extracted.resize(found_.size());
  for (std::size_t rule = 0; rule < found_.size(); ++rule) {
    for (auto& value : found_[rule]) {
      if (value) facts_.extracted[rule].push_back(*std::move(value));
    }
  }
}

}  // namespace

std::optional<BadExtract> find_bad_extract(const config::Headers& rules) {
  if (rules.size() > kMaxExtractRules) {
    return BadExtract{kMaxExtractRules,
                      "expected at most " + std::to_string(kMaxExtractRules) + " names"};
  }
  std::size_t compounds = 0;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const auto& [name, selector] = rules[i];
    if (name.size() > kMaxExtractName || !is_utf8(name)) {
      return BadExtract{
          i, "the name is not UTF-8 of at most " + std::to_string(kMaxExtractName) + " bytes"};
    }
    const auto same_name = [&name = name](const auto& one) { return one.first == name; };
    if (std::count_if(rules.begin(), rules.end(), same_name) > 1) {
      return BadExtract{i,
                        "the name stands twice; expected one selector, or a list of them "
                        "(\"h1, h2\")"};
    }
    const SelectorParse parsed = parse_selector(selector);
    if (parsed.error) {
      return BadExtract{i, "column " + std::to_string(parsed.error->column) + " of '" +
                               cut_text(selector, 200) + "': " + parsed.error->message};
    }
    for (const Selector& one : parsed.list) compounds += one.compounds.size();
    if (compounds > kMaxExtractCompounds) {
      return BadExtract{i, "expected at most " + std::to_string(kMaxExtractCompounds) +
                               " compounds (\"a b\" has two) in all selectors together"};
    }
  }
  return std::nullopt;
}

ExtractRules::ExtractRules(const config::Headers& rules) : count_(rules.size()) {
  if (const auto bad = find_bad_extract(rules)) throw std::invalid_argument(bad->message);
  for (std::size_t i = 0; i < rules.size(); ++i) {
    for (Selector& selector : parse_selector(rules[i].second).list) {
      picks_.push_back({i, std::move(selector)});
    }
  }
}

void extract(const Tree& tree, const Prescan& prescan, const ExtractRules& rules,
             PageFacts& facts) {
  ExtractVisitor visitor(tree, prescan, rules, facts);
  tree.walk(visitor);
  visitor.finish();
}

}  // namespace weir::parse
