// Rows: R01 R02. The client waits until the server has booted. By an event it is told; the loop
// that asks again and again (--variant=seed) gets there as well, having asked many times for
// nothing.
//   server_boot [--variant=seed]
#include <atomic>
#include <string>
#include <thread>

#include "concurrency/event.h"
#include "concurrency/thread.h"
#include "examples/check.h"

using namespace weir::concurrency;

int main(int argc, char** argv) {
  std::puts("Rows: R01 R02");
  const bool seed = asked(argc, argv, "--variant=seed");
  Event power_on, booted;
  std::string address;  // written before set(), read after wait(): no lock needed
  Thread server({.name = "server"}, [&] {
    power_on.wait();
    address = "127.0.0.1";
    booted.set();
  });
  std::atomic<int> asked_times{0};
  std::string connected_to;
  Thread client({.name = "client"}, [&] {
    if (seed) {
      while (!booted.is_set()) {
        ++asked_times;
        std::this_thread::yield();
      }
    } else {
      booted.wait();
    }
    connected_to = address;
  });
  server.start();
  client.start();
  while (seed && asked_times < 100) std::this_thread::yield();
  require(client.is_alive(), "the client cannot connect before the server has booted");
  power_on.set();
  client.join();
  require(connected_to == "127.0.0.1", "then it connects");
  if (seed) {
    require(asked_times >= 100, "polling asked a hundred times and more");
  } else {
    require(asked_times == 0, "the event asked never");
  }
  require(booted.wait_until(kNow), "an event stays set: who comes later goes on at once");
}
