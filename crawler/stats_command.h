// `weir stats RUN...`: the parse statistics of one run, or of several side by side.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir {

// Takes the arguments after the command's name and returns the exit code.
int stats_command(const std::vector<std::string>& arguments);

// The same text for a summary that is at hand, as `weir crawl` prints it at its end.
std::string summary_text(const std::string& name, std::string_view summary_json);

}  // namespace weir
