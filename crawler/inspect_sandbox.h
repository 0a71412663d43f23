// `weir inspect links FILE --sandbox`: a page given to a worker process under a crawl's limits, as
// the crawl would, to see it die again.
//
//   SandboxAnswer answer = ask_sandbox({.url = url, .body = bytes});
//   if (!answer.death.empty()) ...                  // "parse_timeout: killed after 5s"
//
// Thread-safe.
#pragma once

#include <optional>
#include <string>

#include "config/settings.h"
#include "parse/page.h"

namespace weir {

struct SandboxQuestion {
  std::string url;
  config::Headers headers;
  std::string body;
  config::ParseSettings settings;  // its limits
};

struct SandboxAnswer {
  std::optional<parse::PageFacts> facts;
  std::string death;  // "parse_timeout: ..."; empty if the worker lived and its reply is sound
};

// Blocks for at most the settings' parse_timeout and a worker's start. The process must take the
// role of parse::kWorkerRole when asked.
SandboxAnswer ask_sandbox(const SandboxQuestion& question);

}  // namespace weir
