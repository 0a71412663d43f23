// The one table of settings: everything that reads or documents them goes through it.
//
//   for (const Key& key : keys())
//     std::cout << "--" << key.flag << ' ' << key.placeholder << "  " << key.help << '\n';
//
// Immutable.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/settings.h"

namespace weir::config {

// A value as a config file, the environment or a flag gave it; the key decides what it means.
using Raw =
    std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>, Headers>;

enum class Arity { kSwitch, kOne, kMany };

// What a path must be when a crawl starts.
enum class PathKind { kNone, kFile, kFolder, kAnything };

template <class Target>
struct Access {
  // Stores the value, or returns what is wrong with it: "'x' is not ...; expected ...".
  std::function<std::string(Target&, const Raw&)> set;
  // The value as a TOML literal; empty if there is none to show.
  std::function<std::string(const Target&)> show;

  explicit operator bool() const { return set != nullptr; }
};

struct Key {
  std::string_view section;      // crawl, fetch, parse, queue, output; list: in [[list]] only
  std::string_view name;         // as in the config
  std::string_view flag;         // without dashes; empty: none
  std::string_view placeholder;  // N, SIZE, ...; of the flag and the documentation
  Arity arity = Arity::kOne;
  std::string_view help;     // one line
  std::string_view implied;  // what the flag means when it is given without a value
  PathKind path = PathKind::kNone;
  bool merges = false;            // what a flag says is added to what a list says
  std::string_view default_note;  // where the default is not one value
  Access<Settings> of_crawl;      // none: the value belongs to lists
  Access<ListSettings> of_list;   // none: not a list's

  std::string full_name() const;    // "fetch.transfers"
  std::string environment() const;  // "WEIR_TRANSFERS"
  std::string default_text() const;
};

struct Section {
  std::string_view name;
  std::string_view title;
};

// In the order of the documentation. Keys of one section stand together.
const std::vector<Section>& sections();
const std::vector<Key>& keys();

// None if there is no such key. `section` "list" finds those that a [[list]] may hold.
const Key* find_key(std::string_view section, std::string_view name);

// What one source said of one key.
struct Assignment {
  const Key* key = nullptr;
  Raw raw;
  std::string file;  // empty: not of a file
  int line = 0;
  std::vector<int> lines;  // of the elements of an array
  std::string said_as;     // "--transfers", "WEIR_TRANSFERS", "fetch.transfers"

  std::string origin() const;  // "crawl.toml:12" or said_as
};

}  // namespace weir::config
