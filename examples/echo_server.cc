// Rows: N09 V04 V05 V06 V08 V09 V10 V11 W03 W06 W10 W11 X03 X04 X05 Y01. The upper-case server
// under each model of IO, with clients that check every byte.
//   echo_server --io blocking|threads|pool|polling|select|spin|poll|epoll|uring [--variant=seed]
#include <sys/socket.h>

#include <cstring>
#include <system_error>
#include <thread>
#include <vector>

#include "concurrency/tcp.h"
#include "examples/check.h"
#include "examples/echo_servers.h"

using namespace weir::concurrency;
using namespace examples;

// Sends all from one thread and reads all in another: no order of the two can hang the client. A
// slow reader reads when it has sent all.
std::size_t bytes_back(std::uint16_t port, const std::string& message, bool* right,
                       bool slow = false) {
  UniqueFd fd = connect_loopback(port, Blocking::kYes);
  std::jthread sender([&] {
    for (std::string_view rest = message; !rest.empty();) {
      const IoResult sent = send_some(fd.get(), rest);
      if (sent.status != IoStatus::kOk) break;
      rest.remove_prefix(sent.bytes);
    }
    ::shutdown(fd.get(), SHUT_WR);
  });
  if (slow) sender.join();
  std::string answer(message.size(), '\0');
  std::size_t size = 0;
  while (size < answer.size()) {
    const IoResult got = receive(fd.get(), std::span(answer).subspan(size));
    if (got.status != IoStatus::kOk) break;
    size += got.bytes;
  }
  *right = answer == upper(message);
  ::shutdown(fd.get(), SHUT_RDWR);
  return size;
}

int main(int argc, char** argv) {
  std::puts("Rows: N09 V04 V05 V06 V08 V09 V10 V11 W03 W06 W10 W11 X03 X04 X05 Y01");
  std::string io = "epoll";
  Variant variant = Variant::kFixed;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--io") == 0 && i + 1 < argc) io = argv[++i];
    if (std::strcmp(argv[i], "--variant=seed") == 0) variant = Variant::kSeed;
  }
  UniqueFd listener = listen_loopback();
  const std::uint16_t port = local_port(listener.get());
  const int fd = listener.get();
  EchoStats stats;
  std::jthread server([&](std::stop_token stop) {
    if (io == "blocking") return serve_blocking(fd, variant, stats, stop);
    if (io == "threads") return serve_threads(fd, stats, stop);
    if (io == "pool") return serve_pool(fd, 2, stats, stop);
    if (io == "polling") return serve_polling(fd, variant, stats, stop);
    if (io == "select") return serve_select(fd, variant, stats, stop);
    PollerKind kind = PollerKind::kEpoll;
    for (PollerKind one : {PollerKind::kSpin, PollerKind::kPoll, PollerKind::kUring})
      if (io == to_string(one)) kind = one;
    try {
      EventLoop loop(kind);
      auto task = loop.spawn(serve_coroutines(loop, fd, stats));
      const std::stop_callback on_stop(stop, [&] { loop.post([&] { task.cancel(); }); });
      loop.run();
    } catch (const std::system_error& error) {
      std::printf("%s: %s\n", io.c_str(), error.what());
      std::exit(0);
    }
  });

  bool right = false;
  if (variant == Variant::kSeed && io == "blocking") {
    bytes_back(port, "hello", &right);
    bytes_back(port, "next", &right);
    require(stats.empty_reads >= 1000, "the seed reads the end of file for ever");
  } else if (variant == Variant::kSeed && io == "select") {
    const std::size_t size = bytes_back(port, std::string(2048, 'x'), &right);
    server.join();
    require(size < 2048 && stats.died, "two chunks before the answer: one lost, the server dead");
  } else if (variant == Variant::kSeed) {
    const int small = 16 * 1024;  // the accepted sockets inherit it
    ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    const std::string message(1 << 20, 'x');
    const std::size_t size = bytes_back(port, message, &right, true);
    require(size < message.size(), "what a slow reader's buffer had no room for is lost");
  } else {
    std::vector<std::jthread> clients;
    std::atomic<int> good{0};
    for (std::size_t size : {1u, 1024u, 1u << 20, 7u, 65'537u, 100'000u}) {
      clients.emplace_back([&, size] {
        std::string message(size, '\0');
        for (std::size_t i = 0; i < size; ++i) message[i] = static_cast<char>('a' + i % 26);
        bool same = false;
        bytes_back(port, message, &same);
        if (same) ++good;
      });
    }
    clients.clear();  // joins
    require(good == 6, "every byte of six clients came back, in order and upper-case");
  }
}
