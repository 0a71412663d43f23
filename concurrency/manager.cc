#include "concurrency/manager.h"

#include <chrono>
#include <utility>

#include "concurrency/manager_objects.h"
#include "concurrency/mutex.h"

namespace weir::concurrency {
namespace {

constexpr std::chrono::seconds kLimit{10};  // of one call
// For the server to end by itself, and take its address away: above its patience with a client.
constexpr std::chrono::seconds kGrace{10};

// What a reply says; throws what it says was thrown.
Value result_of(const Value& reply) {
  const std::string& kind = reply.list().at(0).text();
  const Value& value = reply.list().at(1);
  if (kind == kOk) return value;
  const std::string& what = value.text();
  if (kind == kOutOfRange) throw std::out_of_range(what);
  if (kind == kInvalid) throw std::invalid_argument(what);
  if (kind == kTooLong) throw std::length_error(what);
  if (kind == kWrongToken) throw AuthenticationError(what);
  throw RemoteError(what);
}

}  // namespace

class ManagerLink : public std::enable_shared_from_this<ManagerLink> {
 public:
  explicit ManagerLink(Channel channel) : channel_(std::move(channel)) {
    channel_.limit(ManagerServer::kMostMessage);
  }

  struct Answer {
    Value value;
    UniqueFd fd;
  };
  // One message there, one back. `id` 0 is the server.
  Answer call(std::uint64_t id, const std::string& method, Value::List arguments, int fd = -1);
  // The same with bytes as they are.
  Answer exchange(const std::string& request, int fd = -1);
  void close() {
    const MutexLock lock(mutex_);
    channel_.close();
  }

 private:
  Received send_and_receive(const std::string& request, int fd) EXCLUDES(mutex_);

  Mutex mutex_{"manager link"};
  Channel channel_ GUARDED_BY(mutex_);
};

namespace {

// Tells the server when the last copy of a proxy has gone.
class RemoteObject final : public SharedObject {
 public:
  RemoteObject(std::shared_ptr<ManagerLink> link, std::uint64_t id)
      : link_(std::move(link)), id_(id) {}
  ~RemoteObject() override {
    try {
      link_->call(0, "release", {id_});
    } catch (const std::exception&) {  // the server has gone, and the object with it
    }
  }
  std::uint64_t id() const noexcept override { return id_; }
  ManagerLink& link() const noexcept { return *link_; }

 private:
  const std::shared_ptr<ManagerLink> link_;
  const std::uint64_t id_;
};

}  // namespace

Received ManagerLink::send_and_receive(const std::string& request, int fd) {
  const MutexLock lock(mutex_);
  if (channel_.closed()) throw ManagerError("the connection to the manager is closed");
  const Deadline deadline = after(kLimit);
  Received received;
  if (channel_.send(request, deadline, fd)) received = channel_.receive(deadline);
  if (received.status != Receipt::kMessage) {  // a late reply would be taken for that of the next
    channel_.close();
    throw ManagerError("the manager does not answer");
  }
  return received;
}

ManagerLink::Answer ManagerLink::exchange(const std::string& request, int fd) {
  Received received = send_and_receive(request, fd);
  // Without the lock: what is dropped half-way tells the server so.
  const auto resolve = [this](std::uint64_t id) {
    return std::make_shared<RemoteObject>(shared_from_this(), id);
  };
  return {result_of(decode(received.bytes, resolve)), std::move(received.fd)};
}

ManagerLink::Answer ManagerLink::call(std::uint64_t id, const std::string& method,
                                      Value::List arguments, int fd) {
  Value::List request;
  request.emplace_back(id);
  request.emplace_back(method);
  for (Value& each : arguments) request.push_back(std::move(each));
  return exchange(encode(request), fd);
}

Proxy::Proxy(const Value& value) : ref_(value.ref()) {
  if (std::dynamic_pointer_cast<RemoteObject>(ref_) == nullptr)
    throw std::invalid_argument("not a reference to an object of a manager");
}

Value Proxy::call(const std::string& method, Value::List arguments) const {
  const auto& object = static_cast<const RemoteObject&>(*ref_);
  return object.link().call(object.id(), method, std::move(arguments)).value;
}

std::vector<std::string> SharedDict::keys() const {
  std::vector<std::string> keys;
  const Value names = call("keys");
  for (const Value& each : names.list()) keys.push_back(each.text());
  return keys;
}

Value::List SharedList::slice(std::int64_t from, std::int64_t to) const {
  return call("slice", {from, to}).list();
}

namespace {

SharedArray<std::int64_t> mapped(const Value::Ref& ref) {
  const auto& object = static_cast<const RemoteObject&>(*ref);
  const ManagerLink::Answer answer = object.link().call(object.id(), "map", {});
  if (!answer.fd) throw RemoteError("the manager sent no memory");
  return SharedArray<std::int64_t>::map(answer.fd.get());
}

}  // namespace

SharedNumbers::SharedNumbers(const Value& value) : Proxy(value), array_(mapped(ref_)) {}

Manager Manager::start(const ManagerOptions& options) {
  auto [ours, theirs] = Channel::pair();
  Manager manager(std::move(ours));
  manager.server_.emplace(ProcessSpec{.role = std::string(kManagerRole), .fds = {theirs.fd()}});
  manager.server_->start();
  theirs.close();
  Value::List wanted;
  wanted.emplace_back(options.address);
  wanted.emplace_back(options.token);
  manager.link_->exchange(encode(wanted));
  return manager;
}

Manager Manager::connect(const std::string& address, const std::string& token) {
  Manager manager(Channel::connect(address));
  manager.link_->exchange(token);
  return manager;
}

Manager::Manager(Channel channel) : link_(std::make_shared<ManagerLink>(std::move(channel))) {}
Manager::Manager(Manager&&) noexcept = default;
Manager::~Manager() { shutdown(); }

SharedDict Manager::dict(Value::Dict initial) const {
  return SharedDict(link_->call(0, "dict", {std::move(initial)}).value);
}
SharedList Manager::list(Value::List initial) const {
  return SharedList(link_->call(0, "list", {Value(std::move(initial))}).value);
}
SharedNumbers Manager::array(std::size_t count) const {
  return SharedNumbers(link_->call(0, "array", {count}).value);
}
Value Manager::attach(std::uint64_t id) const { return link_->call(0, "attach", {id}).value; }
Proxy Manager::find(const std::string& name) const {
  return Proxy(link_->call(0, "find", {name}).value);
}
std::size_t Manager::objects() const {
  return static_cast<std::size_t>(link_->call(0, "objects", {}).value.integer());
}

Channel Manager::invite() const {
  auto [ours, theirs] = Channel::pair();
  link_->call(0, "invite", {}, theirs.fd());
  return std::move(ours);
}

void Manager::shutdown() {
  if (!server_) return;
  link_->close();
  (void)server_->join(after(kGrace));
  server_.reset();
}

std::optional<pid_t> Manager::pid() const { return server_ ? server_->pid() : std::nullopt; }

}  // namespace weir::concurrency
