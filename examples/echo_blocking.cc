// Rows: V05 V06 V08 V09 V10. The blocking servers: a call stays until its IO has ended, in the only
// thread, in one thread of many, or in one of a bounded number.
#include <poll.h>

#include <list>
#include <thread>
#include <vector>

#include "concurrency/tcp.h"
#include "concurrency/thread_pool.h"
#include "examples/echo_servers.h"

namespace examples {
namespace {

using namespace weir::concurrency;

UniqueFd accept_until(int listener, const std::stop_token& stop) {
  pollfd ready{listener, POLLIN, 0};
  while (!stop.stop_requested())
    if (::poll(&ready, 1, 10) > 0)
      if (UniqueFd client = accept_one(listener, Blocking::kYes)) return client;
  return UniqueFd();
}

void serve_client(UniqueFd client, Variant variant, EchoStats& stats) {
  std::string buffer(4096, '\0');
  for (;;) {
    const IoResult got = receive(client.get(), buffer);
    if (got.status == IoStatus::kClosed) {
      // The seed never leaves its loop at the end of file, which it reads for ever. A watchdog ends
      // the demonstration.
      if (variant == Variant::kFixed || ++stats.empty_reads >= 1000) break;
      continue;
    }
    const std::string answer = upper(buffer.substr(0, got.bytes));
    for (std::string_view rest = answer; !rest.empty();) {  // a send may take a part
      const IoResult sent = send_some(client.get(), rest);
      if (sent.status != IoStatus::kOk) break;
      rest.remove_prefix(sent.bytes);
    }
  }
  client.reset();
  ++stats.served;
}

}  // namespace

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

void serve_blocking(int listener, Variant variant, EchoStats& stats, std::stop_token stop) {
  while (UniqueFd client = accept_until(listener, stop))
    serve_client(std::move(client), variant, stats);
}

void serve_threads(int listener, EchoStats& stats, std::stop_token stop) {
  struct Client {
    std::atomic<bool> ended{false};
    std::jthread thread;  // last: joined before what it writes dies
  };
  std::list<Client> clients;  // grows with the clients: nothing bounds it
  while (UniqueFd fd = accept_until(listener, stop)) {
    clients.remove_if([](const Client& client) { return client.ended.load(); });
    Client& client = clients.emplace_back();
    client.thread = std::jthread([fd = std::move(fd), &stats, &client]() mutable {
      serve_client(std::move(fd), Variant::kFixed, stats);
      client.ended = true;
    });
  }
}

void serve_pool(int listener, int threads, EchoStats& stats, std::stop_token stop) {
  ThreadPool pool({.threads = threads});  // beyond the bound clients wait; their IO is no faster
  while (UniqueFd client = accept_until(listener, stop))
    pool.submit([fd = std::move(client), &stats]() mutable {
      serve_client(std::move(fd), Variant::kFixed, stats);
    });
}

}  // namespace examples
