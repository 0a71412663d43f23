// `weir inspect WHAT`: what weir would make of one input, one decision at a time.
//
// Thread-compatible.
#pragma once

#include <string>
#include <vector>

namespace weir {

// Runs the command with the arguments after "inspect"; returns the exit code, 2 for bad use,
// 1 if a worker asked with --sandbox died.
//   WHAT --jsonl           one JSON object a line on stdin, the same with "got" added on stdout
//   WHAT [OPTION...] ARG   the answer for each argument, for people to read
int inspect_command(const std::vector<std::string>& arguments);

}  // namespace weir
