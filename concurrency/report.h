// Where this library tells what it can return to nobody: an exception that left a thread or a
// callback, a lock destroyed while held. The default writes one line to stderr; the application
// installs its log instead.
//
//   set_reporter([](std::string_view line) { spdlog::error("{}", line); });
//
// Thread-safe.
#pragma once

#include <exception>
#include <functional>
#include <string>
#include <string_view>

namespace weir::concurrency {

using Reporter = std::function<void(std::string_view line)>;

// Replaces the reporter and returns the one before; an empty one means stderr. It runs on the
// thread that has something to report, without locks held; what it throws is dropped.
Reporter set_reporter(Reporter reporter);

// Reports one line (without a newline).
void report(std::string_view line) noexcept;

// what() of the exception, or a word for one that has none.
std::string describe(const std::exception_ptr& error);

}  // namespace weir::concurrency
