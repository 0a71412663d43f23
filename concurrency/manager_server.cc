#include "concurrency/manager_server.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

#include "concurrency/event_fd.h"
#include "concurrency/manager_objects.h"
#include "concurrency/mutex.h"
#include "concurrency/thread.h"
#include "concurrency/thread_per_task.h"
#include "concurrency/throw_errno.h"

namespace weir::concurrency {
namespace {

using Object = std::shared_ptr<ManagedObject>;

constexpr std::chrono::seconds kPatience{2};  // until a message is complete, or taken

bool same(std::string_view a, std::string_view b) {  // in a time that tells nothing
  unsigned differs = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    differs |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  return differs == 0;
}

std::string reply_of(const char* kind, Value value) {
  Value::List reply;
  reply.emplace_back(kind);
  reply.push_back(std::move(value));
  return encode(reply);
}

// The objects of one connection, each as often as it was handed out there: what its proxies hold.
class Holdings {
 public:
  Object at(std::uint64_t id) const {
    const auto found = held_.find(id);
    if (found == held_.end())
      throw std::out_of_range("this connection holds no object " + std::to_string(id));
    return found->second.object;
  }
  // Every reference in a value that goes out.
  void add(const Value& value) {
    value.visit_refs([this](const Value::Ref& ref) {
      auto object = std::dynamic_pointer_cast<ManagedObject>(ref);
      if (!object) throw std::invalid_argument("a result that refers to another manager");
      Held& held = held_[object->id()];
      held.object = std::move(object);
      ++held.times;
    });
  }
  void release(std::uint64_t id) {
    (void)at(id);
    if (--held_[id].times == 0) held_.erase(id);
  }

 private:
  struct Held {
    Object object;
    std::uint64_t times = 0;
  };
  std::map<std::uint64_t, Held> held_;
};

}  // namespace

struct ManagerServer::State {
  explicit State(ManagerOptions given);
  ~State();

  void accept_all();
  bool serve_apart(Channel channel, bool stranger);  // false: there are too many
  bool knows_token(Channel& channel);
  void serve(Channel& channel);
  Received next_of(Channel& channel, Deadline deadline) const;
  std::string answer(Holdings& held, Received request, Object& object);
  Value call_server(Holdings& held, const std::string& method, const Value::List& arguments,
                    UniqueFd fd);
  Object keep(Object object) EXCLUDES(mutex);
  std::size_t count() REQUIRES(mutex);

  const ManagerOptions options;
  std::optional<Listener> listener;
  const UniqueFd stop = make_event_fd();
  std::atomic<std::uint64_t> refused{0}, ids{0};
  std::atomic<std::size_t> connections{0};

  Mutex mutex{"manager"};
  std::vector<std::weak_ptr<ManagedObject>> objects GUARDED_BY(mutex);
  std::map<std::string, Object, std::less<>> published GUARDED_BY(mutex);

