// Reads the TOML of a config file into assignments; what the values mean is the keys' business.
//
//   TomlFile file = read_toml("[fetch]\ntransfers = 8\n", "crawl.toml");
//
// Thread-compatible.
#pragma once

#include <string>
#include <vector>

#include "config/config_error.h"
#include "config/keys.h"

namespace weir::config {

struct TomlList {
  int line = 0;
  std::vector<Assignment> assignments;
};

struct TomlFile {
  std::vector<Assignment> crawl;  // of [crawl], [fetch], ...: lists take those that are theirs
  std::vector<TomlList> lists;
  std::vector<ConfigError> errors;  // a syntax error ends the reading; of the others, all
};

// Never throws for what the text says. `name` is for messages.
TomlFile read_toml(const std::string& text, const std::string& name);

}  // namespace weir::config
