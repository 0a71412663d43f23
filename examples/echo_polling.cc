// Rows: W01 W02 W03 W05 W10 W11 W12. Non-blocking sockets asked in turn: concurrent in one thread,
// at the price of a CPU that asks for nothing.
#include <algorithm>
#include <thread>
#include <vector>

#include "concurrency/tcp.h"
#include "examples/echo_servers.h"

namespace examples {
namespace {

using namespace weir::concurrency;

struct Client {
  UniqueFd fd;
  std::string answer;  // what has not been sent yet
  bool dead = false;
};

constexpr std::size_t kChunk = 64 * 1024;

void serve(Client& client, Variant variant) {
  static thread_local char buffer[kChunk];
  if (variant == Variant::kSeed || client.answer.size() < kChunk) {
    const IoResult got = receive(client.fd.get(), buffer);
    if (got.status == IoStatus::kOk) client.answer += upper(std::string(buffer, got.bytes));
    if (got.status == IoStatus::kClosed) client.dead = true;
  }
  if (client.answer.empty()) return;
  const IoResult sent = send_some(client.fd.get(), client.answer);
  if (sent.status == IoStatus::kClosed) {
    client.dead = true;
    return;
  }
  if (sent.status == IoStatus::kOk) {
    // The seed takes a chunk for sent when send() has returned: the rest of it is lost.
    client.answer.erase(0, variant == Variant::kSeed ? client.answer.size() : sent.bytes);
  }
  if (variant == Variant::kFixed && !client.answer.empty()) client.dead = false;
}

}  // namespace

void serve_polling(int listener, Variant variant, EchoStats& stats, std::stop_token stop) {
  std::vector<Client> clients;
  while (!stop.stop_requested()) {
    while (UniqueFd fd = accept_one(listener)) clients.push_back({std::move(fd), {}, false});
    for (std::size_t i = 0; i < clients.size(); ++i) {
      serve(clients[i], variant);
      if (variant == Variant::kSeed && clients[i].dead) {  // skips the neighbour in this pass
        clients.erase(clients.begin() + static_cast<long>(i));
        ++stats.served;
      }
    }
    stats.served += std::erase_if(clients, [](const Client& client) { return client.dead; });
    std::this_thread::yield();  // "do something else"
  }
}

}  // namespace examples