  ThreadPerTask threads{"manager"};
  std::optional<Thread> acceptor;  // the last: it uses the others
};

ManagerServer::State::State(ManagerOptions given) : options(std::move(given)) {
  if (options.address.empty()) return;
  listener.emplace(options.address);
  acceptor.emplace(ThreadOptions{.name = "manager", .daemon = false}, [this] { accept_all(); });
  acceptor->start();
}

ManagerServer::State::~State() {
  notify(stop.get());
  if (acceptor) acceptor->join();
  threads.shutdown();
  std::vector<std::weak_ptr<ManagedObject>> left;
  {
    const MutexLock lock(mutex);
    left.swap(objects);
  }
  for (const auto& each : left)  // those that hold each other in a circle
    if (const Object object = each.lock()) object->clear();
}

void ManagerServer::State::accept_all() {
  const int fds[] = {listener->fd(), stop.get()};
  while (wait_any(fds).back() == 0) {
    try {
      if (auto channel = listener->accept(Clock::now()))
        (void)serve_apart(*std::move(channel), true);
    } catch (const std::system_error&) {  // no descriptor or thread is left: later
      (void)wait_fd(stop.get(), POLLIN, after(std::chrono::milliseconds(100)));
    }
  }
}

bool ManagerServer::State::serve_apart(Channel channel, bool stranger) {
  if (++connections > kMostConnections) {
    --connections;
    return false;
  }
  try {
    threads.post([this, stranger, channel = std::move(channel)]() mutable {
      try {
        if (!stranger || knows_token(channel)) serve(channel);
      } catch (const std::system_error&) {  // the descriptor was no socket
      }
      channel.close();
      --connections;
    });
    return true;
  } catch (...) {
    --connections;
    throw;
  }
}

// kEnd also once the server ends.
Received ManagerServer::State::next_of(Channel& channel, Deadline deadline) const {
  const int fds[] = {channel.fd(), stop.get()};
  const auto ready = wait_any(fds, deadline);
  if (ready.empty() || ready.back() == 1) return {};
  return channel.receive(after(kPatience));
}

bool ManagerServer::State::knows_token(Channel& channel) {
  channel.limit(kMostMessage);
  const Received got = next_of(channel, after(kPatience));
  if (got.status != Receipt::kMessage) return false;
  if (same(got.bytes, options.token)) return channel.send(reply_of(kOk, {}), after(kPatience));
  ++refused;
  (void)channel.send(reply_of(kWrongToken, "the manager was told another token"), after(kPatience));
  return false;
}

void ManagerServer::State::serve(Channel& channel) {
  channel.limit(kMostMessage);
  Holdings held;
  for (;;) {
    Received request = next_of(channel, kNever);
    if (request.status != Receipt::kMessage) return;
    Object object;  // its descriptor goes along
    std::string reply = answer(held, std::move(request), object);
    if (reply.size() > kMostMessage)
      reply = reply_of(kTooLong, "the answer of the manager is too long");
    if (!channel.send(reply, after(kPatience), object ? object->fd() : -1)) return;
  }
}

std::string ManagerServer::State::answer(Holdings& held, Received request, Object& object) {
  try {
    const Value call = decode(request.bytes, [&](std::uint64_t id) { return held.at(id); });
    Value::List arguments = call.list();
    if (arguments.size() < 2) throw std::invalid_argument("a call without a method");
    const auto id = static_cast<std::uint64_t>(arguments[0].integer());
    const std::string method = arguments[1].text();
    arguments.erase(arguments.begin(), arguments.begin() + 2);
    Value result;
    if (id == 0) {
      result = call_server(held, method, arguments, std::move(request.fd));
    } else {
      Object called = held.at(id);
      result = called->call(method, arguments);
      object = std::move(called);
    }
    std::string reply = reply_of(kOk, result);
    if (reply.size() <= kMostMessage) held.add(result);
    return reply;
  } catch (const std::out_of_range& error) {
    return reply_of(kOutOfRange, error.what());
  } catch (const std::invalid_argument& error) {
    return reply_of(kInvalid, error.what());
  } catch (const std::length_error& error) {
    return reply_of(kTooLong, error.what());
  } catch (const NotExposed& error) {
    return reply_of(kNotExposed, error.what());
  } catch (const std::exception& error) {
    return reply_of(kFailed, error.what());
  }
}

// What can be asked of the server itself.
Value ManagerServer::State::call_server(Holdings& held, const std::string& method,
                                        const Value::List& arguments, UniqueFd fd) {
  if (method == "invite") {  // serves the descriptor that came along
    if (!fd) throw std::invalid_argument("an invitation without a channel");
    if (!serve_apart(Channel(std::move(fd)), false))
      throw std::length_error("the manager serves too many connections");
    return {};
  }
  if (method == "objects") {
    const MutexLock lock(mutex);
    return count();
  }
  if (arguments.size() != 1) throw std::invalid_argument("'" + method + "' takes one argument");
  const Value& argument = arguments[0];
  if (method == "dict") return Value::Ref(keep(make_shared_dict(++ids, argument.dict())));
  if (method == "list") return Value::Ref(keep(make_shared_list(++ids, argument.list())));
  if (method == "array") return Value::Ref(keep(make_shared_numbers(++ids, argument.integer())));
  if (method == "release") {
    held.release(static_cast<std::uint64_t>(argument.integer()));
    return {};
  }
  if (method == "attach") {
    const auto id = static_cast<std::uint64_t>(argument.integer());
    const MutexLock lock(mutex);
    for (const auto& each : objects)
      if (Object object = each.lock(); object && object->id() == id) return Value::Ref(object);
    throw std::out_of_range("the manager has no object " + std::to_string(id));
  }
  if (method == "find") {
    const MutexLock lock(mutex);
    const auto found = published.find(argument.text());
    if (found == published.end())
      throw std::out_of_range("the manager has nothing called '" + argument.text() + "'");
    return Value::Ref(found->second);
  }
  throw NotExposed(method);
}

std::size_t ManagerServer::State::count() {
  std::erase_if(objects, [](const auto& each) { return each.expired(); });
  return objects.size();
}

Object ManagerServer::State::keep(Object object) {
  const MutexLock lock(mutex);
  if (count() >= kMostObjects) throw std::length_error("the manager holds too many objects");
  objects.push_back(object);
  return object;
}

ManagerServer::ManagerServer(ManagerOptions options)
    : state_(std::make_unique<State>(std::move(options))) {}
ManagerServer::~ManagerServer() = default;

void ManagerServer::publish(const std::string& name, ManagerMethods methods) {
  Object object = make_published(++state_->ids, std::move(methods));
  const MutexLock lock(state_->mutex);
  if (!state_->published.emplace(name, std::move(object)).second)
    throw std::logic_error("the manager has a '" + name + "' already");
}

void ManagerServer::serve(Channel channel) { state_->serve(channel); }
std::uint64_t ManagerServer::refused() const { return state_->refused; }

int run_manager(RoleContext& role) {
  ::signal(SIGINT, SIG_IGN);  // its end is the end of its owner's channel
  Channel owner(UniqueFd(role.fd(0)), ManagerServer::kMostMessage);
  const Received got = owner.receive();  // not arguments: everybody can read those
  if (got.status != Receipt::kMessage) return 1;
  std::optional<ManagerServer> server;
  try {
    const Value::List wanted = decode(got.bytes, nullptr).list();
    server.emplace(ManagerOptions{.address = wanted.at(0).text(), .token = wanted.at(1).text()});
  } catch (const std::exception& error) {
    (void)owner.send(reply_of(kFailed, error.what()));
    return 1;
  }
  if (!owner.send(reply_of(kOk, {}))) return 1;
  server->serve(std::move(owner));
  return 0;
}

}  // namespace weir::concurrency
