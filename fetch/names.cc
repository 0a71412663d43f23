#include "fetch/names.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>

#include <algorithm>
#include <deque>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include "concurrency/mutex.h"
#include "concurrency/thread_pool.h"
#include "fetch/address_policy.h"

namespace weir::fetch {
namespace {

using concurrency::Future;
using concurrency::MutexLock;
using concurrency::Promise;
using Clock = std::chrono::steady_clock;

std::string lower(std::string_view host) {
  std::string text(host);
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return text;
}

// The system's default of 5 s, twice, for each server would hold a thread, and the end of the
// process, for half a minute.
void limit_resolver() {
  if (res_init() == 0) {
    _res.retrans = 3;
    _res.retry = 2;
  }
}

NameAnswer ask_system(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  const int code = getaddrinfo(host.c_str(), nullptr, &hints, &list);
  NameAnswer answer;
  if (code != 0) {
    answer.error = gai_strerror(code);
    return answer;
  }
  for (const addrinfo* each = list; each != nullptr; each = each->ai_next) {
    char text[NI_MAXHOST];
    if (getnameinfo(each->ai_addr, each->ai_addrlen, text, sizeof text, nullptr, 0,
                    NI_NUMERICHOST) != 0) {
      continue;
    }
    const std::string address(text);
    auto& all = answer.addresses;
    // One with a scope (fe80::1%eth0) is nothing to crawl.
    if (is_numeric_address(address) && std::find(all.begin(), all.end(), address) == all.end()) {
      all.push_back(address);
    }
  }
  freeaddrinfo(list);
  if (answer.addresses.empty()) answer.error = "the name has no address";
  return answer;
}

Future<NameAnswer> ready(NameAnswer answer) {
  Promise<NameAnswer> promise;
  promise.set_value(std::move(answer));
  return promise.future();
}

}  // namespace

struct Names::State {
  struct Entry {
    NameAnswer answer;
    Clock::time_point until;
    bool pending = false;
    std::vector<Promise<NameAnswer>> waiting;
  };

  explicit State(NameOptions given) : options(std::move(given)) {}

  void answer(const std::string& host);
  void evict() REQUIRES(mutex);

  NameOptions options;
  mutable concurrency::Mutex mutex{"names"};
  std::unordered_map<std::string, Entry> entries GUARDED_BY(mutex);
  std::deque<std::string> order GUARDED_BY(mutex);  // of coming in: the oldest leaves first
  NameFigures figures GUARDED_BY(mutex);
  std::uint64_t asked GUARDED_BY(mutex) = 0;
  std::unique_ptr<concurrency::ThreadPool> threads;  // last: its threads end before the rest
};

Names::Names(NameOptions options) : state_(std::make_unique<State>(std::move(options))) {
  State& s = *state_;
  const bool system = !s.options.resolver;
  if (system) s.options.resolver = ask_system;
  {
    MutexLock lock(s.mutex);
    for (const auto& line : s.options.resolve) {
      const auto colon = line.find(':');
      auto address = colon == std::string::npos ? std::string() : line.substr(colon + 1);
      if (address.size() > 2 && address.front() == '[' && address.back() == ']') {
        address = address.substr(1, address.size() - 2);
      }
      if (colon == 0 || !is_numeric_address(address)) {
        throw std::invalid_argument("not HOST:ADDR: " + line);
      }
      auto& entry = s.entries[lower(line.substr(0, colon))];
      entry.answer.addresses.push_back(address);
      entry.until = Clock::time_point::max();
    }
  }
  s.threads = std::make_unique<concurrency::ThreadPool>(concurrency::ThreadPoolOptions{
      .threads = static_cast<int>(std::max<std::size_t>(1, s.options.threads)),
      .name = "names",
      .initializer = system ? limit_resolver : std::function<void()>()});
}

Names::~Names() {
  state_->threads->shutdown(concurrency::Shutdown::kCancelPending);
  std::vector<Promise<NameAnswer>> waiting;
  {
    MutexLock lock(state_->mutex);
    for (auto& [host, entry] : state_->entries) {
      for (auto& each : entry.waiting) waiting.push_back(std::move(each));
      entry.waiting.clear();
    }
  }
  for (auto& each : waiting) each.set_value(NameAnswer{{}, "no more names are looked up"});
}

Future<NameAnswer> Names::lookup(std::string_view name) {
  std::string host = lower(name);
  if (is_numeric_address(host)) return ready({{host}, ""});
  State& s = *state_;
  MutexLock lock(s.mutex);
  ++s.figures.lookups;
  auto& entry = s.entries[host];
  if (!entry.pending && entry.until > Clock::now()) {
    ++s.figures.hits;
    NameAnswer known = entry.answer;
    lock.unlock();
    return ready(std::move(known));
  }
  Promise<NameAnswer> promise;
  promise.start();  // one caller's cancel is nothing to the others
  Future<NameAnswer> future = promise.future();
  entry.waiting.push_back(std::move(promise));
  if (entry.pending) {
    ++s.figures.joined;
    return future;
  }
  entry.pending = true;
  if (entry.until == Clock::time_point()) s.order.push_back(host);
  lock.unlock();
  s.threads->submit([&s, host = std::move(host)] { s.answer(host); });
  return future;
}

void Names::State::answer(const std::string& host) {
  const auto begin = Clock::now();
  NameAnswer found = options.resolver(host);
  const auto end = Clock::now();
  const double ms = std::chrono::duration<double, std::milli>(end - begin).count();
  std::vector<Promise<NameAnswer>> waiting;
  {
    MutexLock lock(mutex);
    auto& entry = entries[host];
    entry.answer = found;
    entry.pending = false;
    entry.until = end + (found.addresses.empty() ? options.negative_ttl : options.ttl);
    waiting.swap(entry.waiting);
    ++asked;
    if (found.addresses.empty()) ++figures.failed;
    figures.mean_ms += (ms - figures.mean_ms) / static_cast<double>(asked);
    figures.max_ms = std::max(figures.max_ms, ms);
    evict();
  }
  for (auto& each : waiting) each.set_value(found);
}

void Names::State::evict() {
  for (std::size_t tries = order.size(); order.size() > options.capacity && tries > 0; --tries) {
    const auto it = entries.find(order.front());
    if (it != entries.end() && it->second.pending) {
      order.push_back(std::move(order.front()));
    } else if (it != entries.end()) {
      entries.erase(it);
    }
    order.pop_front();
  }
}

NameFigures Names::figures() const {
  MutexLock lock(state_->mutex);
  return state_->figures;
}

}  // namespace weir::fetch
