// Rows: S02 U02 X01 Y01. A coroutine for each client, written as if it blocked; the loop asks any
// poller (io_uring too, by its readiness). A client that never reads stops only its own coroutine,
// and the server holds one chunk for it.
#include <array>

#include "concurrency/task_group.h"
#include "concurrency/tcp.h"
#include "examples/echo_servers.h"

namespace examples {

using namespace weir::concurrency;

namespace {

Task<> serve_client(EventLoop& loop, UniqueFd client, EchoStats& stats) {
  struct Count {
    EchoStats& stats;
    ~Count() { ++stats.served; }
  } count{stats};
  std::array<char, 4096> buffer;
  for (;;) {
    co_await loop.readable(client.get());
    const IoResult got = receive(client.get(), buffer);
    if (got.status == IoStatus::kClosed) co_return;
    const std::string answer = upper(std::string(buffer.data(), got.bytes));
    for (std::string_view rest = answer; !rest.empty();) {
      const IoResult sent = send_some(client.get(), rest);
      if (sent.status == IoStatus::kClosed) co_return;
      if (sent.status == IoStatus::kWouldBlock) co_await loop.writable(client.get());
      rest.remove_prefix(sent.bytes);
    }
  }
}

}  // namespace

Task<> serve_coroutines(EventLoop& loop, int listener, EchoStats& stats) {
  TaskGroup clients(loop);
  for (;;) {
    co_await loop.readable(listener);
    while (UniqueFd client = accept_one(listener))
      clients.spawn(serve_client(loop, std::move(client), stats));
  }
}

}  // namespace examples
