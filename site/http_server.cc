#include "site/http_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <map>
#include <system_error>
#include <unordered_map>

namespace weir::site {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxRequest = 64 * 1024;
constexpr int kTricklePieces = 10;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {
    if (fd < 0) throw std::system_error(errno, std::generic_category(), "weir site");
  }
  ~Descriptor() { ::close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

void require(bool ok, const char* what) {
  if (!ok) throw std::system_error(errno, std::generic_category(), what);
}

std::string_view reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 410:
      return "Gone";
    default:
      return status < 500 ? "Bad Request" : "Internal Server Error";
  }
}

bool contains(std::string_view text, std::string_view lower) {
  return std::search(text.begin(), text.end(), lower.begin(), lower.end(),
                     [](unsigned char a, char b) { return std::tolower(a) == b; }) != text.end();
}

// The value of a header in the head of a request; empty if it is not there.
std::string_view header(std::string_view head, std::string_view lower_name) {
  for (auto at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at + 2)) {
    const std::string_view line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
    if (line.size() > lower_name.size() && line[lower_name.size()] == ':' &&
        contains(line.substr(0, lower_name.size()), lower_name)) {
      return line.substr(lower_name.size() + 1);
    }
  }
  return {};
}

struct Connection {
  Connection(int fd, std::uint64_t serial) : socket(fd), serial(serial) {}
  Descriptor socket;
  std::uint64_t
      serial;  // a timer may outlive its connection, and the descriptor's number comes again
  std::string in;
  std::string out;
  std::size_t sent = 0;
  std::size_t allowed = 0;  // of out, for now: replies may be delayed and trickle
  bool busy = false;        // a reply is under way
  bool started = false;     // its delay is over
  bool close_after = false;
  bool reset_after = false;
  std::chrono::milliseconds piece_time{0};
  std::uint32_t watched = EPOLLIN;
};

std::string head_of(const Reply& reply, bool keep_alive) {
  std::string head = "HTTP/1.1 " + std::to_string(reply.status) + " ";
  head.append(reason(reply.status)).append("\r\nContent-Type: ").append(reply.content_type);
  head.append("\r\nContent-Length: ").append(std::to_string(reply.body.size()));
  for (const auto& [name, value] : reply.headers)
    head.append("\r\n").append(name).append(": ").append(value);
  head.append(keep_alive ? "\r\n\r\n" : "\r\nConnection: close\r\n\r\n");
  return head;
}

}  // namespace

struct HttpServer::Impl {
  Impl(std::uint16_t port, Handler handle)
      : handler(std::move(handle)),
        epoll(::epoll_create1(EPOLL_CLOEXEC)),
        wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        listener(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    const int on = 1;
    ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t length = sizeof address;
    require(::bind(listener.get(), generic, length) == 0, "cannot bind 127.0.0.1");
    require(::listen(listener.get(), 4096) == 0, "cannot listen");
    require(::getsockname(listener.get(), generic, &length) == 0, "getsockname");
    bound = ntohs(address.sin_port);
    watch(listener.get(), EPOLLIN, EPOLL_CTL_ADD);
    watch(wake.get(), EPOLLIN, EPOLL_CTL_ADD);
  }

