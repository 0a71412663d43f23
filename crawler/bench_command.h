// `weir bench WHAT`: runs weir-bench, which lies beside this program.
#pragma once

#include <string>
#include <vector>

namespace weir {

// Takes the arguments after the command's name. Does not return if weir-bench can be run; 4 if not.
int bench_command(const std::vector<std::string>& arguments);

}  // namespace weir
