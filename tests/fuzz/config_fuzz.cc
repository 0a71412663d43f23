// The input is the text of a config file: it never kills, and what it sets can be written and read
// back.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "config/render.h"
#include "config/resolve.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::config;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const Resolved read = read_config_text(text, "fuzz.toml", "/");
  for (const ConfigError& error : read.errors) {
    if (error.message.empty()) std::abort();
  }
  if (!read.errors.empty()) return 0;
  const std::string written = to_toml(read.settings, read.sources);
  const Resolved again = read_config_text(written, "again.toml", "/elsewhere");
  if (again.errors.empty() && again.settings == read.settings) return 0;
  for (const ConfigError& error : again.errors) {
    std::fprintf(stderr, "%s\n", to_string(error).c_str());
  }
  std::fprintf(stderr, "does not read back:\n%s\n", written.c_str());
  std::abort();
}
