#include "parse/tree.h"

#include <gumbo.h>
#include <sys/mman.h>

#include <csetjmp>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "parse/ascii.h"

namespace weir::parse {
namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr bool kHeap = true;  // each block by itself, so that an overrun is seen
#else
constexpr bool kHeap = false;
#endif

// Memory that stays resident between pages; what a larger tree took goes back to the system.
constexpr std::size_t kKept = std::size_t{32} << 20;

static_assert(GUMBO_TAG_LAST < kTagCount);

const GumboNode* node_of(const void* pointer) { return static_cast<const GumboNode*>(pointer); }

const GumboVector* children_of(const GumboNode* node) {
  switch (node->type) {
    case GUMBO_NODE_DOCUMENT:
      return &node->v.document.children;
    case GUMBO_NODE_ELEMENT:
    case GUMBO_NODE_TEMPLATE:
      return &node->v.element.children;
    default:
      return nullptr;
  }
}

bool is_element(const GumboNode* node) {
  return node->type == GUMBO_NODE_ELEMENT || node->type == GUMBO_NODE_TEMPLATE;
}

std::string_view or_empty(const char* text) { return text == nullptr ? "" : text; }

}  // namespace

// A bump allocator that never takes a block back; when it is full it leaves Gumbo by longjmp, for
// Gumbo has no way to say that memory ran out. Gumbo's frames are C and hold nothing to destroy.
class Tree::Arena {
 public:
  explicit Arena(std::size_t bytes) : size_(bytes) {
    if (kHeap) return;
    void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    base_ = static_cast<char*>(memory);
  }
  ~Arena() {
    reset();
    if (base_ != nullptr) munmap(base_, size_);
  }

  void reset() {
    while (blocks_ != nullptr) std::free(std::exchange(blocks_, blocks_->next));
    if (!kHeap && used_ > kKept) madvise(base_ + kKept, used_ - kKept, MADV_DONTNEED);
    used_ = 0;
  }

  static void* allocate(void* self, std::size_t bytes) {
    return static_cast<Arena*>(self)->allocate(bytes);
  }
  static void release(void* self, void* memory) {
    if (kHeap && memory != nullptr) static_cast<Arena*>(self)->release(memory);
  }

  std::size_t used() const { return used_; }
  std::jmp_buf full;

 private:
  struct alignas(16) Block {
    Block* next;
    Block* previous;
  };

  void* allocate(std::size_t bytes) {
    bytes = (bytes + 15) & ~std::size_t{15};
    if (bytes > size_ - used_) std::longjmp(full, 1);
    used_ += bytes;
    if (!kHeap) return base_ + used_ - bytes;
    auto* block = static_cast<Block*>(std::malloc(sizeof(Block) + bytes));
    if (block == nullptr) std::longjmp(full, 1);
    *block = {blocks_, nullptr};
    if (blocks_ != nullptr) blocks_->previous = block;
    blocks_ = block;
    return block + 1;
  }

  void release(void* memory) {
    Block* block = static_cast<Block*>(memory) - 1;
    (block->previous != nullptr ? block->previous->next : blocks_) = block->next;
    if (block->next != nullptr) block->next->previous = block->previous;
    std::free(block);
  }

  std::size_t size_;
  std::size_t used_ = 0;
  char* base_ = nullptr;
  Block* blocks_ = nullptr;
};

Tree::Tree(std::size_t bytes) : arena_(std::make_unique<Arena>(bytes)) {}
Tree::~Tree() = default;

bool Tree::build(std::string_view text) {
  arena_->reset();
  output_ = nullptr;
  GumboOptions options = kGumboDefaultOptions;
  options.allocator = &Arena::allocate;
  options.deallocator = &Arena::release;
  options.userdata = arena_.get();
  options.max_errors = 0;  // each error copies the stack of open elements
  if (setjmp(arena_->full) != 0) return false;
  output_ = gumbo_parse_with_options(&options, text.data(), text.size());
  return true;
}

std::size_t Tree::used() const { return arena_->used(); }

bool Tree::quirks() const {
  if (output_ == nullptr) return false;
  const GumboDocument& document = static_cast<const GumboOutput*>(output_)->document->v.document;
  return document.doc_type_quirks_mode == GUMBO_DOCTYPE_QUIRKS;
}

