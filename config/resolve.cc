#include "config/resolve.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>

#include "config/flags.h"
#include "config/keys.h"
#include "config/toml.h"
#include "config/values.h"

namespace weir::config {
namespace {

constexpr std::size_t kMaxConfigBytes = 64 * kMiB;  // so that /dev/zero is refused

// What is to become a ListSettings.
struct ListDraft {
  Scope scope = Scope::kPage;
  std::string default_name;
  std::vector<Assignment> own;
};

class Resolver {
 public:
  // Relative paths of the config resolve against `folder`.
  explicit Resolver(bool files_must_exist) : files_must_exist_(files_must_exist) {}

  void add_config(const std::string& text, const std::string& name, const std::string& folder) {
    TomlFile file = read_toml(text, name);
    for (ConfigError& error : file.errors) errors_.push_back(std::move(error));
    for (Assignment& assignment : file.crawl) {
      prepare(assignment, folder);
      from_config_.push_back(std::move(assignment));
    }
    for (TomlList& list : file.lists) {
      ListDraft draft;
      draft.default_name = "list-" + std::to_string(drafts_.size() + 1);
      bool has_seeds = false;
      for (Assignment& assignment : list.assignments) {
        prepare(assignment, folder);
        const auto& key = assignment.key->name;
        has_seeds = has_seeds || key == "urls" || key == "files";
        const std::string* text_value = std::get_if<std::string>(&assignment.raw);
        if (key == "name" && text_value && !names_.insert(*text_value).second) {
          fail(assignment, "'" + *text_value +
                               "' is the name of another list too; expected one "
                               "of its own");
        }
        draft.own.push_back(std::move(assignment));
      }
      if (!has_seeds) {
        errors_.push_back({name, list.line, "list",
                           "has no URLs; expected urls or files, such as "
                           "urls = [\"https://example.org/\"]"});
      }
      drafts_.push_back(std::move(draft));
    }
  }

  void add_override(Assignment assignment) {
    prepare(assignment, std::filesystem::current_path());
    overrides_.push_back(std::move(assignment));
  }

  // A list made of the command line.
  void add_list(ListDraft draft) {
    for (Assignment& assignment : draft.own) {
      prepare(assignment, std::filesystem::current_path());
    }
    drafts_.push_back(std::move(draft));
  }

  void fail(const Assignment& assignment, std::string message) {
    errors_.push_back({assignment.file, assignment.line, assignment.said_as, std::move(message)});
  }

  void finish(Resolved& result) {
    for (const auto* layer : {&from_config_, &overrides_}) {
      for (const Assignment& assignment : *layer) apply_to_crawl(assignment, result);
    }
    for (const ListDraft& draft : drafts_) build_list(draft, result);
    check_together(result);
    std::stable_sort(errors_.begin(), errors_.end(), [](const auto& a, const auto& b) {
      return std::tie(a.file, a.line) < std::tie(b.file, b.line);
    });
    result.errors.insert(result.errors.end(), errors_.begin(), errors_.end());
  }

 private:
  // Makes paths absolute and looks whether what must exist does; refuses what is not UTF-8, since
  // run.toml could not hold it.
  void prepare(Assignment& assignment, const std::filesystem::path& folder) {
    if (auto* text = std::get_if<std::string>(&assignment.raw)) {
      prepare_text(*text, assignment, folder);
    } else if (auto* texts = std::get_if<std::vector<std::string>>(&assignment.raw)) {
      for (std::string& element : *texts) prepare_text(element, assignment, folder);
    }
  }

  void prepare_text(std::string& text, const Assignment& assignment,
                    const std::filesystem::path& folder) {
    if (!is_utf8(text)) return fail(assignment, "is not UTF-8; expected UTF-8 text");
    const PathKind kind = assignment.key->path;
    const bool no_path = text.empty() || text == "-" || text.find('\0') != std::string::npos;
    if (kind == PathKind::kNone || no_path) return;
    text = std::filesystem::absolute(folder / text).lexically_normal().string();
    if (!files_must_exist_ || kind == PathKind::kAnything) return;
    const std::string expected = kind == PathKind::kFolder ? "a folder" : "a file to read";
    struct stat status {};
    if (stat(text.c_str(), &status) != 0 || access(text.c_str(), R_OK) != 0) {
      fail(assignment, "'" + text + "': " + std::strerror(errno) + "; expected " + expected);
    } else if (S_ISDIR(status.st_mode) != (kind == PathKind::kFolder)) {
      fail(assignment, "'" + text + "' is " + (S_ISDIR(status.st_mode) ? "a folder" : "a file") +
                           "; expected " + expected);
    }
  }

