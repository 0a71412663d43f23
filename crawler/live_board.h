// A crawl while it runs, for others to see: its figures, and the tree of its threads and parser
// processes. `weir stats RUN` asks for both; SIGUSR1 has the tree written into weir.log.
//
//   LiveBoard board(folder, settings, pipeline, log);   // RUN/live, until it is destroyed
//   if (const auto text = live_text("runs/a")) ...      // in another process
//
// Thread-safe.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "concurrency/manager_server.h"
#include "concurrency/shared_value.h"
#include "concurrency/unique_fd.h"
#include "config/settings.h"
#include "crawler/pipeline.h"
#include "crawler/run_folder.h"

namespace weir {

class LiveBoard {
 public:
  // Where no socket can be made there is no board, and the log says why. All must outlive it.
  LiveBoard(const RunFolder& folder, const config::Settings& settings, const Pipeline& pipeline,
            const std::function<void(const std::string&)>& log);

 private:
  concurrency::UniqueFd folder_;  // sockets have short paths only, so theirs begins here
  std::optional<concurrency::ManagerServer> server_;
};

// What the board of a run that goes on says, for people. Empty if there is none.
std::optional<std::string> live_text(const std::string& run_folder);

// The threads and parser processes of this crawl, each with its state, CPU time and switches, and
// as lines for people.
concurrency::Value crew_of(const Pipeline& pipeline);
std::string crew_text(const concurrency::Value& crew);

}  // namespace weir
