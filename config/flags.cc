#include "config/flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "config/values.h"

namespace weir::config {
namespace {

// `--dashboard` may stand without its value, and a URL behind it is not one: the value, given or
// implied, is put behind an equals sign before CLI11 looks.
std::vector<std::string> with_implied_values(const std::vector<std::string>& arguments) {
  std::vector<std::string> result;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    result.push_back(arguments[i]);
    for (const Key& key : keys()) {
      if (key.implied.empty() || arguments[i] != "--" + std::string(key.flag)) continue;
      Settings scratch;
      const bool given = i + 1 < arguments.size() && !arguments[i + 1].empty() &&
                         arguments[i + 1].find("//") == std::string::npos &&
                         key.of_crawl.set(scratch, Raw(arguments[i + 1])).empty();
      result.back() += "=" + (given ? arguments[++i] : std::string(key.implied));
    }
  }
  return result;
}

std::string long_name(const CommandFlag& flag) {
  const std::size_t comma = flag.name.find(',');
  return comma == std::string::npos ? flag.name : flag.name.substr(comma + 1);
}

// "o,output" -> "-o,--output"
std::string cli_names(const CommandFlag& flag) {
  const std::size_t comma = flag.name.find(',');
  const std::string full = "--" + long_name(flag);
  return comma == std::string::npos ? full : "-" + flag.name.substr(0, comma) + "," + full;
}

std::string unknown_flag(const Command& command, std::string_view flag) {
  std::vector<std::string> names{"--help"};
  for (const Key& key : keys()) {
    if (key.flag.empty()) continue;
    names.push_back("--" + std::string(key.flag));
    if (key.arity == Arity::kSwitch) names.push_back("--no-" + std::string(key.flag));
  }
  for (const CommandFlag& own : command.flags) names.push_back("--" + long_name(own));
  const std::string_view meant =
      nearest(flag.substr(0, flag.find('=')), {names.begin(), names.end()});
  return meant.empty() ? "is not a flag; `weir " + command.name + " --help` lists them"
                       : "is not a flag; did you mean " + std::string(meant) + "?";
}

}  // namespace

Flags read_flags(const Command& command, const std::vector<std::string>& arguments) {
  Flags flags;
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  const CLI::Option* help = app.add_flag("-h,--help");

  std::vector<std::pair<const Key*, const CLI::Option*>> of_keys;
  for (const Key& key : keys()) {
    const std::string name(key.flag);
    if (name.empty()) continue;
    CLI::Option* option = key.arity == Arity::kSwitch ? app.add_flag("--" + name + ",!--no-" + name)
                                                      : app.add_option("--" + name);
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    of_keys.emplace_back(&key, option);
  }
  std::vector<std::pair<std::string, const CLI::Option*>> of_command;
  for (const CommandFlag& flag : command.flags) {
    CLI::Option* option =
        flag.placeholder.empty() ? app.add_flag(cli_names(flag)) : app.add_option(cli_names(flag));
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    of_command.emplace_back(long_name(flag), option);
  }

  try {
    std::vector<std::string> reversed = with_implied_values(arguments);
    std::reverse(reversed.begin(), reversed.end());
    app.parse(std::move(reversed));
  } catch (const CLI::ParseError& error) {
    const std::string text = error.what();
    const std::size_t colon = text.rfind("--", 0) == 0 ? text.find(':') : std::string::npos;
    if (colon == std::string::npos) {
      flags.errors.push_back({"", 0, "", text});
    } else {
      flags.errors.push_back({"", 0, text.substr(0, colon), "its value is missing"});
    }
    return flags;
  }

  flags.help = help->count() > 0;
  for (const auto& [key, option] : of_keys) {
    if (option->count() == 0) continue;
    const std::string said_as = "--" + std::string(key->flag);
    const std::vector<std::string>& values = option->results();
    Raw raw = key->arity == Arity::kMany ? Raw(values) : Raw(values.back());
    flags.assignments.push_back({key, std::move(raw), "", 0, {}, said_as});
  }
  for (const auto& [name, option] : of_command) {
    if (option->count() > 0) flags.of_command[name] = option->results();
  }
  for (const std::string& rest : app.remaining()) {
    if (rest.size() > 1 && rest[0] == '-') {
      flags.errors.push_back({"", 0, rest, unknown_flag(command, rest)});
    } else {
      flags.positional.push_back(rest);
    }
  }
  return flags;
}

}  // namespace weir::config
