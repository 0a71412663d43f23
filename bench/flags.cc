#include "bench/flags.h"

#include <iostream>

#include "config/values.h"

namespace weir::bench {

std::optional<int> read_flags(CLI::App& app, const Arguments& arguments) {
  try {
    app.parse(Arguments(arguments.rbegin(), arguments.rend()));  // as CLI11 takes them
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    return app.exit(error, std::cout, std::cerr) == 0 ? 0 : 2;
  }
}

CLI::Validator between(std::uint64_t least, std::uint64_t most) {
  const std::string range = std::to_string(least) + " to " + std::to_string(most);
  return CLI::Validator(
      [=](std::string& text) {
        const auto value = config::parse_count(text);
        if (value && *value >= least && *value <= most) return std::string();
        return "expected a number from " + range + ", not " + text;
      },
      "");
}

CLI::Option* durations_flag(CLI::App& app, const std::string& name,
                            std::vector<std::chrono::milliseconds>& values,
                            const std::string& help) {
  std::string otherwise;
  for (const auto& value : values) {
    otherwise += (otherwise.empty() ? "" : ",") + config::format_duration(value);
  }
  const auto read = [&values](const std::vector<std::string>& texts) {
    values.clear();
    for (const std::string& text : texts) {
      const auto value = config::parse_duration(text);
      if (!value) throw CLI::ValidationError("expected a duration such as 20ms, not " + text);
      values.push_back(*value);
    }
  };
  return app.add_option_function<std::vector<std::string>>(name, read, help)
      ->delimiter(',')
      ->type_name("D,...")
      ->default_str(otherwise);
}

void only_flag(CLI::App& app, std::vector<std::string>& values, const std::string& help) {
  app.add_option("--only", values, help)
      ->delimiter(',')
      ->type_name("WHAT,...")
      ->check(CLI::IsMember(values))
      ->default_str("all");
}

}  // namespace weir::bench
