// The server behind Manager: objects that other processes use by messages (Python's BaseManager).
//
//   ManagerServer server({.address = "runs/a/live"});
//   server.publish("crawl", {{"figures", [&](const auto&) { return figures(); }}});
//   ...                                    // Manager::connect("runs/a/live").find("crawl")
//
// One thread for each connection. Each call on a dict, a list or an array is one step for all
// processes; several calls are not: who reads, computes and writes back needs a lock of his own.
// What comes in is checked in length and type; who says nothing of sense is cut off, alone. The
// server does not bound the memory that those may fill whom it has let in.
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "concurrency/channel.h"
#include "concurrency/process.h"
#include "concurrency/shared_value.h"

namespace weir::concurrency {

// By name, what an object lets others call. A method that throws std::out_of_range,
// std::invalid_argument or std::length_error throws the same in the caller, anything else as
// RemoteError. It may be called by several threads at a time.
using ManagerMethods =
    std::map<std::string, std::function<Value(const Value::List& arguments)>, std::less<>>;

struct ManagerOptions {
  std::string address;  // as of Listener; empty: none, only channels that are given to serve()
  std::string token;    // who connects has to know it
};

class ManagerServer {
 public:
  static constexpr std::size_t kMostMessage = 1 << 20;  // bytes
  static constexpr std::size_t kMostConnections = 64;
  static constexpr std::size_t kMostObjects = 4096;

  // Throws as Listener does.
  explicit ManagerServer(ManagerOptions options);
  ~ManagerServer();  // cuts all connections off; waits for the methods that run
  ManagerServer(const ManagerServer&) = delete;
  ManagerServer& operator=(const ManagerServer&) = delete;

  // Until the server ends. Throws std::logic_error if there is such a name.
  void publish(const std::string& name, ManagerMethods methods);
  // Serves who is at the other end, without asking for the token; blocks until he leaves. Not while
  // the server is destroyed.
  void serve(Channel channel);
  // Connections refused for a wrong token.
  std::uint64_t refused() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The role of Manager::start(): serves the channel that it was given, and ends with it.
inline constexpr std::string_view kManagerRole = "manager";
int run_manager(RoleContext& role);

}  // namespace weir::concurrency
