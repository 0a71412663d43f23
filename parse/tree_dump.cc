#include "parse/tree_dump.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::parse {
namespace {

class Dumper : public TreeVisitor {
 public:
  void doctype(std::string_view name, std::string_view public_id,
               std::string_view system_id) override {
    std::string line = "<!DOCTYPE " + std::string(name);
    if (!public_id.empty() || !system_id.empty()) {
      line.append(" \"").append(public_id).append("\" \"").append(system_id).append("\"");
    }
    add(line + ">");
  }

  bool enter(const Element& element) override {
    flush();
    const char* space = element.space() == Namespace::kSvg      ? "svg "
                        : element.space() == Namespace::kMathMl ? "math "
                                                                : "";
    add("<" + (space + element.name()) + ">");
    ++depth_;
    std::vector<std::pair<std::string, std::string>> attributes;
    for (std::size_t i = 0; i < element.attribute_count(); ++i) {
      const Attribute attribute = element.attribute(i);
      constexpr const char* kPrefixes[] = {"", "xlink ", "xml ", "xmlns "};
      attributes.emplace_back(
          std::string(kPrefixes[static_cast<std::size_t>(attribute.space)]) + attribute.name,
          attribute.value);
    }
    std::sort(attributes.begin(), attributes.end());
    for (const auto& [name, value] : attributes) add(name + "=\"" + value + "\"");
    if (element.is_template()) {
      add("content");
      ++depth_;
    }
    return true;
  }

  void leave(const Element& element) override {
    flush();
    depth_ -= element.is_template() ? 2 : 1;
  }

  void text(std::string_view text) override { text_ += text; }

  void comment(std::string_view text) override {
    flush();
    add("<!-- " + std::string(text) + " -->");
  }

  std::string finish() {
    flush();
    return std::move(out_);
  }

 private:
  void flush() {  // adjacent text is one node
    if (!text_.empty()) add("\"" + std::exchange(text_, "") + "\"");
  }
  void add(std::string_view line) {
    if (!out_.empty()) out_ += '\n';
    out_ += "| ";
    out_.append(2 * depth_, ' ');
    out_ += line;
  }

  std::string out_;
  std::string text_;
  std::size_t depth_ = 0;
};

}  // namespace

std::string dump_tree(const Tree& tree) {
  Dumper dumper;
  tree.walk(dumper);
  return dumper.finish();
}

}  // namespace weir::parse
