#include "crawler/inspect.h"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>

#include "crawler/inspectors.h"
#include "crawler/terminal.h"

namespace weir {
namespace {

using nlohmann::json;

using BadUse = BadInspectUse;

const Inspectors& inspectors() {
  static const Inspectors table = [] {
    Inspectors all;
    add_html_inspectors(all);
    add_url_inspectors(all);
    add_robots_inspectors(all);
    add_text_inspectors(all);
    return all;
  }();
  return table;
}

void print_names(std::ostream& out) {
  out << "usage: weir inspect WHAT [OPTION...] ARGUMENT...\n"
         "       weir inspect WHAT --jsonl < RECORDS\n\nWHAT is one of\n";
  for (const auto& [name, inspector] : inspectors()) {
    out << "  " << name << std::string(name.size() < 16 ? 16 - name.size() : 1, ' ')
        << inspector.help << '\n';
  }
}

std::string usage(const std::string& name, const Inspector& inspector) {
  std::string text = "usage: weir inspect " + name;
  for (const InspectField& option : inspector.options) {
    const std::string value = option.file ? "FILE" : "VALUE";
    text += option.preset.empty() && option.file ? " " + option.flag + " " + value
                                                 : " [" + option.flag + " " + value + "]";
    if (option.many) text += "...";
  }
  if (inspector.sandbox) {
    text += " [--sandbox [--parse-timeout TIME] [--parse-memory SIZE]]";
  }
  return text + (inspector.argument.file ? " FILE..." : " TEXT...") + "\n  " + inspector.help +
         '\n';
}

// JSON may spell halves of surrogate pairs ("\ud800"), which no UTF-8 holds: they become U+FFFD.
std::string mend_surrogates(std::string line) {
  const auto unit = [&](std::size_t at) -> unsigned long {
    if (line.compare(at, 2, "\\u") != 0 || at + 6 > line.size()) return 0;
    return std::strtoul(line.substr(at + 2, 4).c_str(), nullptr, 16);
  };
  for (std::size_t at = 0; at + 1 < line.size(); ++at) {
    if (line[at] != '\\') continue;
    const unsigned long code = unit(at);
    if (code >= 0xd800 && code < 0xdc00 && unit(at + 6) >= 0xdc00 && unit(at + 6) < 0xe000) {
      at += 11;
    } else if (code >= 0xd800 && code < 0xe000) {
      line.replace(at, 6, "\\ufffd");
      at += 5;
    } else {
      ++at;  // the character after the backslash
    }
  }
  return line;
}

int answer_lines(const Inspector& inspector) {
  std::string line;
  while (std::getline(std::cin, line)) {
    json record = json::parse(mend_surrogates(line), nullptr, false);
    if (!record.is_object()) throw BadUse("not a JSON object: " + line.substr(0, 200));
    try {
      record["got"] = inspector.answer(record);
    } catch (const json::exception& error) {  // a field is missing or of another type
      record["got"] = {{"error", error.what()}};
    }
    std::cout << record.dump(-1, ' ', false, json::error_handler_t::replace) << '\n';
  }
  return 0;
}

json read_value(const InspectField& field, const std::string& text) {
  if (!field.file) return text;
  if (text == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  std::ifstream file(text, std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(file), {});
  if (!file) throw BadUse("cannot read " + text);
  return bytes;
}

void print_for_people(const std::string& argument, const json& got) {
  std::cout << argument << '\n';
  for (const auto& [key, value] : got.items()) {
    const std::string text = value.is_string()
                                 ? value.get<std::string>()
                                 : value.dump(-1, ' ', false, json::error_handler_t::replace);
    std::cout << "  " << key << std::string(key.size() < 20 ? 20 - key.size() : 1, ' ')
              << crawler::for_terminal(text) << '\n';
  }
}

int answer_arguments(const Inspector& inspector, const std::vector<std::string>& arguments) {
  json record = json::object();
  for (const InspectField& option : inspector.options) {
    if (!option.preset.empty()) record[option.name] = option.preset;
  }
  std::vector<InspectField> options = inspector.options;
  if (inspector.sandbox) {
    options.push_back({.name = "parse_timeout", .flag = "--parse-timeout"});
    options.push_back({.name = "parse_memory", .flag = "--parse-memory"});
  }
  std::vector<std::string> bare;
  bool flags_end = false;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string& text = arguments[i];
    if (flags_end || !text.starts_with("--")) {
      bare.push_back(text);
    } else if (text == "--") {
      flags_end = true;
    } else {
      if (inspector.sandbox && text == "--sandbox") {
        record["sandbox"] = true;
        continue;
      }
      const InspectField* found = nullptr;
      for (const InspectField& option : options) {
        if (option.flag == text) found = &option;
      }
      if (found == nullptr) throw BadUse("unknown option " + text);
      if (++i == arguments.size()) throw BadUse(text + " needs a value");
      json value = read_value(*found, arguments[i]);
      if (found->many) {
        record[found->name].push_back(std::move(value));
      } else {
        record[found->name] = std::move(value);
      }
    }
  }
  for (const InspectField& option : inspector.options) {
    if (option.file && !record.contains(option.name)) throw BadUse(option.flag + " is missing");
  }
  if (bare.empty()) throw BadUse("nothing to inspect");
  int code = 0;
  for (const std::string& text : bare) {
    record[inspector.argument.name] = read_value(inspector.argument, text);
    try {
      print_for_people(text, inspector.answer(record));
    } catch (const SandboxDeath& death) {
      std::cout << text << "\n  " << crawler::for_terminal(death.what()) << '\n';
      code = 1;
    }
  }
  return code;
}

}  // namespace

int inspect_command(const std::vector<std::string>& arguments) {
  if (!arguments.empty() && arguments[0] == "--help") return print_names(std::cout), 0;
  const auto found = arguments.empty() ? inspectors().end() : inspectors().find(arguments[0]);
  if (found == inspectors().end()) return print_names(std::cerr), 2;
  const auto& [name, inspector] = *found;
  try {
    if (arguments.size() == 2 && arguments[1] == "--help") {
      std::cout << usage(name, inspector);
      return 0;
    }
    if (arguments.size() == 2 && arguments[1] == "--jsonl") return answer_lines(inspector);
    return answer_arguments(inspector, arguments);
  } catch (const BadUse& error) {
    std::cerr << "weir inspect: " << error.what() << '\n' << usage(name, inspector);
    return 2;
  }
}

}  // namespace weir
