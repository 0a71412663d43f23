// From what the user said to Settings: flags over environment over config file over defaults.
//
//   Resolved r = resolve({"crawl", "", {{"dry-run", "", "show the settings and stop"}}}, args,
//                        environment());
//   if (r.help) return print(help_text(command));
//   if (!r.errors.empty()) return report(r.errors), 2;
//   run(r.settings);
//
// Thread-compatible.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "config/config_error.h"
#include "config/settings.h"

namespace weir::config {

using Environment = std::vector<std::pair<std::string, std::string>>;

// "fetch.transfers" -> "--transfers", "WEIR_TRANSFERS" or "crawl.toml:12"; absent: the default. Of
// what a file lists, each element too: "parse.extract.0" -> "crawl.toml:13".
using Sources = std::map<std::string, std::string>;

// A flag of one command beside the settings: `--dry-run`, or `-o FILE` with a placeholder.
struct CommandFlag {
  std::string name;         // without dashes: "dry-run", or with a short form: "o,output"
  std::string placeholder;  // empty: it takes no value
  std::string help;
};

// A command that takes settings: `weir NAME [CONFIG.toml] [URL...] [flags]`.
struct Command {
  std::string name;
  std::string summary;
  std::vector<CommandFlag> flags;
};

struct Resolved {
  Settings settings;
  Sources sources;
  std::string config_file;  // as given; empty: none
  bool help = false;        // --help was asked for; nothing else was looked at
  std::map<std::string, std::vector<std::string>> flags;  // the command's own, by long name
  std::vector<ConfigError> errors;    // all of them; then the settings are not to be used
  std::vector<std::string> warnings;  // "WEIR_PARSER is not a setting; did you mean WEIR_PARSE?"
};

// The environment of this process.
Environment environment();

// Reads what `weir NAME` was given (without the program and the command), and the config file that
// it names: a positional argument is a config if it ends in .toml or is a file, else a URL. URLs of
// the command line make a list with scope host, each --list one with scope page. What a flag or the
// environment says of a list's key holds for every list. Relative paths of seed files, keys and
// jars resolve against the config's folder, or the working directory for flags; they are absolute
// in the result. Files named must exist. Never throws for what the user wrote.
Resolved resolve(const Command& command, const std::vector<std::string>& arguments,
                 const Environment& environment);

// A config file alone, for instance the run.toml of an earlier run. Seed files need not exist.
Resolved read_config(const std::string& path);

// The same from text; `name` is for messages, relative paths resolve against `folder`.
Resolved read_config_text(const std::string& text, const std::string& name,
                          const std::string& folder);

}  // namespace weir::config
