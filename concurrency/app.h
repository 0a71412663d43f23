// The life of a program with threads: what main() of Python does when its code has ended.
// Foreground threads are waited for; then the exit handlers run; then the daemons are asked to
// stop, and are given a grace; one that ignores it cannot keep the process.
//
//   int main() {
//     return run_app([] { Thread::launch({.name = "crawl"}, crawl); return 0; });
//   }
//
// run_app is Thread-bound (the main thread), at_app_exit Thread-safe.
#pragma once

#include "concurrency/deadline.h"
#include "concurrency/unique_function.h"

namespace weir::concurrency {

// Runs `main_function` and then the ending described above. Returns its result; the code of a
// QuietExit; or 1 for any other exception, which goes to the thread exception hook. If a daemon is
// still alive after the grace, flushes stdio and leaves by _Exit, since what it uses cannot be
// destroyed.
int run_app(UniqueFunction<int()> main_function, Clock::duration grace = std::chrono::seconds(2));

// Runs `handler` once, when the last foreground thread has ended; the latest first. What it throws
// is reported. Throws ThreadMisuse once the handlers have begun to run.
void at_app_exit(UniqueFunction<void()> handler);

}  // namespace weir::concurrency
