// The least that libcurl needs to fetch a list of URLs over epoll: one multi handle, easy handles
// used again, bodies dropped. What a fetcher costs more than this is its own doing.
//
//   fetch_bare("http://127.0.0.1:8080/page", 20'000, 32);
//
// Thread-safe.
#pragma once

#include <cstddef>
#include <string>

namespace weir::fetch {

// Fetches `url` `count` times, `parallel` at once. Returns the number of replies with status 200.
std::size_t fetch_bare(const std::string& url, std::size_t count, std::size_t parallel);

}  // namespace weir::fetch
