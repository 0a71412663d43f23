// An example asserts its own claim: the first that does not hold is named and the program fails.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

inline void require(bool holds, const char* claim) {
  std::printf("%s: %s\n", holds ? "holds" : "FAILS", claim);
  if (!holds) std::exit(1);
}

inline bool asked(int argc, char** argv, std::string_view option) {
  for (int i = 1; i < argc; ++i)
    if (argv[i] == option) return true;
  return false;
}
