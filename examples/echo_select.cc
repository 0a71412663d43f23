// Rows: X01 X03 X06. One call asks the system which sockets are ready, and waits until one is.
#include <map>
#include <stdexcept>
#include <vector>

#include "concurrency/tcp.h"
#include "examples/echo_servers.h"

namespace examples {
namespace {

using namespace weir::concurrency;

struct Client {
  UniqueFd fd;
  std::string answer;
};

constexpr std::size_t kChunk = 1024;
constexpr std::size_t kHighWater = 64 * 1024;

class Server {
 public:
  Server(int listener, Variant variant, EchoStats& stats)
      : listener_(listener), variant_(variant), stats_(stats) {
    poller_->add(listener, Poller::kRead);
  }

  void serve(const std::stop_token& stop) {
    std::vector<Poller::Ready> ready;
    while (!stop.stop_requested()) {
      poller_->wait(std::chrono::steady_clock::now() + std::chrono::milliseconds(10), ready);
      for (const auto& [fd, events] : ready)
        if (events & Poller::kRead) fd == listener_ ? accept() : read(fd);
      for (const auto& [fd, events] : ready)
        if (events & Poller::kWrite) variant_ == Variant::kSeed ? send_seed(fd) : send(fd);
    }
  }

 private:
  void accept() {
    while (UniqueFd fd = accept_one(listener_)) {
      const int number = fd.get();
      poller_->add(number, Poller::kRead);
      clients_[number].fd = std::move(fd);
    }
  }

  void read(int fd) {
    Client& client = clients_.at(fd);
    char buffer[kChunk];
    const IoResult got = receive(fd, buffer);
    if (got.status == IoStatus::kClosed && (client.answer.empty() || variant_ == Variant::kSeed))
      return drop(fd);
    if (got.status == IoStatus::kClosed) {  // half-closed: the rest is still to be sent
      ended_[fd] = true;
      poller_->modify(fd, Poller::kWrite);
      return;
    }
    if (got.status != IoStatus::kOk) return;
    const std::string answer = upper(std::string(buffer, got.bytes));
    if (variant_ == Variant::kSeed) {  // overwrites an answer that has not been sent
      client.answer = answer;
      ++writers_[fd];
    } else {
      client.answer += answer;
    }
    poller_->modify(fd, Poller::kWrite | (client.answer.size() < kHighWater ? Poller::kRead : 0));
  }

  // datas.pop() for each entry of w_list, which holds a client once for each chunk that came.
  void send_seed(int fd) {
    Client& client = clients_.at(fd);
    if (client.answer.empty()) throw std::out_of_range("KeyError");
    send_some(fd, client.answer);
    client.answer.clear();
    if (--writers_[fd] == 0) poller_->modify(fd, Poller::kRead);
  }

  void send(int fd) {
    const auto found = clients_.find(fd);
    if (found == clients_.end()) return;  // dropped in this pass
    Client& client = found->second;
    const IoResult sent = send_some(fd, client.answer);
    if (sent.status == IoStatus::kClosed) return drop(fd);
    client.answer.erase(0, sent.bytes);
    const bool ended = ended_.contains(fd);
    if (client.answer.empty() && ended) return drop(fd);
    poller_->modify(fd, (client.answer.empty() ? 0 : Poller::kWrite) |
                            (!ended && client.answer.size() < kHighWater ? Poller::kRead : 0));
  }

  void drop(int fd) {
    poller_->remove(fd);
    clients_.erase(fd);
    ended_.erase(fd);
    ++stats_.served;
  }

  const int listener_;
  const Variant variant_;
  EchoStats& stats_;
  std::unique_ptr<Poller> poller_ = make_poller(PollerKind::kSelect);
  std::map<int, Client> clients_;
  std::map<int, int> writers_;
  std::map<int, bool> ended_;
};

}  // namespace

void serve_select(int listener, Variant variant, EchoStats& stats, std::stop_token stop) {
  try {
    Server(listener, variant, stats).serve(stop);
  } catch (const std::out_of_range&) {
    stats.died = true;
  }
}

}  // namespace examples
