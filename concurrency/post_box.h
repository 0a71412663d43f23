// The door through which other threads reach a loop: callbacks go in from anywhere, the loop takes
// them out in each turn, and an eventfd tells its poller while it sleeps. Held by shared_ptr by
// whoever may post after the loop has gone; then the callbacks are dropped.
//
//   future.on_done([box = loop.post_box()](auto&) { box->post([] { ... }); });
//
// Thread-safe; take(), may_sleep(), woke() and close() belong to the loop.
#pragma once

#include <functional>
#include <vector>

#include "concurrency/mutex.h"
#include "concurrency/unique_fd.h"

namespace weir::concurrency {

class PostBox {
 public:
  using Callback = std::function<void()>;

  PostBox();  // throws std::system_error

  // False, and the callback is destroyed, once the box is closed.
  bool post(Callback callback);

  std::vector<Callback> take();  // all that came, in order; resets the eventfd
  // False if callbacks wait. After true a post() makes fd() readable, until woke().
  bool may_sleep();
  void woke();
  void close() noexcept;
  int fd() const noexcept { return event_.get(); }

 private:
  Mutex mutex_{"post box"};
  std::vector<Callback> callbacks_ GUARDED_BY(mutex_);
  bool asleep_ GUARDED_BY(mutex_) = false;
  bool told_ GUARDED_BY(mutex_) = false;  // the eventfd is readable
  bool closed_ GUARDED_BY(mutex_) = false;
  UniqueFd event_;
};

}  // namespace weir::concurrency
