#include "site/site_command.h"

#include <pthread.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "config/values.h"
#include "site/http_server.h"
#include "site/site.h"

namespace weir::site {
namespace {

struct Command {
  SiteOptions options;
  std::uint16_t port = 0;
  std::string truth_file;
};

void add_flags(CLI::App& app, Command& command) {
  SiteOptions& options = command.options;
  const auto size = [&app](const std::string& name, std::uint64_t& value, const std::string& help) {
    const auto read = [&value](const std::string& text) {
      const auto parsed = config::parse_size(text);
      if (!parsed) throw CLI::ValidationError("expected a size such as 30KiB, not " + text);
      value = *parsed;
    };
    app.add_option_function<std::string>(name, read, help)
        ->type_name("SIZE")
        ->default_str(config::format_size(value));
  };
  const auto duration = [&app](const std::string& name, config::Duration& value,
                               const std::string& help) {
    const auto read = [&value](const std::string& text) {
      const auto parsed = config::parse_duration(text);
      if (!parsed) throw CLI::ValidationError("expected a duration such as 50ms, not " + text);
      value = *parsed;
    };
    app.add_option_function<std::string>(name, read, help)
        ->type_name("D")
        ->default_str(config::format_duration(value));
  };
  const auto share = [&app](const std::string& name, double& value, const std::string& help) {
    app.add_option(name, value, help)
        ->type_name("SHARE")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
  };
  app.add_option("--port", command.port, "port on 127.0.0.1; 0 picks one")
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--pages", options.pages, "number of pages")
      ->type_name("N")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--seed", options.seed, "another seed is another site")
      ->type_name("N")
      ->capture_default_str();
  size("--page-size,--size", options.page_size, "median size of a page; sizes are log-normal");
  app.add_option("--page-spread", options.page_spread,
                 "sigma of the sizes; 0: all pages have the same")
      ->type_name("SIGMA")
      ->check(CLI::Range(0.0, 3.0))
      ->capture_default_str();
  app.add_option("--links", options.links, "links of a page, about")
      ->type_name("N")
      ->check(CLI::Range(1, 5000))
      ->capture_default_str();
  duration("--latency", options.latency, "time before each reply");
  share("--error-rate", options.error_rate, "share of pages that answer 403, 404, 410 or 500");
  share("--redirects", options.redirects, "share of pages that redirect to another");
  share("--slow", options.slow, "share of pages whose body trickles");
  duration("--slow-time", options.slow_time, "time that a slow page takes");
  share("--broken", options.broken,
        "share of pages that are cut, reset, no HTTP or wrongly encoded");
  app.add_option("--crawl-delay", options.crawl_delay, "Crawl-delay in robots.txt")
      ->type_name("SECONDS")
      ->capture_default_str();
  app.add_flag("--trap", options.trap, "an endless chain of pages; not with --truth");
  app.add_flag("--gzip", options.gzip, "compress pages for clients that accept it");
  app.add_flag("--half-script", options.half_script, "half of a page's bytes are script");
  app.add_option("--truth", command.truth_file,
                 "write what a right crawl from / records, one JSON object a line")
      ->type_name("FILE");
  app.footer(
      "Faults are permanent: a URL answers the same each time. Nothing is denied, delayed or "
      "broken by\n"
      "default but a few paths that robots.txt forbids.\n\n"
      "examples:\n"
      "  weir site --pages 3000 --truth truth.jsonl\n"
      "  weir site --port 8080 --pages 30000 --page-size 90KiB --latency 20ms\n"
      "  weir site --pages 500 --error-rate 0.05 --redirects 0.05 --broken 0.02 --truth "
      "truth.jsonl");
}

void write_truth(const Site& site, const std::string& file) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  for (const TruthRecord& record : site.truth()) {
    const nlohmann::ordered_json line = {
        {"url", record.url},
        {"outcome", record.outcome},
        {"status",
         record.status ? nlohmann::ordered_json(*record.status) : nlohmann::ordered_json()},
        {"title", record.title ? nlohmann::ordered_json(*record.title) : nlohmann::ordered_json()},
        {"links", record.links}};
    out << line.dump() << '\n';
  }
  out.close();
  if (!out) throw std::runtime_error("cannot write " + file);
}

int serve(const Command& command) {
  // Blocked before any thread starts, so that only sigwait() takes them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, &signals, &before);

  // The site's pages hold the port, which is known once it is bound; run() is called after that.
  std::optional<Site> site;
  HttpServer server(command.port, [&site](const Request& request) { return site->reply(request); });
  const std::string origin = "http://127.0.0.1:" + std::to_string(server.port());
  site.emplace(command.options, origin);
  if (!command.truth_file.empty()) write_truth(*site, command.truth_file);
  std::cout << "serving " << origin << "/" << std::endl;

  std::jthread server_thread([&server] { server.run(); });
  int signal = 0;
  sigwait(&signals, &signal);
  server.stop();
  server_thread.join();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return 0;
}

}  // namespace

int site_command(const std::vector<std::string>& arguments) {
  Command command;
  CLI::App app("Serves a deterministic website on loopback to crawl.", "weir site");
  add_flags(app, command);
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // as CLI11 takes them
    app.parse(reversed);
    if (command.options.trap && !command.truth_file.empty()) {
      throw CLI::ValidationError("--truth: a site with a --trap has no end to write down");
    }
    Site(command.options, "");  // refuses what the flags cannot see one by one
  } catch (const CLI::ParseError& error) {
    return app.exit(error, std::cout, std::cerr) == 0 ? 0 : 2;
  } catch (const std::invalid_argument& error) {
    std::cerr << "weir site: " << error.what() << '\n';
    return 2;
  }
  try {
    return serve(command);
  } catch (const std::exception& error) {
    std::cerr << "weir site: " << error.what() << '\n';
    return 4;
  }
}

}  // namespace weir::site
