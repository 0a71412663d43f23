#include "config/toml.h"

#include <toml++/toml.h>

#include <optional>
#include <string_view>

#include "config/values.h"

namespace weir::config {
namespace {

int line_of(const toml::source_region& region) { return static_cast<int>(region.begin.line); }

std::string in_brackets(std::string_view section) {
  return (section == "list" ? "[[" : "[") + std::string(section) + (section == "list" ? "]]" : "]");
}

class Reader {
 public:
  Reader(const std::string& name, TomlFile& file) : name_(name), file_(file) {}

  void read(const toml::table& root) {
    for (const auto& [key, node] : root) {
      const std::string section(key.str());
      if (section == "list") {
        read_lists(key, node);
      } else if (section == "extract") {  // short for [parse.extract]
        read_value("parse", "extract", line_of(key.source()), node, file_.crawl);
      } else if (is_section(section)) {
        if (const toml::table* table = node.as_table()) {
          read_table(section, *table, file_.crawl);
        } else {
          error(key.source(), section, "expected a table: [" + section + "]");
        }
      } else {
        unknown_section(key, section);
      }
    }
  }

 private:
  static bool is_section(std::string_view name) {
    for (const Section& section : sections()) {
      if (section.name == name) return true;
    }
    return false;
  }

  void error(const toml::source_region& where, std::string key, std::string message) {
    error(line_of(where), std::move(key), std::move(message));
  }
  void error(int line, std::string key, std::string message) {
    file_.errors.push_back({name_, line, std::move(key), std::move(message)});
  }

  void unknown_section(const toml::key& key, const std::string& section) {
    for (const Key& known : keys()) {
      if (known.name == section) {
        return error(key.source(), section,
                     "stands outside a table; expected it in " + in_brackets(known.section));
      }
    }
    std::vector<std::string_view> names;
    for (const Section& known : sections()) names.push_back(known.name);
    const std::string_view meant = nearest(section, names);
    error(key.source(), section,
          meant.empty() ? "is not a table of weir; expected [crawl], [fetch], [parse], [queue], "
                          "[output] or [[list]]"
                        : "is not a table of weir; did you mean " + in_brackets(meant) + "?");
  }

  void read_lists(const toml::key& key, const toml::node& node) {
    const toml::array* lists = node.as_array();
    if (lists == nullptr || !lists->is_homogeneous(toml::node_type::table)) {
      return error(key.source(), "list", "expected [[list]], in two brackets, once for each list");
    }
    for (const toml::node& element : *lists) {
      TomlList list;
      list.line = line_of(element.source());
      read_table("list", *element.as_table(), list.assignments);
      file_.lists.push_back(std::move(list));
    }
  }

  void read_table(const std::string& section, const toml::table& table,
                  std::vector<Assignment>& out) {
    for (const auto& [key, node] : table) {
      read_value(section, key.str(), line_of(key.source()), node, out);
    }
  }

  void read_value(const std::string& section, std::string_view name, int line,
                  const toml::node& node, std::vector<Assignment>& out) {
    const std::string full_name = section + "." + std::string(name);
    const Key* key = find_key(section, name);
    if (key == nullptr) return error(line, full_name, unknown_key(section, name));
    Assignment assignment{key, {}, name_, line, {}, full_name};
    const std::string problem = convert(node, assignment);
    if (!problem.empty()) return error(line, full_name, problem);
    out.push_back(std::move(assignment));
  }

  static std::string unknown_key(const std::string& section, std::string_view name) {
    std::vector<std::string_view> names;
    for (const Key& known : keys()) {
      if (find_key(section, known.name) != nullptr) {
        names.push_back(known.name);
      } else if (known.name == name) {
        return "is not a key of " + in_brackets(section) + "; expected it in " +
               in_brackets(known.section);
      }
    }
    const std::string_view meant = nearest(name, names);
    std::string message = "is not a key of " + in_brackets(section);
    if (!meant.empty()) return message + "; did you mean " + std::string(meant) + "?";
    message += "; expected one of";
    for (const std::string_view known : names) {
      message += (known == names.front() ? " " : ", ") + std::string(known);
    }
    return message;
  }

  // Fills in the value, or says what is wrong with it.
  static std::string convert(const toml::node& node, Assignment& out) {
    if (const auto* text = node.as_string()) {
      out.raw = text->get();
    } else if (const auto* integer = node.as_integer()) {
      out.raw = integer->get();
    } else if (const auto* number = node.as_floating_point()) {
      out.raw = number->get();
    } else if (const auto* flag = node.as_boolean()) {
      out.raw = flag->get();
    } else if (const auto* array = node.as_array()) {
      std::vector<std::string> texts;
      for (const toml::node& element : *array) {
        const auto* text_element = element.as_string();
        if (text_element == nullptr) {
          return "element " + std::to_string(texts.size() + 1) + " (line " +
                 std::to_string(line_of(element.source())) +
                 ") is not a text; expected an array of texts in quotes";
        }
        texts.push_back(text_element->get());
        out.lines.push_back(line_of(element.source()));
      }
      out.raw = std::move(texts);
    } else if (const auto* table = node.as_table()) {
      Headers pairs;
      for (const auto& [name, value] : *table) {
        const auto* text_value = value.as_string();
        if (text_value == nullptr) {
          return "'" + std::string(name.str()) + "' is not a text; expected a text in quotes";
        }
        pairs.emplace_back(name.str(), text_value->get());
        out.lines.push_back(line_of(value.source()));
      }
      out.raw = std::move(pairs);
    } else {
      return "is a date or a time; expected a text, a number or a switch";
    }
    return {};
  }

  const std::string& name_;
  TomlFile& file_;
};

}  // namespace

TomlFile read_toml(const std::string& text, const std::string& name) {
  TomlFile file;
  try {
    const toml::table root = toml::parse(std::string_view(text), name);
    Reader(name, file).read(root);
  } catch (const toml::parse_error& error) {
    file.errors.push_back({name, line_of(error.source()), "", std::string(error.description())});
  }
  return file;
}

}  // namespace weir::config
