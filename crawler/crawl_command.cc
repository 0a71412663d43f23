#include "crawler/crawl_command.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <system_error>

#include <fmt/format.h>

#include "concurrency/report.h"
#include "concurrency/thread.h"
#include "concurrency/throw_errno.h"
#include "concurrency/unique_fd.h"
#include "config/render.h"
#include "config/resolve.h"
#include "crawler/live_board.h"
#include "crawler/live_line.h"
#include "crawler/pipeline.h"
#include "crawler/run_folder.h"
#include "crawler/run_log.h"
#include "crawler/seeds.h"
#include "crawler/stats_command.h"
#include "crawler/summary.h"
#include "parse/extract.h"

namespace weir {
namespace {

constexpr int kUsage = 2;
constexpr int kStoppedEarly = 3;
constexpr int kCannotGoOn = 4;
constexpr int kInterruptedAtOnce = 130;
constexpr std::chrono::milliseconds kTick{500};

const config::Command kCrawl = {
    "crawl",
    "Crawl lists of URLs and record what they say.",
    {{"dry-run", "", "show the settings as resolved and the first URLs, fetch nothing"}}};

// SIGINT, SIGTERM, SIGHUP and SIGUSR1 as bytes to read; blocked in every thread that is started
// later.
class Signals {
 public:
  Signals() {
    ::sigemptyset(&set_);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) ::sigaddset(&set_, number);
    ::pthread_sigmask(SIG_BLOCK, &set_, &before_);
    for (const int number : {SIGPIPE, SIGXFSZ}) ::signal(number, SIG_IGN);  // errors of write()
    fd_.reset(::signalfd(-1, &set_, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!fd_) concurrency::throw_errno("signalfd");
  }
  ~Signals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  int fd() const { return fd_.get(); }
  // The next signal, or 0.
  int next() const {
    signalfd_siginfo info{};
    return ::read(fd_.get(), &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo)
                                                                : 0;
  }

 private:
  sigset_t set_{}, before_{};
  concurrency::UniqueFd fd_;
};

std::string run_name(const config::Resolved& resolved) {
  if (resolved.config_file.empty()) return "crawl";
  return std::filesystem::path(resolved.config_file).stem().string();
}

// The seeds of the config and of the command line are checked before anything is fetched.
std::vector<std::string> bad_seeds(const config::Settings& settings) {
  std::vector<std::string> problems;
  for (const config::ListSettings& list : settings.lists) {
    for (const config::Seed& seed : list.urls) {
      if (!seed_url(seed.text)) {
        problems.push_back(fmt::format(
            "{}: '{}' is not an http or https URL; expected one such as https://example.org/",
            seed.origin, seed.text.substr(0, 200)));
      }
    }
  }
  return problems;
}

std::vector<std::string> bad_extracts(const config::Resolved& resolved) {
  const config::Headers& extract = resolved.settings.parse.extract;
  const auto bad = parse::find_bad_extract(extract);
  if (!bad) return {};
  const auto source_of = [&](const std::string& key) {
    const auto found = resolved.sources.find(key);
    return found == resolved.sources.end() ? std::string() : found->second;
  };
  std::string source = source_of(fmt::format("parse.extract.{}", bad->rule));
  if (source.empty()) source = source_of("parse.extract");
  const std::string name = bad->rule < extract.size() ? "." + extract[bad->rule].first : "";
  return {fmt::format("{}: extract{}: {}", source, name, bad->message)};
}

int dry_run(const config::Resolved& resolved) {
  std::cout << config::to_toml(resolved.settings, resolved.sources) << "\n# The first URLs:\n";
  int shown = 0;
  const concurrency::UniqueFd never;
  for (const SeedLine& line : read_seeds(resolved.settings.lists, never.get())) {
    const auto url = seed_url(line.text);
    std::cout << "#   " << (url ? url->href() : "(bad) " + line.text) << "  (" << line.origin
              << ")\n";
    if (++shown == 10) break;
  }
  return 0;
}

class Crawl {
 public:
  Crawl(const config::Settings& settings, RunFolder folder)
      : settings_(settings),
        folder_(std::move(folder)),
        log_(folder_.path("weir.log")),
        pipeline_(settings, folder_, [this](const std::string& line) { log_.line(line); }),
        live_(STDERR_FILENO, !settings.output.quiet) {
    concurrency::set_thread_exception_hook(
        [this](std::exception_ptr error, const concurrency::ThreadInfo& thread) {
          give_up(thread.name + ": " + concurrency::describe(error));
        });
  }
  ~Crawl() { concurrency::set_thread_exception_hook(nullptr); }
  Crawl(const Crawl&) = delete;
  Crawl& operator=(const Crawl&) = delete;

