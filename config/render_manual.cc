#include <algorithm>

#include "config/keys.h"
#include "config/render.h"

namespace weir::config {
namespace {

struct Example {
  std::string_view command;
  std::string_view what;
};

constexpr Example kExamples[] = {
    {"weir crawl https://example.org/", "one site"},
    {"weir crawl --list urls.txt --transfers 200 --parsers 4", "a list of pages"},
    {"weir crawl weir.toml --max-pages 1000", "a config, and a limit"},
    {"weir crawl weir.toml --dry-run", "what it would do"},
    {"weir stats runs/*", "runs side by side"},
};

std::string flag_text(const Key& key) {
  if (key.flag.empty()) return {};
  if (key.arity == Arity::kSwitch) {
    const bool on = key.default_text() == "true";
    return (on ? "--[no-]" : "--") + std::string(key.flag);
  }
  return "--" + std::string(key.flag) + " " + std::string(key.placeholder);
}

// Defaults that say nothing are left out.
std::string default_note(const Key& key) {
  std::string text = key.default_text();
  if (text == "false" || text == "\"\"" || text == "[]" || text == "\"none\"" || text.empty()) {
    return {};
  }
  if (text == "true") return "on";
  if (key.default_note.empty()) std::erase(text, '"');
  return text;
}

std::string row(const std::string& left, const std::string& right) {
  std::string line = "  " + left;
  line.resize(std::max<std::size_t>(line.size() + 2, 30), ' ');
  return line + right + '\n';
}

std::string key_row(const Key& key) {
  const std::string note = default_note(key);
  return row(flag_text(key), std::string(key.help) + (note.empty() ? "" : " [" + note + "]"));
}

std::string command_flag(const CommandFlag& flag) {
  const std::size_t comma = flag.name.find(',');
  std::string text = comma == std::string::npos
                         ? "--" + flag.name
                         : "-" + flag.name.substr(0, comma) + ", --" + flag.name.substr(comma + 1);
  return flag.placeholder.empty() ? text : text + " " + flag.placeholder;
}

std::string roff(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\\') {
      result += "\\e";
    } else if (c == '-') {
      result += "\\-";
    } else if (c == '\'') {
      result += "\\(aq";
    } else {
      result += c;
    }
  }
  if (!result.empty() && result[0] == '.') result.insert(0, "\\&");
  return result;
}

std::string markdown(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '|') result += '\\';
    result += c;
  }
  return result;
}

std::string code(std::string_view text) {
  return text.empty() ? std::string() : "`" + markdown(text) + "`";
}

constexpr std::string_view kExitCodes[][2] = {
    {"0", "finished, also at a page or time limit"},
    {"1", "weir check found broken links"},
    {"2", "bad usage or config; nothing was fetched"},
    {"3", "stopped by a signal or a command; weir resume carries on"},
    {"4", "the run could not go on: disk full, permission, parsers that die one after another"},
    {"130", "interrupted at once"},
};

constexpr std::string_view kPrecedence =
    "A flag overrides the environment, the environment the config, the config the defaults. What a "
    "flag or the environment says of a list's key holds for every list; headers are added to those "
    "of the lists.";

constexpr std::string_view kUnits =
    "Durations need a unit: 250ms, 30s, 2m, 1h30m, 1d. Sizes: 64KiB, 10MiB, 2GiB (powers of "
    "1024), 10MB (of 1000), or bytes. Limits can be none.";

}  // namespace

const std::vector<CommandLine>& command_lines() {
  static const std::vector<CommandLine> all{
      {"crawl [CONFIG.toml] [URL...]", "crawl; flags override the config"},
      {"resume RUN", "carry on with a run that was stopped"},
      {"stats RUN...", "parse statistics of one run, or several side by side"},
      {"report RUN", "the HTML report of a run"},
      {"explain RUN URL", "the story of one URL"},
      {"check [CONFIG.toml] [URL...]", "link check: exit 1 if any link is broken"},
      {"tune CONFIG.toml", "find pool sizes for this machine and this list"},
      {"top RUN", "watch a run"},
      {"ctl RUN COMMAND", "steer a run: set parsers=4, pause, resume, drain, stop"},
      {"bench io|parse|queue|pool|tls|url",
       "measure the parts on this machine, to choose settings by"},
      {"site", "serve a deterministic website on loopback to crawl"},
      {"inspect WHAT", "robots, url, html, charset, ...: one decision at a time"},
      {"init [FILE]", "write a commented config to start from"},
      {"help [TOPIC]", "crawl, fetch, parse, queue, output, list; --man for the manual page"},
  };
  return all;
}

