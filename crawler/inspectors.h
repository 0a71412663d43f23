// The inspectors behind `weir inspect WHAT`, grouped by the part that answers.
//
//   all["entities"] = {.help = "what character references stand for", .argument = {"html"},
//                      .answer = [](const nlohmann::json& record) { return ...; }};
//
// Each function adds its own to the table. Thread-compatible.
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace weir {

// A field of the record that the command line can fill in. With file set it is given as a file
// name ("-" is standard input) and filled with the bytes of that file.
struct InspectField {
  std::string name;
  bool file = false;
  std::string flag;  // "--base"; empty for the argument
  std::string preset;
  bool many = false;  // the option may be repeated: the record's field is the list of its values
};

struct Inspector {
  std::string help;                   // one line for `weir inspect --help`
  InspectField argument;              // what the bare arguments are; one record for each
  std::vector<InspectField> options;  // "--flag VALUE", the same for all of them
  std::function<nlohmann::json(const nlohmann::json& record)> answer;  // what goes under "got"
  bool sandbox = false;  // for arguments, "--sandbox" and the limits of a parser are options too
};

// Thrown by an answer for what the command line got wrong: exit code 2.
class BadInspectUse : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Thrown by an answer: the worker that was asked did not survive, and how it died. Exit code 1.
class SandboxDeath : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

using Inspectors = std::map<std::string, Inspector>;

void add_html_inspectors(Inspectors& all);
void add_url_inspectors(Inspectors& all);
void add_robots_inspectors(Inspectors& all);
void add_text_inspectors(Inspectors& all);

}  // namespace weir