  void apply_to_crawl(const Assignment& assignment, Resolved& result) {
    const Key& key = *assignment.key;
    ListSettings scratch;  // a list's key is checked even where there is no list
    const std::string problem = key.of_crawl ? key.of_crawl.set(result.settings, assignment.raw)
                                             : key.of_list.set(scratch, assignment.raw);
    if (!problem.empty()) return fail(assignment, problem);
    if (!key.of_crawl) return;
    last_[key.full_name()] = &assignment;
    result.sources[key.full_name()] = assignment.origin();
    const std::string elements = key.full_name() + ".";
    std::erase_if(result.sources,
                  [&](const auto& source) { return source.first.starts_with(elements); });
    for (std::size_t i = 0; i < assignment.lines.size(); ++i) {
      result.sources[elements + std::to_string(i)] =
          assignment.file + ":" + std::to_string(assignment.lines[i]);
    }
  }

  bool is_overridden(const Key* key) const {
    return !key->merges && std::any_of(overrides_.begin(), overrides_.end(),
                                       [key](const Assignment& a) { return a.key == key; });
  }

  void build_list(const ListDraft& draft, Resolved& result) {
    ListSettings list;
    list.scope = draft.scope;
    const bool is_named = std::any_of(draft.own.begin(), draft.own.end(),
                                      [](const Assignment& a) { return a.key->name == "name"; });
    list.name = draft.default_name;
    for (int n = 2; !is_named && !names_.insert(list.name).second; ++n) {
      list.name = draft.default_name + "-" + std::to_string(n);
    }
    const std::string prefix = "list." + std::to_string(result.settings.lists.size()) + ".";
    const auto apply = [&](const Assignment& assignment) {
      result.sources[prefix + std::string(assignment.key->name)] = assignment.origin();
      return assignment.key->of_list.set(list, assignment.raw);
    };
    // What is said for all lists has been checked before.
    for (const Assignment& assignment : from_config_) {
      if (!assignment.key->of_crawl) apply(assignment);
    }
    for (const Assignment& assignment : draft.own) {
      ListSettings scratch;
      const std::string problem = is_overridden(assignment.key)
                                      ? assignment.key->of_list.set(scratch, assignment.raw)
                                      : apply(assignment);
      if (!problem.empty()) fail(assignment, problem);
      name_origins(assignment, list);
    }
    for (const Assignment& assignment : overrides_) {
      if (!assignment.key->of_crawl) apply(assignment);
    }
    result.settings.lists.push_back(std::move(list));
  }

  static void name_origins(const Assignment& assignment, ListSettings& list) {
    if (assignment.key->name != "urls" && assignment.key->name != "files") return;
    std::vector<Seed>& seeds = assignment.key->name == "urls" ? list.urls : list.files;
    for (std::size_t i = 0; i < seeds.size(); ++i) {
      seeds[i].origin = i < assignment.lines.size()
                            ? assignment.file + ":" + std::to_string(assignment.lines[i])
                            : assignment.origin();
    }
  }

  // What only two settings together show.
  void check_together(const Resolved& result) {
    const FetchSettings& fetch = result.settings.fetch;
    if (fetch.io == IoModel::kSelect && fetch.transfers > 900) {
      fail_at("fetch.transfers", std::to_string(fetch.transfers) +
                                     " transfers are too many for io = \"select\"; expected a "
                                     "count from 1 to 900");
    }
    if (fetch.client_cert.empty() != fetch.client_key.empty()) {
      fail_at(fetch.client_key.empty() ? "fetch.client_cert" : "fetch.client_key",
              "stands alone; expected client_cert and client_key together");
    }
  }

  void fail_at(const std::string& full_name, std::string message) {
    const auto found = last_.find(full_name);
    if (found != last_.end()) return fail(*found->second, std::move(message));
    errors_.push_back({"", 0, full_name, std::move(message)});
  }