std::string help_text(const Command& command) {
  std::string text = "usage: weir " + command.name + " [CONFIG.toml] [URL...] [flags]\n\n" +
                     command.summary + "\n";
  if (!command.flags.empty()) {
    text += '\n';
    for (const CommandFlag& flag : command.flags) text += row(command_flag(flag), flag.help);
  }
  for (const Section& section : sections()) text += "\n" + topic_text(section.name);
  text +=
      "\nEach flag is also a key of the config, with _ for -, and WEIR_KEY in the environment.\n";
  if (command.name == "crawl") {
    text += "\nExamples\n";
    for (const Example& example : kExamples) {
      std::string line = "  " + std::string(example.command);
      line.resize(std::max<std::size_t>(line.size() + 2, 58), ' ');
      text += line + "# " + std::string(example.what) + '\n';
    }
  }
  return text;
}

std::string topic_text(std::string_view topic) {
  const auto section = std::find_if(sections().begin(), sections().end(),
                                    [&](const Section& s) { return s.name == topic; });
  if (section == sections().end()) return {};
  std::string text = std::string(section->title) + "\n";
  for (const Key& key : keys()) {
    if (key.section == topic && !key.flag.empty()) text += key_row(key);
  }
  return text;
}

std::string man_page() {
  std::string text =
      ".TH WEIR 1 2026-01-01 \"weir 0.1\" \"User Commands\"\n"
      ".SH NAME\nweir \\- a web crawler that bounds its memory and names its bottleneck\n"
      ".SH SYNOPSIS\n.B weir\n.I COMMAND\n.RI [ arguments ]\n"
      ".SH COMMANDS\n";
  for (const CommandLine& command : command_lines()) {
    text += ".TP\n.B weir " + roff(command.usage) + "\n" + roff(command.summary) + "\n";
  }
  text += ".SH SETTINGS\n" + roff(kPrecedence) + "\n.PP\n" + roff(kUnits) + "\n";
  for (const Section& section : sections()) {
    text += ".SS " + roff(section.title) + " ([" + std::string(section.name) + "])\n";
    for (const Key& key : keys()) {
      if (key.section != section.name) continue;
      const std::string flag = flag_text(key);
      text += ".TP\n.B " + roff(flag.empty() ? key.name : flag) + "\n" + roff(key.help) +
              ".\nKey: " + roff(key.full_name());
      if (key.section != "list") text += "; environment: " + roff(key.environment());
      if (const std::string note = default_note(key); !note.empty()) {
        text += "; default: " + roff(note);
      }
      text += ".\n";
    }
  }
  text += ".SH EXIT STATUS\n";
  for (const auto& [number, meaning] : kExitCodes) {
    text += ".TP\n.B " + std::string(number) + "\n" + roff(meaning) + "\n";
  }
  text += ".SH EXAMPLES\n";
  for (const Example& example : kExamples) {
    text += ".TP\n.B " + roff(example.command) + "\n" + roff(example.what) + "\n";
  }
  return text;
}

std::string configuration_page() {
  std::string text =
      "# Configuration\n\n"
      "Generated by `weir help --markdown` from the table of keys in `config/keys.cc`; a test "
      "keeps it current.\n\n"
      "`weir init` writes a commented config to start from, and `weir crawl weir.toml --dry-run` "
      "shows the settings as resolved, each with where it was said. ";
  text += std::string(kPrecedence) + "\n\n" + std::string(kUnits) + "\n\n";
  text +=
      "Every key below is a flag (`_` as `-`), a key of its table in the config, and `WEIR_KEY` in "
      "the environment (several values: one a line). Relative paths in a config are those of its "
      "folder.\n";
  for (const Section& section : sections()) {
    const bool list = section.name == "list";
    text += "\n## " + std::string(section.title) + ": `" +
            (list ? "[[list]]" : "[" + std::string(section.name) + "]") + "`\n\n";
    if (list) {
      text += "Besides its own keys a list may hold";
      std::string separator = " ";
      for (const Key& key : keys()) {
        if (!key.of_list || key.section == "list") continue;
        text += separator + code(key.name);
        separator = ", ";
      }
      text += "; where it does not, what `[crawl]` and `[fetch]` say of them holds.\n\n";
    }
    text += "| key | flag | default | |\n|---|---|---|---|\n";
    for (const Key& key : keys()) {
      if (key.section != section.name) continue;
      text += "| " + code(key.name) + " | " + code(flag_text(key)) + " | " +
              code(key.default_text()) + " | " + markdown(key.help) + " |\n";
    }
  }
  return text;
}

}  // namespace weir::config
