// What is wrong with a configuration, as a value: where it was said, and what was expected.
//
//   for (const ConfigError& error : resolved.errors)
//     std::cerr << "weir crawl: " << to_string(error) << '\n';   // then exit 2
//
// Thread-compatible.
#pragma once

#include <string>

namespace weir::config {

struct ConfigError {
  std::string file;     // empty: the command line or the environment
  int line = 0;         // from 1; 0: of the whole file
  std::string key;      // "parse.parsers", "--parsers", "WEIR_PARSERS"; empty: of the whole
  std::string message;  // "'x' is not a number of processes; expected a count such as 4 or auto"

  bool operator==(const ConfigError&) const = default;
};

// "crawl.toml:12: parse.parsers: 'x' is not ..." or "--parsers: 'x' is not ...".
std::string to_string(const ConfigError& error);

}  // namespace weir::config
