// The pass before the tree: one scan over the page that refuses what would take Gumbo for ever and
// cuts what no fact needs, since Gumbo's cost is per byte.
//
//   Prescan prescan;                                  // buffers reused from page to page
//   if (prescan.run(utf8, {}) == Verdict::kGood) build_tree(prescan.text());
//   prescan.original(p);                              // what stood between <style> and </style>
//   prescan.restored(text, buffer);                   // of a node: its text as the page has it
//
// Cut are the contents of script, style and comments; text, in place of which a character of the
// last, private plane says which it was, since all of it goes where its first character goes; of
// white space all but two; and, unless asked not to, attributes that carry no fact (class, id,
// data-*, ...) of elements whose attributes the tree construction does not compare. The scan
// follows the tokenizer of the HTML standard exactly; where what a tag does depends on the tree (in
// select, odd things in svg, after frameset) it stops cutting and only counts from there on. So the
// tree is the same but for what was cut. Numeric references that Gumbo reads wrongly are made
// U+FFFD (references.h). Thread-bound.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "parse/open_elements.h"

namespace weir::parse {

// Browsers flatten what is nested deeper than 512; Gumbo needs 1 ms for a start tag at ten times
// this depth.
inline constexpr std::size_t kMaxDepth = 2000;
// Gumbo compares each attribute with all before it.
inline constexpr std::size_t kMaxAttributes = 1000;
// Elements that Gumbo looks at for all tags together, at 2 ns each; large real pages need 1e7.
inline constexpr std::uint64_t kMaxTreeWork = 500'000'000;

enum class Verdict : std::uint8_t { kGood, kTooDeep, kTooManyAttributes, kTooMuchWork };

struct PrescanOptions {
  bool cut_contents = true;
  bool cut_attributes = true;
};

class Prescan {
 public:
  // Requires: a NUL follows the page, which outlives the use of what the others give; that ends
  // with the next run() too.
  Verdict run(std::string_view page, PrescanOptions options);

  // What is left, or the page itself if nothing was cut; empty if it was refused. A NUL follows.
  std::string_view text() const { return text_; }

  // What stood at this place of text(), if its contents were cut.
  std::string_view original(const char* place) const;

  // A text of the tree with what was cut out of it put back, but for the white space. Valid as long
  // as the page, `text` and the buffer.
  std::string_view restored(std::string_view text, std::string& buffer) const;

 private:
  struct Cut {
    std::size_t at;
    std::string_view original;
  };
  enum class Foreign : std::uint8_t { kNone, kSvg, kMath };

  bool step();
  bool start_tag();
  bool end_tag();
  bool skip_comment();
  void text(const char* from, const char* to);
  bool skip_text(Tag tag, const char* name, std::size_t length);
  bool in_foreign(Tag tag, const char* name, std::size_t length, bool self_closing);
  const char* attributes(const char* at, bool droppable, bool root, bool* self_closing);
  void attribute(const char* name, const char* name_end, const char* end);
  void cut(const char* from, const char* to);
  void emit(const char* to);
  bool refuse(Verdict verdict);

  PrescanOptions options_;
  const char* at_ = nullptr;    // next byte to look at
  const char* kept_ = nullptr;  // all before it is copied or cut
  const char* end_ = nullptr;
  const char* begin_ = nullptr;
  std::string_view text_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
  std::vector<Cut> cuts_;
  std::vector<std::string_view> texts_;  // that were cut
  OpenElements open_;
  std::size_t root_attributes_ = 0;
  unsigned foreign_depth_ = 0;
  Foreign foreign_ = Foreign::kNone;
  bool in_select_ = false;
  bool in_template_ = false;  // or after one
  bool exact_ = true;         // false: only count
  bool cuts_text_ = false;    // no character of the page can be taken for a mark
  Verdict verdict_ = Verdict::kGood;
};

}  // namespace weir::parse
