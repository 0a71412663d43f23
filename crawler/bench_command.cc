#include "crawler/bench_command.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>

namespace weir {

int bench_command(const std::vector<std::string>& arguments) {
  const std::string program =
      std::filesystem::read_symlink("/proc/self/exe").replace_filename("weir-bench");
  std::vector<char*> pointers{const_cast<char*>(program.c_str())};
  for (const std::string& each : arguments) pointers.push_back(const_cast<char*>(each.c_str()));
  pointers.push_back(nullptr);
  ::execv(program.c_str(), pointers.data());
  std::cerr << "weir bench: cannot run " << program << ": " << std::strerror(errno)
            << "; it is built by 'ninja weir-bench' and belongs beside weir\n";
  return 4;
}

}  // namespace weir
