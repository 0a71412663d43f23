#include "site/site_command.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/site/plain_client.h"

extern char** environ;

namespace weir::site {
namespace {

// `weir site` as users run it.
class Command {
 public:
  explicit Command(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {std::string(WEIR_BINARY), std::string("site")});
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    EXPECT_EQ(::posix_spawn(&pid_, WEIR_BINARY, &actions, nullptr, argv.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    out_ = ends[0];
  }
  ~Command() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      wait();
    }
    ::close(out_);
  }

  std::string line() {
    std::string text;
    char c = 0;
    while (::read(out_, &c, 1) == 1 && c != '\n') text += c;
    return text;
  }
  void signal(int number) { ::kill(pid_, number); }
  int wait() {  // the exit code, or minus the signal
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  pid_t pid_ = -1;
  int out_ = -1;
};

TEST(SiteCommand, ServesUntilASignalAndExitsWith0) {
  for (const int number : {SIGTERM, SIGINT}) {
    Command command({"--pages", "5"});
    const std::string line = command.line();
    ASSERT_TRUE(line.starts_with("serving http://127.0.0.1:")) << line;
    EXPECT_EQ(line.back(), '/');
    const auto port = static_cast<std::uint16_t>(std::stoi(line.substr(25)));
    PlainClient client(port);
    client.send(get("/"));
    EXPECT_EQ(client.read().substr(0, 15), "HTTP/1.1 200 OK");
    PlainClient idle(port);  // does not hold the end up
    command.signal(number);
    EXPECT_EQ(command.wait(), 0);
  }
}

TEST(SiteCommand, TheTruthIsWholeBeforeTheFirstLine) {
  const auto file =
      std::filesystem::temp_directory_path() / ("weir-truth-" + std::to_string(::getpid()));
  Command command({"--pages", "300", "--truth", file.string(), "--size", "2KiB"});
  const std::string line = command.line();
  std::ifstream in(file);
  int lines = 0;
  for (std::string text; std::getline(in, text); ++lines) {
    EXPECT_TRUE(text.starts_with("{\"url\":\"" + line.substr(8, line.size() - 8)) &&
                text.ends_with("]}"))
        << text;
  }
  EXPECT_EQ(lines, 307);
  std::filesystem::remove(file);
}

TEST(SiteCommand, BadUsageExitsWith2) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"--nonsense"},
                                                    {"--pages", "0"},
                                                    {"--page-size", "big"},
                                                    {"--latency", "5 parsecs"},
                                                    {"--error-rate", "2"},
                                                    {"--error-rate", "0.6", "--broken", "0.6"},
                                                    {"--trap", "--truth", "/dev/null"}}) {
    testing::internal::CaptureStderr();
    EXPECT_EQ(site_command(arguments), 2) << arguments[0];
    EXPECT_FALSE(testing::internal::GetCapturedStderr().empty()) << arguments[0];
  }
  testing::internal::CaptureStdout();
  EXPECT_EQ(site_command({"--help"}), 0);
  EXPECT_NE(testing::internal::GetCapturedStdout().find("examples:"), std::string::npos);
}

TEST(SiteCommand, ATruthThatCannotBeWrittenExitsWith4) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(site_command({"--truth", "/nonexistent/folder/truth"}), 4);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("/nonexistent/folder/truth"),
            std::string::npos);
}

}  // namespace
}  // namespace weir::site
