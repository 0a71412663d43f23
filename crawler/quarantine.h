// The bodies that killed a parser or exhausted it, set aside in quarantine/ of the run folder, each
// with a line in the log: the command that repeats its death.
//
//   Quarantine quarantine(settings.parse, folder, log);
//   if (killed_its_parser(outcome)) record.quarantine = quarantine.take(page);
//
// Thread-bound.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "config/settings.h"
#include "crawler/page.h"
#include "crawler/run_folder.h"

namespace weir {

// parse_timeout, parse_crash, parse_memory: what a look at the bytes did not foresee.
bool killed_its_parser(Outcome outcome);

class Quarantine {
 public:
  using Log = std::function<void(const std::string& line)>;
  // `settings` and `folder` outlive it.
  Quarantine(const config::ParseSettings& settings, const RunFolder& folder, Log log)
      : settings_(settings), folder_(folder), log_(std::move(log)) {}

  // The file, as a path from the run folder; empty if there is no body, or there are a thousand
  // already. Throws std::system_error if it cannot be written.
  std::string take(const Page& page);

 private:
  std::string command_for(const Page& page, const std::string& file) const;

  const config::ParseSettings& settings_;
  const RunFolder& folder_;
  const Log log_;
  std::size_t taken_ = 0;
};

}  // namespace weir
