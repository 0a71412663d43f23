// The door through which other threads reach a loop: callbacks go in from anywhere, an eventfd
// tells the loop's poller, the loop takes them out. Held by shared_ptr by whoever may post after
// the loop has gone; then the callbacks are dropped.
//
//   future.on_done([box = loop.post_box()](auto&) { box->post([] { ... }); });
//
// Thread-safe; take() and close() belong to the loop.
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
  void close() noexcept;
  int fd() const noexcept { return event_.get(); }  // readable while callbacks wait

 private:
  Mutex mutex_{"post box"};
  std::vector<Callback> callbacks_ GUARDED_BY(mutex_);
  bool closed_ GUARDED_BY(mutex_) = false;
  UniqueFd event_;
};

}  // namespace weir::concurrency