  const bool files_must_exist_;
  std::vector<Assignment> from_config_;
  std::vector<Assignment> overrides_;  // environment, then flags
  std::vector<ListDraft> drafts_;
  std::set<std::string> names_;  // of lists, each once
  std::map<std::string, const Assignment*> last_;
  std::vector<ConfigError> errors_;
};

// The text of a config, or what is wrong.
std::optional<std::string> read_file(const std::string& path, ConfigError& error) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    error = {path, 0, "", "is a folder; expected a config file"};
    return std::nullopt;
  }
  std::ifstream stream(path, std::ios::binary);
  if (!stream) {
    error = {path, 0, "", std::string(std::strerror(errno)) + "; expected a config file"};
    return std::nullopt;
  }
  std::string text;
  char chunk[16 * kKiB];
  while (stream.read(chunk, sizeof chunk), stream.gcount() > 0) {
    text.append(chunk, static_cast<std::size_t>(stream.gcount()));
    if (text.size() <= kMaxConfigBytes) continue;
    error = {path, 0, "", "is over 64 MiB; expected a config file"};
    return std::nullopt;
  }
  return text;
}

void add_config_file(const std::string& path, Resolver& resolver, Resolved& result) {
  result.config_file = path;
  ConfigError error;
  if (const auto text = read_file(path, error)) {
    resolver.add_config(*text, path, std::filesystem::absolute(path).parent_path());
  } else {
    result.errors.push_back(error);
  }
}

void add_environment(const Environment& environment, Resolver& resolver, Resolved& result) {
  std::vector<std::string> names;
  for (const Key& key : keys()) {
    if (key.section != "list") names.push_back(key.environment());
  }
  for (const auto& [name, value] : environment) {
    if (name.rfind("WEIR_", 0) != 0) continue;
    const auto key = std::find_if(keys().begin(), keys().end(), [&, &wanted = name](const Key& k) {
      return k.section != "list" && k.environment() == wanted;
    });
    if (key != keys().end()) {
      resolver.add_override({&*key, value, "", 0, {}, name});
    } else if (const auto meant = nearest(name, {names.begin(), names.end()}); !meant.empty()) {
      result.warnings.push_back(name + " is not a setting; did you mean " + std::string(meant) +
                                "?");
    }
  }
}

bool is_config(const std::string& argument) {
  if (argument.find("://") != std::string::npos) return false;
  const std::size_t dot = argument.rfind('.');
  if (dot != std::string::npos && argument.substr(dot) == ".toml") return true;
  std::error_code ignored;
  return std::filesystem::exists(argument, ignored);
}

}  // namespace

Environment environment() {
  Environment result;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string::npos) {
      result.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return result;
}

Resolved resolve(const Command& command, const std::vector<std::string>& arguments,
                 const Environment& environment) {
  Resolved result;
  Flags flags = read_flags(command, arguments);
  result.help = flags.help;
  if (result.help) return result;
  result.flags = std::move(flags.of_command);
  result.errors = std::move(flags.errors);

  Resolver resolver(/*files_must_exist=*/true);
  std::vector<std::string> urls;
  for (const std::string& argument : flags.positional) {
    if (!is_config(argument)) {
      urls.push_back(argument);
    } else if (!result.config_file.empty()) {
      result.errors.push_back({argument, 0, "", "is a second config; expected one"});
    } else {
      add_config_file(argument, resolver, result);
    }
  }
  add_environment(environment, resolver, result);

  if (!urls.empty()) {
    const Key* key = find_key("list", "urls");
    resolver.add_list({Scope::kHost, "command line", {{key, urls, "", 0, {}, "command line"}}});
  }
  for (Assignment& assignment : flags.assignments) {
    if (assignment.key->section != "list") {
      resolver.add_override(std::move(assignment));
      continue;
    }
    for (const std::string& file : std::get<std::vector<std::string>>(assignment.raw)) {
      Assignment own = assignment;
      own.raw = std::vector<std::string>{file};
      resolver.add_list({Scope::kPage, file == "-" ? "standard input" : file, {std::move(own)}});
    }
  }
  resolver.finish(result);
  if (result.settings.lists.empty() && result.errors.empty()) {
    result.errors.push_back(
        {result.config_file, 0, "",
         "nothing to crawl; expected a URL, --list FILE, or a config with a [[list]]"});
  }
  return result;
}

Resolved read_config_text(const std::string& text, const std::string& name,
                          const std::string& folder) {
  Resolved result;
  result.config_file = name;
  Resolver resolver(/*files_must_exist=*/false);
  resolver.add_config(text, name, folder);
  resolver.finish(result);
  return result;
}

Resolved read_config(const std::string& path) {
  Resolved result;
  Resolver resolver(/*files_must_exist=*/false);
  add_config_file(path, resolver, result);
  resolver.finish(result);
  return result;
}

}  // namespace weir::config