  int run() {
    log_.line(fmt::format("crawl starts in {}", folder_.folder().string()));
    pipeline_.start();
    {
      const LiveBoard board(folder_, settings_, pipeline_,
                            [this](const std::string& line) { log_.line(line); });
      watch();
    }
    live_.clear();
    return report();
  }

 private:
  void watch() {
    std::array<pollfd, 2> ready = {{{signals_.fd(), POLLIN, 0}, {pipeline_.ended_fd(), POLLIN, 0}}};
    for (;;) {
      const int tick = live_.on() || settings_.crawl.max_time ? int(kTick.count()) : -1;
      if (::poll(ready.data(), ready.size(), tick) < 0 && errno != EINTR) {
        concurrency::throw_errno("poll");
      }
      while (const int number = signals_.next()) take(number);
      if (ready[1].revents != 0) return;
      const Progress now = pipeline_.progress();
      live_.show(settings_, now);
      if (settings_.crawl.max_time &&
          now.elapsed >= std::chrono::duration<double>(*settings_.crawl.max_time).count()) {
        pipeline_.stop(Finish::kTimeLimit);
      }
    }
  }

  // First: no new leases. Second: transfers are dropped. Third: out, at once.
  void take(int number) {
    if (number == SIGHUP) return log_.reopen();
    if (number == SIGUSR1) {
      log_.line("threads and processes:\n" + crew_text(crew_of(pipeline_)));
      return log_.flush();
    }
    ++interrupts_;
    log_.line(fmt::format("signal {}, number {}", number, interrupts_));
    if (interrupts_ == 1) {
      pipeline_.stop(Finish::kStopped);
      say("stopping: what is in flight finishes (once more to drop it)");
    } else if (interrupts_ == 2) {
      pipeline_.stop(Finish::kInterrupted);
      say("dropping what is in flight (once more to exit at once)");
    } else {
      exit_at_once(kInterruptedAtOnce);
    }
  }

  // A stage has died of what nobody foresaw: the others would wait for it without end.
  [[noreturn]] void give_up(const std::string& what) {
    std::cerr << "weir crawl: internal error in the thread " << what << '\n';
    log_.line("error: internal, in the thread " + what);
    exit_at_once(kCannotGoOn);
  }

  [[noreturn]] void exit_at_once(int code) {
    try {
      write_pending();
    } catch (const std::exception& error) {
      std::cerr << "weir crawl: " << error.what() << '\n';
    }
    ::_exit(code);
  }

  // Where the URLs are that are left. On a full disk that may be the folder for temporary files;
  // empty if there is no place at all.
  std::string write_pending() {
    const std::string path = folder_.path("pending.txt");
    if (pipeline_.finish() != Finish::kError) {
      OutputFile pending(path);
      bool any = false;
      pipeline_.for_each_pending([&](const std::string& url) {
        any = true;
        pending.append(url + "\n");
      });
      pending.flush();
      if (!any) std::filesystem::remove(path);
      return path;
    }
    std::string left;
    pipeline_.for_each_pending([&](const std::string& url) { left += url + "\n"; });
    const auto elsewhere =
        std::filesystem::temp_directory_path() / fmt::format("weir-pending-{}.txt", ::getpid());
    for (const std::string& place : {path, elsewhere.string()}) {
      try {
        OutputFile pending(place);
        pending.append(left);
        pending.flush();
        return place;
      } catch (const std::system_error&) {
        std::error_code ignored;
        std::filesystem::remove(place, ignored);
      }
    }
    return {};
  }

  void say(const std::string& text) {
    live_.clear();
    if (!settings_.output.quiet) std::cerr << "weir: " << text << '\n';
  }