void Tree::walk(TreeVisitor& visitor) const {
  if (output_ == nullptr) return;
  const GumboNode* document = static_cast<const GumboOutput*>(output_)->document;
  if (document->v.document.has_doctype) {
    const GumboDocument& d = document->v.document;
    visitor.doctype(or_empty(d.name), or_empty(d.public_identifier), or_empty(d.system_identifier));
  }
  const auto element_of = [](const GumboNode* node) {
    const GumboTag tag = node->v.element.tag;
    return Element(node, tag >= GUMBO_TAG_UNKNOWN ? kUnknownTag : static_cast<std::uint16_t>(tag),
                   static_cast<Namespace>(node->v.element.tag_namespace),
                   node->type == GUMBO_NODE_TEMPLATE);
  };
  const auto last_of_parent = [](const GumboNode* node) {
    return node->index_within_parent + 1 >= children_of(node->parent)->length;
  };
  const GumboNode* node = document;
  bool inside = true;  // whether to go into `node`
  while (true) {
    const GumboVector* children = inside ? children_of(node) : nullptr;
    if (children != nullptr && children->length > 0) {
      node = node_of(children->data[0]);
    } else {
      if (inside && is_element(node)) visitor.leave(element_of(node));
      while (node != document && last_of_parent(node)) {
        node = node->parent;
        if (node != document) visitor.leave(element_of(node));
      }
      if (node == document) return;
      node = node_of(children_of(node->parent)->data[node->index_within_parent + 1]);
    }
    inside = true;
    if (is_element(node)) {
      inside = visitor.enter(element_of(node));
    } else if (node->type == GUMBO_NODE_COMMENT) {
      visitor.comment(node->v.text.text);
    } else {
      visitor.text(node->v.text.text);
    }
  }
}

std::string Element::name() const {
  const GumboElement& element = node_of(node_)->v.element;
  GumboStringPiece original = element.original_tag;
  if (original.length == 0) return gumbo_normalized_tagname(element.tag);
  const auto begins = [](const char* at) { return at[0] == '<' && ascii::is_alpha(at[1]); };
  while (original.length > 1 && !begins(original.data)) {  // after "</>" Gumbo begins too early
    ++original.data;
    --original.length;
  }
  gumbo_tag_from_original_text(&original);
  if (space_ == Namespace::kSvg) {
    if (const char* svg = gumbo_normalize_svg_tagname(&original)) return svg;
  }
  if (element.tag != GUMBO_TAG_UNKNOWN) return gumbo_normalized_tagname(element.tag);
  std::string name(original.data, original.length);
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return name;
}

bool Element::is_last_element() const {
  const GumboNode* node = node_of(node_);
  const GumboVector* siblings = children_of(node->parent);
  for (std::size_t i = node->index_within_parent + 1; i < siblings->length; ++i) {
    if (is_element(node_of(siblings->data[i]))) return false;
  }
  return true;
}

bool Element::is_empty() const {
  const GumboVector* children = children_of(node_of(node_));
  for (unsigned i = 0; i < children->length; ++i) {
    if (node_of(children->data[i])->type != GUMBO_NODE_COMMENT) return false;
  }
  return true;
}

std::size_t Element::attribute_count() const { return node_of(node_)->v.element.attributes.length; }

Attribute Element::attribute(std::size_t index) const {
  const auto* attribute =
      static_cast<const GumboAttribute*>(node_of(node_)->v.element.attributes.data[index]);
  return {static_cast<AttributeNamespace>(attribute->attr_namespace), attribute->name,
          attribute->value};
}

const char* Element::find(std::string_view name) const {
  const GumboVector& attributes = node_of(node_)->v.element.attributes;
  for (unsigned i = 0; i < attributes.length; ++i) {
    const auto* attribute = static_cast<const GumboAttribute*>(attributes.data[i]);
    if (attribute->attr_namespace == GUMBO_ATTR_NAMESPACE_NONE && name == attribute->name) {
      return attribute->value;
    }
  }
  return nullptr;
}

const char* Element::contents() const {
  const GumboStringPiece& tag = node_of(node_)->v.element.original_tag;
  return tag.length == 0 ? nullptr : tag.data + tag.length;
}

std::string_view tag_name(std::uint16_t tag) {
  return tag < GUMBO_TAG_UNKNOWN ? gumbo_normalized_tagname(static_cast<GumboTag>(tag)) : "";
}

std::uint16_t tag_number(std::string_view name) {
  const GumboTag tag = gumbo_tagn_enum(name.data(), static_cast<unsigned>(name.size()));
  return tag >= GUMBO_TAG_UNKNOWN ? kUnknownTag : static_cast<std::uint16_t>(tag);
}

}  // namespace weir::parse
