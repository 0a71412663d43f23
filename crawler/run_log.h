// weir.log: one line an event, with time, level and thread. The only place that knows spdlog.
//
//   RunLog log(folder.path("weir.log"));
//   log.line("warning: urls.txt:3: ...");
//   log.reopen();                                   // after logrotate moved the file (SIGHUP)
//
// Thread-safe.
#pragma once

#include <memory>
#include <string>

namespace weir {

class RunLog {
 public:
  // Throws std::system_error if the file cannot be opened.
  explicit RunLog(std::string path);
  ~RunLog();

  // "warning: " and "error: " at the start set the level.
  void line(const std::string& text);
  void flush();  // lines of a level below warning may wait
  void reopen();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir
