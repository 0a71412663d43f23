#include "site/http_server.h"

#include <gtest/gtest.h>

#include <memory>
#include <system_error>
#include <thread>
#include <vector>

#include "tests/site/plain_client.h"

namespace weir::site {
namespace {

class Serving {
 public:
  explicit Serving(HttpServer::Handler handler)
      : server_(0, std::move(handler)), thread_([this] { server_.run(); }) {}
  ~Serving() {
    server_.stop();
    thread_.join();
  }
  std::uint16_t port() const { return server_.port(); }

 private:
  HttpServer server_;
  std::thread thread_;
};

Reply echo(const Request& request) {
  Reply reply;
  reply.body = std::string(request.target) + (request.accepts_gzip ? " gzip" : "");
  return reply;
}

std::string ask(std::uint16_t port, std::string_view request) {
  PlainClient client(port);
  client.send(request);
  return client.read();
}

TEST(HttpServer, AnswersWithLengthAndType) {
  const Serving serving(echo);
  const std::string reply = ask(serving.port(), get("/a?b"));
  EXPECT_EQ(reply.substr(0, 17), "HTTP/1.1 200 OK\r\n");
  EXPECT_NE(reply.find("Content-Length: 4\r\n"), std::string::npos);
  EXPECT_EQ(reply.substr(reply.size() - 8), "\r\n\r\n/a?b");
  EXPECT_NE(
      ask(serving.port(), "GET / HTTP/1.0\r\nACCEPT-Encoding: br, GZip\r\n\r\n").find("/ gzip"),
      std::string::npos);
}

TEST(HttpServer, HeadHasNoBodyAndOtherMethodsAreRefused) {
  const Serving serving(echo);
  const std::string head = ask(serving.port(), "HEAD /abc HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_NE(head.find("Content-Length: 4"), std::string::npos);
  EXPECT_EQ(head.substr(head.size() - 4), "\r\n\r\n");
  EXPECT_EQ(ask(serving.port(), "POST / HTTP/1.1\r\n\r\n").substr(0, 12), "HTTP/1.1 405");
}

TEST(HttpServer, KeepsConnectionsAndTakesPipelinedRequests) {
  const Serving serving(echo);
  PlainClient client(serving.port());
  client.send("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\nGET /3 HT");
  EXPECT_NE(client.read_reply().find("/1"), std::string::npos);
  EXPECT_NE(client.read_reply().find("/2"), std::string::npos);
  client.send("TP/1.1\r\n\r\n");
  EXPECT_NE(client.read_reply().find("/3"), std::string::npos);
}

TEST(HttpServer, IdleConnectionsStarveNobody) {
  const Serving serving(echo);
  std::vector<std::unique_ptr<PlainClient>> idle;
  for (int i = 0; i < 300; ++i) {
    idle.push_back(std::make_unique<PlainClient>(serving.port()));
    idle.back()->send("GET /half");
  }
  EXPECT_NE(ask(serving.port(), get("/whole")).find("/whole"), std::string::npos);
}

TEST(HttpServer, LargeBodiesArriveWhole) {
  const std::string body(5'000'000, 'x');
  const Serving serving([&](const Request&) { return Reply{.body = body}; });
  const std::string reply = ask(serving.port(), get("/"));
  EXPECT_EQ(reply.substr(reply.find("\r\n\r\n") + 4), body);
}

TEST(HttpServer, DelaysAndTricklesHoldNobodyElseUp) {
  using std::chrono::steady_clock;
  const Serving serving([](const Request& request) {
    Reply reply{.body = std::string(1000, 'x')};
    if (request.target == "/late") reply.delay = std::chrono::milliseconds(300);
    if (request.target == "/slow") reply.trickle = std::chrono::milliseconds(300);
    return reply;
  });
  for (const char* target : {"/late", "/slow"}) {
    const auto start = steady_clock::now();
    PlainClient waiting(serving.port());
    waiting.send(get(target));
    EXPECT_EQ(ask(serving.port(), get("/now")).size(), waiting.read().size()) << target;
    EXPECT_GE(steady_clock::now() - start, std::chrono::milliseconds(250)) << target;
  }
}

TEST(HttpServer, Faults) {
  const Serving serving([](const Request& request) {
    Reply reply{.body = std::string(1000, 'x')};
    reply.fault = request.target == "/cut"     ? Fault::kCut
                  : request.target == "/reset" ? Fault::kReset
                                               : Fault::kNoHttp;
    reply.cut_at = 100;
    return reply;
  });
  const std::string cut = ask(serving.port(), "GET /cut HTTP/1.1\r\n\r\n");
  EXPECT_NE(cut.find("Content-Length: 1000"), std::string::npos);
  EXPECT_EQ(cut.size() - cut.find("\r\n\r\n") - 4, 100u);
  PlainClient reset(serving.port());
  reset.send("GET /reset HTTP/1.1\r\n\r\n");
  EXPECT_EQ(reset.read(), "");
  EXPECT_TRUE(reset.was_reset());
  EXPECT_NE(ask(serving.port(), "GET /x HTTP/1.1\r\n\r\n").substr(0, 4), "HTTP");
}

TEST(HttpServer, AnEndlessRequestIsDropped) {
  const Serving serving(echo);
  PlainClient client(serving.port());
  client.send("GET / HTTP/1.1\r\n");
  const std::string line = "X: " + std::string(1000, 'x') + "\r\n";
  for (int i = 0; i < 100; ++i) client.send(line);
  EXPECT_EQ(client.read(), "");
}

TEST(HttpServer, ATakenPortThrows) {
  const HttpServer first(0, echo);
  EXPECT_THROW(HttpServer(first.port(), echo), std::system_error);
}

}  // namespace
}  // namespace weir::site
