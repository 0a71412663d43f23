#include "tests/fetch/real_server.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "concurrency/tcp.h"

extern char** environ;

namespace weir::fetch {

TestFolder::TestFolder() {
  std::string name = std::filesystem::temp_directory_path() / "weir-fetch-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
  std::filesystem::permissions(name, std::filesystem::perms(0755));
  path_ = name;
}

TestFolder::~TestFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TestFolder::write(const std::string& name, const std::string& text) const {
  const std::string file = path_ + "/" + name;
  std::filesystem::create_directories(std::filesystem::path(file).parent_path());
  std::ofstream(file) << text;
  return file;
}

std::string find_program(const std::string& name) {
  for (const char* folder : {"/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/", "/usr/local/bin/"}) {
    if (access((folder + name).c_str(), X_OK) == 0) return folder + name;
  }
  return "";
}

void run_command(const std::string& command) {
  if (std::system((command + " >/dev/null 2>&1").c_str()) != 0) {
    throw std::runtime_error("failed: " + command);
  }
}

RealServer::RealServer(const std::vector<std::string>& command, std::uint16_t port) {
  std::vector<char*> args;
  for (const auto& each : command) args.push_back(const_cast<char*>(each.c_str()));
  args.push_back(nullptr);
  posix_spawn_file_actions_t quiet;
  posix_spawn_file_actions_init(&quiet);
  posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
  const int error = posix_spawn(&pid_, args[0], &quiet, nullptr, args.data(), environ);
  posix_spawn_file_actions_destroy(&quiet);
  if (error != 0) throw std::runtime_error("cannot start " + command[0]);

  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  for (;;) {
    try {
      concurrency::connect_loopback(port, concurrency::Blocking::kYes);
      return;
    } catch (const std::exception&) {
      if (waitpid(pid_, nullptr, WNOHANG) != 0 || std::chrono::steady_clock::now() > end) {
        throw std::runtime_error(command[0] + " does not listen");
      }
      std::this_thread::yield();
    }
  }
}

RealServer::~RealServer() {
  kill(pid_, SIGTERM);
  waitpid(pid_, nullptr, 0);
}

}  // namespace weir::fetch
