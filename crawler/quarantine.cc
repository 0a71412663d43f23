#include "crawler/quarantine.h"

#include <fmt/format.h>

#include <filesystem>
#include <string_view>

#include "config/values.h"

namespace weir {
namespace {

constexpr std::size_t kMostTaken = 1000;

// As one word of a shell's command line, whatever a server put into it.
std::string shell_word(std::string_view text) {
  std::string word = "'";
  for (const char c : text) {
    if (c == '\'') {
      word += "'\\''";
    } else if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) {
      word += c;
    }
  }
  return word + "'";
}

std::string option(const char* flag, std::string_view value) {
  return value.empty() ? std::string() : fmt::format(" {} {}", flag, shell_word(value));
}

}  // namespace

bool killed_its_parser(Outcome outcome) {
  return outcome == Outcome::kParseTimeout || outcome == Outcome::kParseCrash ||
         outcome == Outcome::kParseMemory;
}

std::string Quarantine::take(const Page& page) {
  if (!page.fetched.body || taken_ == kMostTaken) return {};
  ++taken_;
  const std::string name = fmt::format("quarantine/{:06}.body", page.lease.id);
  std::filesystem::create_directories(folder_.path("quarantine"));
  folder_.write(name, page.fetched.body.bytes());
  log_(fmt::format("{}: {}; repeat it with: {}", page.lease.url, page.why,
                   command_for(page, std::filesystem::absolute(folder_.path(name)).string())));
  return name;
}

std::string Quarantine::command_for(const Page& page, const std::string& file) const {
  const fetch::FetchResult& fetched = page.fetched;
  std::string command = fmt::format("weir inspect {} {} --sandbox --url {}",
                                    settings_.extract.empty() ? "links" : "extract",
                                    shell_word(file), shell_word(page.lease.url));
  command += option("--content-type", fetched.header("content-type"));
  command += option("--content-encoding", fetched.header("content-encoding"));
  for (const auto& [name, selector] : settings_.extract) {
    command += option("--select", name + "=" + selector);
  }
  return command + fmt::format(" --parse-timeout {} --parse-memory {}",
                               config::format_duration(settings_.parse_timeout),
                               config::format_size(settings_.parse_memory));
}

}  // namespace weir
