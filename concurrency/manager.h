// Dicts, lists and arrays that several processes use: they live in a server, and each process has
// proxies of them (Python's Manager).
//
//   Manager manager = Manager::start();       // kManagerRole must be among the roles of main()
//   SharedDict board = manager.dict({{"name", "Ada"}});
//   Channel seat = manager.invite();          // a child gets seat.fd() and board.id(), and there:
//   Manager theirs{Channel(UniqueFd(role.fd(0)))};
//   SharedDict(theirs.attach(id)).set("name", "Grace");
//
// An object lives as long as a proxy of it, or an object that holds it. A call is one message there
// and back, and one step for all; for several use a lock (examples/manager_dict.cc). It throws what
// the object throws: std::out_of_range for a key or index that is not there, std::invalid_argument
// for wrong kinds, std::length_error for too much, RemoteError for the rest; and ManagerError if
// the server is gone or silent for ten seconds.
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "concurrency/channel.h"
#include "concurrency/manager_server.h"
#include "concurrency/process.h"
#include "concurrency/shared_memory.h"
#include "concurrency/shared_value.h"

namespace weir::concurrency {

struct ManagerError : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct RemoteError : ManagerError {  // no such method, or one that failed
  using ManagerError::ManagerError;
};
struct AuthenticationError : ManagerError {  // the token was another
  using ManagerError::ManagerError;
};

// One object of a manager. As a Value it is a reference: the object stays shared.
class Proxy {
 public:
  // Throws std::invalid_argument if the value is no reference.
  explicit Proxy(const Value& value);
  Value call(const std::string& method, Value::List arguments = {}) const;
  std::uint64_t id() const noexcept { return ref_->id(); }
  operator Value() const { return ref_; }

 protected:
  Value::Ref ref_;
};

class SharedDict : public Proxy {
 public:
  using Proxy::Proxy;
  Value at(const std::string& key) const { return call("at", {key}); }
  void set(const std::string& key, Value value) { call("set", {key, std::move(value)}); }
  bool erase(const std::string& key) { return call("erase", {key}).flag(); }
  bool contains(const std::string& key) const { return call("contains", {key}).flag(); }
  std::vector<std::string> keys() const;
  Value::Dict copy() const { return call("copy").dict(); }
  std::size_t size() const { return static_cast<std::size_t>(call("size").integer()); }
  void clear() { call("clear"); }
};

// Indices below zero count from the end. Iterate over copy().
class SharedList : public Proxy {
 public:
  using Proxy::Proxy;
  void append(Value value) { call("append", {std::move(value)}); }
  void extend(Value::List values) { call("extend", {Value(std::move(values))}); }
  Value at(std::int64_t index) const { return call("at", {index}); }
  void set(std::int64_t index, Value value) { call("set", {index, std::move(value)}); }
  Value::List slice(std::int64_t from, std::int64_t to) const;  // as Python's [from:to]
  Value pop(std::int64_t index = -1) { return call("pop", {index}); }
  Value::List copy() const { return call("copy").list(); }
  std::size_t size() const { return static_cast<std::size_t>(call("size").integer()); }
  void clear() { call("clear"); }
};

// Numbers in shared memory: the manager hands the memory out once, and no message goes after that.
class SharedNumbers : public Proxy {
 public:
  explicit SharedNumbers(const Value& value);
  std::atomic<std::int64_t>& operator[](std::size_t index) const { return array_[index]; }
  std::size_t size() const noexcept { return array_.size(); }

 private:
  SharedArray<std::int64_t> array_;
};

class Manager {
 public:
  // A server in a process of its own, which ends with this object. Throws ManagerError.
  static Manager start(const ManagerOptions& options = {});
  // Throws std::system_error if nobody listens there, AuthenticationError.
  static Manager connect(const std::string& address, const std::string& token = {});
  explicit Manager(Channel channel);  // the end of an invitation
  Manager(Manager&&) noexcept;
  ~Manager();

  SharedDict dict(Value::Dict initial = {}) const;
  SharedList list(Value::List initial = {}) const;
  SharedNumbers array(std::size_t count) const;  // of zeros
  Value attach(std::uint64_t id) const;          // an object that another process made
  Proxy find(const std::string& name) const;     // one that the server published
  std::size_t objects() const;                   // those alive in the server
  Channel invite() const;                        // a connection for another process
  // Ends the server that start() made, at once; its address is free again.
  void shutdown();
  std::optional<pid_t> pid() const;  // of that server

 private:
  std::shared_ptr<class ManagerLink> link_;  // shared with its proxies
  std::optional<Process> server_;
};

}  // namespace weir::concurrency
