// The line that lives on the terminal while a crawl runs; nothing on a pipe.
//
//   LiveLine line(STDERR_FILENO, enabled);
//   line.show(settings, pipeline.progress());
//   line.clear();
//
// Thread-bound.
#pragma once

#include <string>

#include "config/settings.h"
#include "crawler/pipeline.h"

namespace weir {

class LiveLine {
 public:
  // Off unless `fd` is a terminal.
  LiveLine(int fd, bool enabled);
  ~LiveLine() { clear(); }

  bool on() const { return on_; }
  void show(const config::Settings& settings, const Progress& now);
  void clear();

 private:
  const int fd_;
  const bool on_;
  bool shown_ = false;
  double last_elapsed_ = 0;
  std::uint64_t last_records_ = 0;
  double rate_ = 0;  // records a second, smoothed
};

// "12m 05s"
std::string human_time(double seconds);
// "1.2 MiB"
std::string human_bytes(double bytes);

}  // namespace weir
