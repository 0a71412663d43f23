#include "concurrency/report.h"

#include <cstdio>
#include <mutex>
#include <utility>

namespace weir::concurrency {

namespace {

// A plain std::mutex: our own Mutex reports here.
struct Slot {
  std::mutex mutex;
  Reporter reporter;
};

Slot& slot() {
  static Slot& it = *new Slot;  // never destroyed: late threads may still report
  return it;
}

}  // namespace

Reporter set_reporter(Reporter reporter) {
  Slot& it = slot();
  const std::lock_guard lock(it.mutex);
  return std::exchange(it.reporter, std::move(reporter));
}

void report(std::string_view line) noexcept {
  try {
    Reporter reporter;
    {
      Slot& it = slot();
      const std::lock_guard lock(it.mutex);
      reporter = it.reporter;
    }
    if (reporter) return reporter(line);
    std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
  } catch (...) {
    // There is nobody left to tell.
  }
}

std::string describe(const std::exception_ptr& error) {
  if (!error) return "no exception";
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "an exception that is no std::exception";
  }
}

}  // namespace weir::concurrency
