// A small HTTP/1.1 server for GET and HEAD, able to misbehave on purpose. One thread, epoll, any
// number of connections: idle ones cost nothing, none can starve another.
//
//   HttpServer server(0, [](const Request& request) { return Reply{.body = "hi"}; });
//   std::thread thread([&] { server.run(); });
//   ... server.port() ... server.stop(); thread.join();
//
// Thread-bound but for stop(), which any thread may call.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::site {

struct Request {
  std::string_view target;  // path and query
  bool accepts_gzip = false;
};

enum class Fault {
  kNone,
  kCut,     // the connection closes at cut_at
  kReset,   // nothing is sent, the connection is reset
  kNoHttp,  // bytes that are no HTTP, then the end
};

struct Reply {
  int status = 200;
  std::string content_type = "text/html; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::chrono::milliseconds delay{0};    // before the first byte
  std::chrono::milliseconds trickle{0};  // that the whole takes, in pieces
  Fault fault = Fault::kNone;
  std::size_t cut_at = 0;  // of the body, with kCut
};

class HttpServer {
 public:
  using Handler = std::function<Reply(const Request&)>;

  // Binds 127.0.0.1; port 0 picks one. Throws std::system_error if it cannot.
  HttpServer(std::uint16_t port, Handler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;
  void run();            // serves until stop(); connections are dropped then
  void stop() noexcept;  // idempotent

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::site
