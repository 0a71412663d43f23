// Rows: J12 J14 J15 J16 J17. Main's code ends; the process still waits for its foreground threads,
// and not for daemons: the daemon is asked to stop in the middle of its sleep, and its last line
// never comes.
#include <string>

#include "concurrency/app.h"
#include "concurrency/event.h"
#include "concurrency/thread.h"
#include "examples/check.h"

using namespace weir::concurrency;
using namespace std::chrono_literals;

int main() {
  std::puts("Rows: J12 J14 J15 J16 J17");
  Mutex mutex("lines");
  std::string lines;
  const auto say = [&](const char* line) {
    const MutexLock lock(mutex);
    lines += line;
  };
  Event daemon_runs, main_over;
  const int code = run_app([&] {
    Thread::launch({.name = "daemon", .daemon = true}, [&](std::stop_token stop) {
      say("daemon ");
      daemon_runs.set();
      Event never;
      if (never.wait_until(after(60s), stop)) say("daemon over ");  // cut off in its sleep
    });
    daemon_runs.wait();
    Thread::launch({.name = "child", .daemon = false}, [&] {
      main_over.wait();
      say("child over");
    });
    say("main over, ");
    main_over.set();
    return 0;
  });
  std::puts(lines.c_str());
  require(code == 0, "the process ends as main's code said");
  require(lines == "daemon main over, child over",
          "main's end waits for the foreground thread, and cuts the daemon off");

  Thread started({.daemon = true}, [] {});
  started.start();
  require(started.daemon(),
          "a daemon is made one before its start: there is no way to say so later");
}
