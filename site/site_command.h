// `weir site`: serves the made-up website on loopback until SIGTERM or SIGINT.
//
//   return weir::site::site_command({"--pages", "3000", "--truth", "truth.jsonl"});
//
// Thread-bound; at most one at a time, called while the process has one thread.
#pragma once

#include <string>
#include <vector>

namespace weir::site {

// The arguments behind "site". Returns the exit code: 0 after a signal or --help, 2 for bad usage,
// 4 if the port or the truth's file is not to be had.
int site_command(const std::vector<std::string>& arguments);

}  // namespace weir::site
