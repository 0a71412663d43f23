// What a fetcher of ours is measured against: libcurl with as little around it as can be.
//
//   fetch_bare("http://127.0.0.1:8080/page", 20'000, 32);
//
// fetch_bare(): Thread-safe. DefaultCurl: Thread-bound.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace weir::fetch {

// The least that libcurl needs over epoll: one multi handle, easy handles used again, bodies
// dropped. Fetches `url` `count` times, `parallel` at once. Returns the number of replies with
// status 200.
std::size_t fetch_bare(const std::string& url, std::size_t count, std::size_t parallel);

// One easy handle as a program has it that sets nothing but the URL and whom to trust.
class DefaultCurl {
 public:
  explicit DefaultCurl(const std::string& ca_file);
  ~DefaultCurl();
  // One after the other. Returns the number of replies with status 200.
  std::size_t fetch(const std::string& url, std::size_t count);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir::fetch
