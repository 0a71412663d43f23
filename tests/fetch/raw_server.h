// A TCP server for tests that says exactly the bytes it is told to, when it is told to: what real
// servers do to crawlers, on purpose. One thread per connection.
//
//   RawServer server([](Visit& visit) { visit.send("HTTP/1.1 200 OK\r\n\r\nhello");
//   visit.hang_up(); }); get(server.url("/x"));
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>

#include "concurrency/unique_fd.h"

namespace weir::fetch {

// One request and the connection it came on. Returning from the handler without hang_up() or
// reset() waits for the next request on the same connection.
class Visit {
 public:
  Visit(int fd, std::string head);

  const std::string head;  // up to the blank line
  const std::string path;
  // The value of a field of the request, empty if absent.
  std::string field(std::string_view name) const;

  bool send(std::string_view bytes);  // false once the peer is gone
  void reply(std::string_view body, std::string_view more_fields = "");  // 200, with its length
  void hold();  // until the peer hangs up or the server ends
  void hang_up() { over_ = true; }
  void reset();  // an RST, not a FIN
  bool over() const { return over_; }

 private:
  int fd_;
  bool over_ = false;
};

class RawServer {
 public:
  using Handler = std::function<void(Visit&)>;  // on any thread
  explicit RawServer(Handler handler);
  ~RawServer();

  std::uint16_t port() const { return port_; }
  std::string url(std::string_view path) const;
  int connections() const { return connections_; }
  int requests() const { return requests_; }

 private:
  void accept_all();
  void serve(int fd);

  Handler handler_;
  concurrency::UniqueFd listener_;
  std::uint16_t port_;
  std::atomic<int> connections_{0}, requests_{0};
  std::mutex mutex_;
  std::set<int> open_;
  bool ending_ = false;
  std::list<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace weir::fetch
