// What the system refused, as an exception.
//
//   if (!fd) throw_errno("open " + path);
//
// Thread-safe.
#pragma once

#include <cerrno>
#include <string>
#include <system_error>

namespace weir::concurrency {

[[noreturn]] inline void throw_errno(const std::string& what) {
  throw std::system_error(errno, std::system_category(), what);
}

}  // namespace weir::concurrency
