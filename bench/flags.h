// The flags of the benchmarks, over CLI11.
//
//   CLI::App app("...", "weir bench io");
//   app.add_option("--transfers", at_once, "...")->delimiter(',')->check(between(1, 10'000));
//   if (const auto code = read_flags(app, arguments)) return *code;
//
// Thread-compatible.
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weir::bench {

using Arguments = std::vector<std::string>;

// The exit code where it ends here: 0 after --help, 2 for what cannot be meant.
std::optional<int> read_flags(CLI::App& app, const Arguments& arguments);

CLI::Validator between(std::uint64_t least, std::uint64_t most);
// Durations with a unit, "20ms", separated by commas.
CLI::Option* durations_flag(CLI::App& app, const std::string& name,
                            std::vector<std::chrono::milliseconds>& values,
                            const std::string& help);

// Which parts to run: of the values given, which are all that there are, those that --only names.
void only_flag(CLI::App& app, std::vector<std::string>& values, const std::string& help);

}  // namespace weir::bench