  void watch(int fd, std::uint32_t events, int operation) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    require(::epoll_ctl(epoll.get(), operation, fd, &event) == 0, "epoll_ctl");
  }

  void run() {
    epoll_event events[256];
    while (true) {
      const int count = ::epoll_wait(epoll.get(), events, 256, timeout());
      if (count < 0 && errno != EINTR) require(false, "epoll_wait");
      for (int i = 0; i < count; ++i) {
        const int fd = events[i].data.fd;
        if (fd == wake.get()) return connections.clear();
        if (fd == listener.get()) {
          accept_all();
        } else if (const auto found = connections.find(fd); found != connections.end()) {
          serve(*found->second, events[i].events);
        }
      }
      run_timers();
    }
  }

  int timeout() const {
    if (timers.empty()) return -1;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(timers.begin()->first - Clock::now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
  }

  void accept_all() {
    while (true) {
      const int fd = ::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;  // none left, or no descriptors: the backlog keeps the rest
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      connections[fd] = std::make_unique<Connection>(fd, ++serial);
      watch(fd, EPOLLIN, EPOLL_CTL_ADD);
    }
  }

  void drop(Connection& connection) { connections.erase(connection.socket.get()); }

  void serve(Connection& connection, std::uint32_t events) {
    if ((events & (EPOLLHUP | EPOLLERR)) != 0) return drop(connection);
    if ((events & EPOLLIN) != 0) {
      char bytes[16 * 1024];
      const ssize_t count = ::recv(connection.socket.get(), bytes, sizeof bytes, 0);
      if (count == 0 || (count < 0 && errno != EAGAIN)) return drop(connection);
      if (count > 0) connection.in.append(bytes, static_cast<std::size_t>(count));
    }
    advance(connection);
  }

  // Takes requests and writes replies until the connection has to wait for something.
  void advance(Connection& connection) {
    while (true) {
      if (!connection.busy) {
        const auto end = connection.in.find("\r\n\r\n");
        if (end == std::string::npos) {
          if (connection.in.size() > kMaxRequest) return drop(connection);
          return wait_for(connection, EPOLLIN);
        }
        begin_reply(connection, std::string_view(connection.in).substr(0, end));
        connection.in.erase(0, end + 4);
      }
      while (connection.sent < connection.allowed) {
        const ssize_t count =
            ::send(connection.socket.get(), connection.out.data() + connection.sent,
                   connection.allowed - connection.sent, MSG_NOSIGNAL);
        if (count < 0) {
          if (errno == EAGAIN) return wait_for(connection, EPOLLOUT);
          return drop(connection);
        }
        connection.sent += static_cast<std::size_t>(count);
      }
      if (!connection.started || connection.sent < connection.out.size()) {
        return wait_for(connection, 0);  // for its timer
      }
      if (connection.reset_after) return reset(connection);
      if (connection.close_after) return drop(connection);
      connection.busy = false;
      connection.out.clear();
    }
  }

  void wait_for(Connection& connection, std::uint32_t events) {
    if (connection.watched == events) return;
    connection.watched = events;
    watch(connection.socket.get(), events, EPOLL_CTL_MOD);
  }

  void reset(Connection& connection) {
    const linger hard{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(connection.socket.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    drop(connection);
  }

  void begin_reply(Connection& connection, std::string_view head) {
    const auto method_end = std::min(head.find(' '), head.size());
    const std::string_view method = head.substr(0, method_end);
    const std::string_view rest = head.substr(std::min(method_end + 1, head.size()));
    const std::string_view target = rest.substr(0, rest.find(' '));
    Reply reply;
    if (method == "GET" || method == "HEAD") {
      reply = handler({target, contains(header(head, "accept-encoding"), "gzip")});
    } else {
      reply = {.status = 405, .content_type = "text/plain", .body = "GET or HEAD\n"};
    }
    const bool keep_alive = !contains(header(head, "connection"), "close") &&
                            reply.fault == Fault::kNone &&
                            rest.find("HTTP/1.0") == std::string_view::npos && reply.status != 405;
    connection.busy = true;
    connection.sent = 0;
    connection.close_after = !keep_alive;
    connection.reset_after = reply.fault == Fault::kReset;
    switch (reply.fault) {
      case Fault::kReset:
        connection.out.clear();
        break;
      case Fault::kNoHttp:
        connection.out = "220 this is no web server\r\n";
        break;
      case Fault::kCut:
      case Fault::kNone:
        connection.out = head_of(reply, keep_alive);
        if (reply.fault == Fault::kCut)
          reply.body.resize(std::min(reply.cut_at, reply.body.size()));
        if (method != "HEAD") connection.out += reply.body;
    }
    connection.piece_time = reply.trickle / kTricklePieces;
    connection.started = reply.delay.count() == 0 && reply.trickle.count() == 0;
    connection.allowed = connection.started ? connection.out.size() : 0;
    if (!connection.started) {
      timers.emplace(Clock::now() + reply.delay,
                     std::pair(connection.socket.get(), connection.serial));
    }
  }

  void run_timers() {
    const auto now = Clock::now();
    while (!timers.empty() && timers.begin()->first <= now) {
      const auto [fd, wanted] = timers.begin()->second;
      timers.erase(timers.begin());
      const auto found = connections.find(fd);
      if (found == connections.end() || found->second->serial != wanted) continue;
      Connection& connection = *found->second;
      connection.started = true;
      if (connection.piece_time.count() == 0) {
        connection.allowed = connection.out.size();
      } else {
        connection.allowed = std::min(
            connection.out.size(), connection.allowed + connection.out.size() / kTricklePieces + 1);
        if (connection.allowed < connection.out.size()) {
          timers.emplace(now + connection.piece_time, std::pair(fd, wanted));
        }
      }
      advance(connection);
    }
  }

  Handler handler;
  Descriptor epoll;
  Descriptor wake;
  Descriptor listener;
  std::uint16_t bound = 0;
  std::uint64_t serial = 0;
  std::unordered_map<int, std::unique_ptr<Connection>> connections;
  std::multimap<Clock::time_point, std::pair<int, std::uint64_t>> timers;
};

HttpServer::HttpServer(std::uint16_t port, Handler handler)
    : impl_(std::make_unique<Impl>(port, std::move(handler))) {}

HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::port() const { return impl_->bound; }

void HttpServer::run() { impl_->run(); }

void HttpServer::stop() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(impl_->wake.get(), &one, sizeof one);
}

}  // namespace weir::site
