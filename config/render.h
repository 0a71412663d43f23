// The texts that the table of keys makes: help, man page, documentation, starter, run.toml.
//
//   std::cout << help_text(crawl_command);
//   write_file(run / "run.toml", to_toml(resolved.settings, resolved.sources));
//
// Thread-compatible.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/resolve.h"

namespace weir::config {

// `weir NAME --help`: usage, the command's own flags, every setting by stage, examples.
std::string help_text(const Command& command);

// `weir help TOPIC` for crawl, fetch, parse, queue, output, list; empty for any other topic.
std::string topic_text(std::string_view topic);

// One line of a list of commands, for the man page.
struct CommandLine {
  std::string usage;    // "crawl [CONFIG.toml] [URL...]"
  std::string summary;  // "crawl; flags override the config"
};

// The commands of weir as the manual lists them.
const std::vector<CommandLine>& command_lines();

// weir.1 as roff, and docs/configuration.md.
std::string man_page();
std::string configuration_page();

// The commented config that `weir init` writes. Read back, it gives the defaults and one list.
std::string starter();

// The settings as a config file that reads back to the same settings. With sources, a comment
// behind each key says where its value came from. It holds passwords if the settings do.
std::string to_toml(const Settings& settings);
std::string to_toml(const Settings& settings, const Sources& sources);

}  // namespace weir::config