  int report() {
    const Finish finish = pipeline_.finish();
    if (finish == Finish::kFinished && pipeline_.progress().admission.seeds == 0) {
      folder_.discard();
      std::cerr << "weir crawl: standard input: not one http or https URL to crawl\n";
      return kUsage;
    }
    const std::string summary = summary_json(settings_, pipeline_);
    std::string trouble = pipeline_.why();
    std::string left;
    try {
      if (finish != Finish::kFinished) left = write_pending();
      folder_.write("summary.json", summary);
    } catch (const std::system_error& error) {
      if (trouble.empty()) trouble = error.what();
    }
    log_.line(fmt::format("crawl ended: {}", finish_name(finish)));
    if (!settings_.output.quiet) {
      if (settings_.output.json) {
        std::cout << summary;
      } else {
        std::cout << summary_text(folder_.folder().string(), summary);
      }
      std::cout.flush();
    }
    if (!trouble.empty()) {
      std::cerr << "weir crawl: " << trouble << "; the records so far are in "
                << folder_.path("pages.jsonl") << ", the URLs left in "
                << (left.empty() ? "no file: there is no room for one" : left) << '\n';
      return kCannotGoOn;
    }
    return finish == Finish::kStopped || finish == Finish::kInterrupted ? kStoppedEarly : 0;
  }

  const config::Settings& settings_;
  const Signals signals_;  // before any thread is started
  const RunFolder folder_;
  RunLog log_;
  Pipeline pipeline_;
  LiveLine live_;
  int interrupts_ = 0;
};

}  // namespace

int crawl_command(const std::vector<std::string>& arguments) {
  const config::Resolved resolved = config::resolve(kCrawl, arguments, config::environment());
  if (resolved.help) {
    std::cout << config::help_text(kCrawl);
    return 0;
  }
  std::vector<std::string> problems;
  for (const auto& error : resolved.errors) problems.push_back(to_string(error));
  if (problems.empty()) problems = bad_seeds(resolved.settings);
  if (problems.empty()) problems = bad_extracts(resolved);
  if (problems.empty() && resolved.settings.lists.empty()) {
    problems.push_back("no URLs to crawl; name some, or a list (--list FILE), or a config");
  }
  for (const std::string& warning : resolved.warnings)
    std::cerr << "weir crawl: warning: " << warning << '\n';
  if (!problems.empty()) {
    for (const std::string& problem : problems) std::cerr << "weir crawl: " << problem << '\n';
    std::cerr << "Try 'weir crawl --help'.\n";
    return kUsage;
  }
  if (resolved.flags.contains("dry-run")) return dry_run(resolved);

  const config::Settings& settings = resolved.settings;
  try {
    if (const auto files = without_seeds(settings.lists)) {
      std::cerr << "weir crawl: " << *files << ": not one http or https URL to crawl\n";
      return kUsage;
    }
    RunFolder folder = RunFolder::make(settings.output.out, run_name(resolved));
    folder.write("run.toml", config::to_toml(settings), 0600);  // it may hold passwords
    if (!settings.output.quiet)
      std::cerr << "weir: crawling into " << folder.folder().string() << '\n';
    return Crawl(settings, std::move(folder)).run();
  } catch (const BadRunFolder& error) {
    std::cerr << "weir crawl: " << error.what() << '\n';
    return kUsage;
  } catch (const std::invalid_argument& error) {
    std::cerr << "weir crawl: " << error.what() << '\n';
    return kUsage;
  } catch (const std::system_error& error) {
    std::cerr << "weir crawl: " << error.what() << '\n';
    return kCannotGoOn;
  }
}

int init_command(const std::vector<std::string>& arguments) {
  const std::string name = arguments.empty() ? "weir.toml" : arguments[0];
  if (arguments.size() > 1 || name == "--help" || name == "-h") {
    std::cout
        << "usage: weir init [FILE]\n  Writes a commented config (weir.toml); '-' prints it.\n";
    return arguments.size() > 1 ? kUsage : 0;
  }
  if (name == "-") {
    std::cout << config::starter();
    return 0;
  }
  if (std::filesystem::exists(name)) {
    std::cerr << "weir init: " << name << " exists; name another file\n";
    return kUsage;
  }
  std::ofstream(name) << config::starter();
  if (!std::filesystem::exists(name)) {
    std::cerr << "weir init: " << name << " cannot be written\n";
    return kCannotGoOn;
  }
  std::cout << name << " is there. Put your URLs in, then: weir crawl " << name << '\n';
  return 0;
}

}  // namespace weir
