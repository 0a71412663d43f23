#include "tests/fetch/raw_server.h"

#include <sys/socket.h>
#include <unistd.h>

#include "concurrency/tcp.h"
#include "fetch/header_block.h"

namespace weir::fetch {

namespace {

std::string path_of(const std::string& head) {
  const auto begin = head.find(' ') + 1;
  return head.substr(begin, head.find(' ', begin) - begin);
}

}  // namespace

Visit::Visit(int fd, std::string text) : head(std::move(text)), path(path_of(head)), fd_(fd) {}

std::string Visit::field(std::string_view name) const {
  for (std::size_t at = head.find("\r\n"); at != std::string::npos;
       at = head.find("\r\n", at + 2)) {
    const auto line = std::string_view(head).substr(at + 2, head.find("\r\n", at + 2) - at - 2);
    const auto colon = line.find(": ");
    if (colon != std::string_view::npos && same_name(line.substr(0, colon), name)) {
      return std::string(line.substr(colon + 2));
    }
  }
  return "";
}

bool Visit::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) {
      over_ = true;
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

void Visit::reply(std::string_view body, std::string_view more_fields) {
  send("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: " +
       std::to_string(body.size()) + "\r\n" + std::string(more_fields) + "\r\n" +
       std::string(body));
}

void Visit::hold() {
  char byte;
  while (recv(fd_, &byte, 1, 0) > 0) {
  }
  over_ = true;
}

void Visit::reset() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  over_ = true;
}

RawServer::RawServer(Handler handler)
    : handler_(std::move(handler)),
      listener_(concurrency::listen_loopback(0, 4096, concurrency::Blocking::kYes)),
      port_(concurrency::local_port(listener_.get())),
      acceptor_([this] { accept_all(); }) {}

RawServer::~RawServer() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    for (const int fd : open_) shutdown(fd, SHUT_RDWR);
  }
  shutdown(listener_.get(), SHUT_RDWR);
  acceptor_.join();
  for (auto& thread : threads_) thread.join();
}

std::string RawServer::url(std::string_view path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
}

void RawServer::accept_all() {
  for (;;) {
    const int fd = accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard lock(mutex_);
    if (fd < 0 || ending_) {
      if (fd >= 0) close(fd);
      if (ending_) return;
      continue;
    }
    ++connections_;
    open_.insert(fd);
    threads_.emplace_back([this, fd] { serve(fd); });
  }
}

void RawServer::serve(int fd) {
  std::string text;
  for (bool over = false; !over;) {
    std::size_t end;
    while ((end = text.find("\r\n\r\n")) == std::string::npos) {
      char chunk[4096];
      const ssize_t n = recv(fd, chunk, sizeof chunk, 0);
      if (n <= 0) break;
      text.append(chunk, static_cast<std::size_t>(n));
      if (text[0] == '\x16') break;  // a client that speaks TLS
    }
    if (end == std::string::npos) break;
    ++requests_;
    Visit visit(fd, text.substr(0, end + 2));
    text.erase(0, end + 4);
    handler_(visit);
    over = visit.over();
  }
  const std::lock_guard lock(mutex_);
  open_.erase(fd);
  close(fd);
}

}  // namespace weir::fetch
