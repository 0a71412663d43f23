// Reads the arguments of a command into assignments; what the values mean is the keys' business.
//
//   Flags flags = read_flags(command, {"--transfers", "8", "https://example.org/"});
//
// Thread-compatible.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/config_error.h"
#include "config/keys.h"
#include "config/resolve.h"

namespace weir::config {

struct Flags {
  bool help = false;
  std::vector<Assignment> assignments;
  std::vector<std::string> positional;
  std::map<std::string, std::vector<std::string>> of_command;  // by long name
  std::vector<ConfigError> errors;
};

// Never throws for what the arguments say.
Flags read_flags(const Command& command, const std::vector<std::string>& arguments);

}  // namespace weir::config
