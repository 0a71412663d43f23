// How many descriptors this process may open.
//
// Thread-safe.
#pragma once

#include <cstddef>

namespace weir::concurrency {

// Raises the soft limit (often 1,024) to the hard one, as far as the kernel allows, and returns
// what holds now.
std::size_t raise_fd_limit() noexcept;

}  // namespace weir::concurrency
