// The HTML5 tree, by Gumbo, behind an interface that shows none of Gumbo: built in an arena of
// fixed size and walked in document order without recursion.
//
//   Tree tree(64 << 20);                       // memory reused from page to page
//   if (!tree.build(utf8)) ...                 // it did not fit
//   tree.walk(visitor);                        // enter, text, leave, ...
//
// Thread-bound.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace weir::parse {

enum class Namespace : std::uint8_t { kHtml, kSvg, kMathMl };
enum class AttributeNamespace : std::uint8_t { kNone, kXlink, kXml, kXmlns };

struct Attribute {
  AttributeNamespace space;
  const char* name;   // local name, letter case as the tree construction left it
  const char* value;  // character references decoded
};

// One element of the tree. Valid until the next build().
class Element {
 public:
  // The position of the name in tag_name(); kUnknownTag for elements that HTML 5 does not know.
  std::uint16_t tag() const { return tag_; }
  Namespace space() const { return space_; }
  bool is_template() const { return template_; }
  bool is_html(std::uint16_t tag) const { return tag_ == tag && space_ == Namespace::kHtml; }
  std::string name() const;  // "a", "linearGradient", "x-button"

  std::size_t attribute_count() const;
  Attribute attribute(std::size_t index) const;
  const char* find(std::string_view name) const;  // value of the one without namespace, or null

  bool is_last_element() const;  // of its parent's
  bool is_empty() const;         // no elements and no text inside; comments may be

  // The place in the text given to build() where the contents begin; null if the tag is implied.
  const char* contents() const;

 private:
  friend class Tree;
  Element(const void* node, std::uint16_t tag, Namespace space, bool is_template)
      : node_(node), tag_(tag), space_(space), template_(is_template) {}
  const void* node_;
  std::uint16_t tag_;
  Namespace space_;
  bool template_;
};

class TreeVisitor {
 public:
  virtual ~TreeVisitor() = default;
  virtual void doctype(std::string_view, std::string_view, std::string_view) {}
  virtual bool enter(const Element& element) = 0;  // false: leave out what is inside, and leave()
  virtual void leave(const Element& element) = 0;
  virtual void text(std::string_view text) = 0;
  virtual void comment(std::string_view) {}
};

class Tree {
 public:
  explicit Tree(std::size_t bytes);  // throws std::bad_alloc
  ~Tree();
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  // False if the tree needs more memory than there is. Requires: a NUL follows the text, which
  // outlives the tree. What was built before is gone.
  bool build(std::string_view text);

  void walk(TreeVisitor& visitor) const;

  std::size_t used() const;  // bytes of the last build
  bool quirks() const;       // the document is in quirks mode

 private:
  class Arena;
  std::unique_ptr<Arena> arena_;
  const void* output_ = nullptr;
};

inline constexpr std::uint16_t kTagCount = 256;
inline constexpr std::uint16_t kUnknownTag = kTagCount - 1;

std::string_view tag_name(std::uint16_t tag);     // "" for kUnknownTag
std::uint16_t tag_number(std::string_view name);  // of a name in lower case

}  // namespace weir::parse
