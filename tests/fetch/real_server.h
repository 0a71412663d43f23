// A server program from the distribution, run for a test in a folder of its own.
//
//   TestFolder folder;
//   RealServer nginx({"nginx", "-p", folder.path(), "-c", config}, port);
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace weir::fetch {

class TestFolder {
 public:
  TestFolder();
  ~TestFolder();
  const std::string& path() const { return path_; }
  std::string write(const std::string& name, const std::string& text) const;  // its full path

 private:
  std::string path_;
};

// The program's path, empty if it is not installed.
std::string find_program(const std::string& name);
// Runs a command line to its end; throws if it fails.
void run_command(const std::string& command);

class RealServer {
 public:
  // Waits until `port` of loopback accepts connections; throws if that does not happen.
  RealServer(const std::vector<std::string>& command, std::uint16_t port);
  ~RealServer();

 private:
  pid_t pid_ = -1;
};

}  // namespace weir::fetch
