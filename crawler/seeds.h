// The seed reader: every URL of the config's lists, lazily, in order, with where it stands.
//
//   for (const SeedLine& seed : read_seeds(lists, stop)) admit(seed);
//
// Lists are read line by line (plain or gzip, "-" is standard input), so a list of any length costs
// one line of memory. Thread-bound.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "concurrency/generator.h"
#include "config/settings.h"
#include "parse/url.h"

namespace weir {

struct SeedLine {
  std::string text;        // as written, white space trimmed
  std::uint32_t list = 0;  // index into Settings::lists
  std::string origin;      // "urls.txt:17", or where the config or command line says it
};

// Requires: `lists` outlives the generator. A file that cannot be opened or read throws
// std::system_error naming it; check_seed_files() finds that before anything is fetched.
concurrency::Generator<SeedLine> read_seeds(const std::vector<config::ListSettings>& lists,
                                            int stop_fd);

// The names of the lists' files if there is not one http or https URL in them; standard input is
// not looked at. Throws as read_seeds() does.
std::optional<std::string> without_seeds(const std::vector<config::ListSettings>& lists);

// The URL that a seed means: http or https; "example.org/a" is taken as "http://example.org/a".
std::optional<parse::Url> seed_url(const std::string& text);

}  // namespace weir
