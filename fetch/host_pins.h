// Makes libcurl use the addresses that Names found: the lines of CURLOPT_RESOLVE for one of its
// DNS caches. An entry stays in that cache for ever, so pins that nobody uses are taken out again.
//
//   CurlList lines = pins.pin("example.org:443", {"93.184.216.34"});
//   ... the transfer ...
//   pins.release("example.org:443");
//
// Thread-compatible: as the handle whose cache it describes.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "fetch/curl_handles.h"

namespace weir::fetch {

class HostPins {
 public:
  explicit HostPins(std::size_t idle_limit) : idle_limit_(idle_limit) {}

  // The lines for the transfer that starts now: empty if the cache says the same already.
  CurlList pin(const std::string& host_port, const std::vector<std::string>& addresses);
  void release(const std::string& host_port) noexcept;

 private:
  struct Pin {
    std::string addresses;
    std::size_t users = 0;
  };
  std::unordered_map<std::string, Pin> pins_;
  std::size_t idle_limit_;
  std::size_t idle_ = 0;
};

}  // namespace weir::fetch
