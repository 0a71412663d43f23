// The Fetcher of an IO model.
//
//   auto fetcher = make_fetcher({.settings = settings.fetch, .user_agent = "weir/0.1",
//                                .arena = &arena, .names = &names, .loop = &loop});
//
// Thread-compatible.
#pragma once

#include <memory>
#include <string>

#include "concurrency/event_loop.h"
#include "concurrency/slab_arena.h"
#include "config/settings.h"
#include "fetch/fetcher.h"
#include "fetch/names.h"

namespace weir::fetch {

// What a Fetcher stands on; all of it outlives the Fetcher. One Fetcher per arena: it takes the
// arena's on_credit.
struct FetcherParts {
  config::FetchSettings settings;
  std::string user_agent;
  concurrency::SlabArena* arena = nullptr;  // may be null if every request has a text_limit
  Names* names = nullptr;
  concurrency::EventLoop* loop = nullptr;  // for polling, select, coroutines, uring
};

// The poller that the loop has to be made with.
concurrency::PollerKind poller_for(config::IoModel io) noexcept;
bool needs_loop(config::IoModel io) noexcept;

// With a loop: fetch() is called and futures complete on the loop's thread, and the fetcher is
// destroyed there, while it runs or after. Without: from any thread, and destruction waits.
// Throws std::invalid_argument for a missing part or settings that contradict each other (select
// with more than 900 transfers), std::runtime_error where a certificate file cannot be read.
std::unique_ptr<Fetcher> make_fetcher(const FetcherParts& parts);

// For main(): has malloc keep the receive buffers that transfers free, process-wide.
void keep_receive_buffers() noexcept;

}  // namespace weir::fetch
