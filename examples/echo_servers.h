// The upper-case server under every model of IO. Each serves the clients of `listener` until the
// stop is requested; `Seed` variants reproduce the flaws of the programs that the project grew
// from.
#pragma once

#include <atomic>
#include <cstddef>
#include <stop_token>
#include <string>

#include "concurrency/event_loop.h"

namespace examples {

struct EchoStats {
  std::atomic<std::size_t> served{0};       // connections that ended
  std::atomic<std::size_t> empty_reads{0};  // end of file read again and again
  std::atomic<bool> died{false};            // the server, of an error of its own
};

enum class Variant { kSeed, kFixed };

// V05 V06 V08: one client at a time.
void serve_blocking(int listener, Variant, EchoStats&, std::stop_token);
// V09: a thread for each client. V10: a pool of `threads`.
void serve_threads(int listener, EchoStats&, std::stop_token);
void serve_pool(int listener, int threads, EchoStats&, std::stop_token);
// W03 W10 W11: asks all sockets in turn, without end.
void serve_polling(int listener, Variant, EchoStats&, std::stop_token);
// X03: asks the system which are ready.
void serve_select(int listener, Variant, EchoStats&, std::stop_token);
// S02 U02 Y01: a coroutine for each client; ends by cancellation.
weir::concurrency::Task<> serve_coroutines(weir::concurrency::EventLoop&, int listener, EchoStats&);

std::string upper(std::string text);

}  // namespace examples
