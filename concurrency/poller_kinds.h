// What the kinds of Poller share behind make_poller. Not for use beyond poller*.cc.
#pragma once

#include <memory>

#include "concurrency/poller.h"

namespace weir::concurrency {

std::unique_ptr<Poller> make_spin_poller();
std::unique_ptr<Poller> make_select_poller();
std::unique_ptr<Poller> make_poll_poller();
std::unique_ptr<Poller> make_epoll_poller();
std::unique_ptr<Poller> make_uring_poller();

// For poll(2) and epoll_wait(2): rounded up, so that no wait ends before its deadline; -1 for
// kNever, 0 for the past. Called again after a signal, it gives what is left.
int timeout_ms(TimePoint deadline);

}  // namespace weir::concurrency
