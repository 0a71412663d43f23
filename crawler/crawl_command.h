// `weir crawl` and `weir init`.
#pragma once

#include <string>
#include <vector>

namespace weir {

// Both take the arguments after the command's name and return the exit code.
int crawl_command(const std::vector<std::string>& arguments);
int init_command(const std::vector<std::string>& arguments);

}  // namespace weir
