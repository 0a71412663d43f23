#include <exception>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "concurrency/fd_limit.h"
#include "concurrency/process.h"
#include "config/render.h"
#include "crawler/bench_command.h"
#include "crawler/crawl_command.h"
#include "crawler/inspect.h"
#include "crawler/stats_command.h"
#include "fetch/make_fetcher.h"
#include "parse/worker.h"
#include "site/site_command.h"

namespace {

using Arguments = std::vector<std::string>;

struct CommandEntry {
  int (*run)(const Arguments&);
  const char* summary;
};

int version_command(const Arguments&);
int help_command(const Arguments& arguments);

const std::map<std::string, CommandEntry>& commands() {
  static const std::map<std::string, CommandEntry> table = {
      {"bench", {weir::bench_command, "measure the parts on this machine, to choose settings by"}},
      {"crawl", {weir::crawl_command, "crawl lists of URLs from a config or the command line"}},
      {"stats", {weir::stats_command, "the statistics of one run, or of several side by side"}},
      {"site", {weir::site::site_command, "serve a deterministic website on loopback to crawl"}},
      {"init", {weir::init_command, "write a commented config to start from"}},
      {"inspect",
       {weir::inspect_command, "what weir makes of one input: a URL, a page, robots.txt"}},
      {"help", {help_command, "help on a topic: crawl, fetch, parse, queue, output, list"}},
      {"version", {version_command, "the version"}},
  };
  return table;
}

void print_usage(std::ostream& out) {
  out << "weir: a polite web crawler that survives hostile pages and names its own bottleneck\n\n"
         "usage: weir COMMAND [ARGUMENT...]\n\n";
  for (const auto& [name, command] : commands()) {
    out << "  " << name << std::string(10 - name.size(), ' ') << command.summary << '\n';
  }
  out << "\n'weir COMMAND --help' tells more. To start:\n"
         "  weir crawl https://example.org/ --max-pages 100\n"
         "  weir init && weir crawl weir.toml\n";
}

int version_command(const Arguments&) {
  std::cout << "weir " << WEIR_VERSION << '\n';
  return 0;
}

int help_command(const Arguments& arguments) {
  if (arguments.empty()) {
    print_usage(std::cout);
    return 0;
  }
  if (arguments[0] == "--man") {
    std::cout << weir::config::man_page();
    return 0;
  }
  if (arguments[0] == "--configuration") {
    std::cout << weir::config::configuration_page();
    return 0;
  }
  const std::string text = weir::config::topic_text(arguments[0]);
  if (!text.empty()) {
    std::cout << text;
    return 0;
  }
  const auto command = commands().find(arguments[0]);
  if (command != commands().end() && arguments[0] != "help") return command->second.run({"--help"});
  std::cerr << "weir help: no topic '" << arguments[0]
            << "'; there are crawl, fetch, parse, queue, output, list and the commands\n";
  return 2;
}

int run(const Arguments& arguments) {
  if (arguments.empty()) {
    print_usage(std::cerr);
    return 2;
  }
  std::string name = arguments[0];
  if (name == "--help" || name == "-h") name = "help";
  if (name == "--version" || name == "-V") name = "version";
  const auto found = commands().find(name);
  if (found == commands().end()) {
    std::cerr << "weir: there is no command '" << name << "'; see 'weir --help'\n";
    return 2;
  }
  return found->second.run({arguments.begin() + 1, arguments.end()});
}

}  // namespace

int main(int argc, char** argv) {
  weir::fetch::keep_receive_buffers();
  weir::concurrency::raise_fd_limit();
  // A worker is this same program in another role: it must be told apart before anything else.
  if (const auto code = weir::concurrency::run_role_if_asked(
          argc, argv, {{weir::parse::kWorkerRole, weir::parse::run_worker}})) {
    return *code;
  }
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << "weir: " << error.what() << '\n';
    return 4;
  }
}
