// A bounded channel between threads, in three orders: Queue (first in, first out), LifoQueue and
// PriorityQueue.
//
//   Queue<std::string> todo(100);
//   todo.put(seed);                       // blocks while full
//   for (std::string& url : todo) ...     // ends once closed and drained
//
// Thread-safe. Items may be put from anywhere, their own destructors included: no item is destroyed
// under the lock but the empty shell that a get() has moved from.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <utility>

#include "concurrency/mutex.h"
#include "concurrency/queue_order.h"
#include "concurrency/queue_stats.h"

namespace weir::concurrency {

// kClosed wins over every other reason to fail.
enum class QueueStatus { kOk, kFull, kEmpty, kTimeout, kStopped, kClosed };

// What get() brought: an item, or the reason why there is none.
template <typename T>
struct Got {
  QueueStatus status;
  std::optional<T> item;

  explicit operator bool() const noexcept { return item.has_value(); }
  T& operator*() noexcept { return *item; }
  T* operator->() noexcept { return &*item; }
};

template <typename T, typename Order>
class BasicQueue {
 public:
  struct Limits {
    std::ptrdiff_t items = 0;  // 0 and below: no limit
    std::size_t bytes = 0;     // 0: no limit; an item heavier than the limit is let in alone
    std::function<std::size_t(const T&)> weigh = nullptr;  // bytes of an item; null: 0
    std::ptrdiff_t room = 1;  // places that on_room() waits for: more of them, fewer wakes
  };

  explicit BasicQueue(std::ptrdiff_t items = 0) : BasicQueue(Limits{.items = items}) {}
  explicit BasicQueue(Limits limits)
      : weigh_(std::move(limits.weigh)),
        room_(limits.room),
        max_items_(limits.items),
        max_bytes_(limits.bytes) {}
  BasicQueue(const BasicQueue&) = delete;
  BasicQueue& operator=(const BasicQueue&) = delete;

  // Each put takes the item only if it returns kOk; otherwise the caller still has it.
  // put() blocks while the queue is full, until there is room, close(), or the stop request.
  QueueStatus put(T&& item, std::stop_token stop = {});
  QueueStatus put(const T& item, std::stop_token stop = {}) {
    return put(T(item), std::move(stop));
  }
  QueueStatus put_until(T&& item, Deadline deadline, std::stop_token stop = {});
  [[nodiscard]] QueueStatus try_put(T&& item);

  // get() blocks while the queue is empty, until there is an item, it is closed, or the stop
  // request.
  Got<T> get(std::stop_token stop = {}) { return get_until(kNever, std::move(stop)); }
  Got<T> get_until(Deadline deadline, std::stop_token stop = {});
  Got<T> try_get() { return get_until(kNow); }

  // A place kept free for one item. It counts against the limit of items as if the item were
  // inside, and is given back when destroyed unused. The queue must outlive it.
  class [[nodiscard]] Place {
   public:
    Place(Place&& other) noexcept : queue_(std::exchange(other.queue_, nullptr)) {}
    Place& operator=(Place other) noexcept {
      std::swap(queue_, other.queue_);
      return *this;
    }
    ~Place() {
      if (queue_ != nullptr) queue_->give_back_place();
    }

   private:
    friend class BasicQueue;
    explicit Place(BasicQueue* queue) noexcept : queue_(queue) {}
    BasicQueue* queue_;
  };

  // Empty if there is no room or the queue is closed. Never blocks.
  std::optional<Place> try_reserve();
  // Fills a place of this queue. Never blocks; fails only with kClosed, and then both stay with the
  // caller. The item's bytes may exceed the limit of bytes. Throws std::invalid_argument if the
  // place is of another queue or was used.
  QueueStatus put(Place&& place, T&& item);
  // `listener` is called once after each refused try_reserve(), as soon as there is room again for
  // Limits::room items (or all is empty), or the queue is closed; by the thread that made the room,
  // without locks held: let it post, not work. A call already under way may still arrive after the
  // listener was replaced.
  void on_room(std::function<void()> listener);
  // The same for the other side: called once after each try_get() that found nothing, as soon as
  // there is an item or the queue is closed. Until then the time counts as starved.
  void on_item(std::function<void()> listener);

  // No more input: puts fail, gets drain what is left and then report kClosed. Wakes everyone.
  void close() noexcept;
  // Closes, and drops what is inside. Returns the number of items dropped.
  std::size_t cancel() noexcept;
  bool is_closed() const;

  // Snapshots: exact when nobody else is at work, never a reason to expect of the next call.
  std::size_t size() const;
  bool empty() const { return size() == 0; }
  bool full() const;
  QueueStats stats() const;
  // Shrinking below the present size drops nothing; puts wait until the size is below.
  void set_limits(std::ptrdiff_t items, std::size_t bytes = 0);

  // Range-for takes items as get() does; each is the loop's own.
  class Iterator {
   public:
    T& operator*() noexcept { return *got_; }
    Iterator& operator++() {
      got_ = queue_->get();
      return *this;
    }
    bool operator==(std::default_sentinel_t) const noexcept { return !got_; }

   private:
    friend class BasicQueue;
    explicit Iterator(BasicQueue* queue) : queue_(queue), got_(queue->get()) {}
    BasicQueue* queue_;
    Got<T> got_;
  };
  Iterator begin() { return Iterator(this); }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  // Null, or to be called once the lock is let go.
  using Listener = std::shared_ptr<const std::function<void()>>;
  static void call(const Listener& listener) {
    if (listener && *listener) (*listener)();
  }

  std::size_t taken() const REQUIRES(mutex_);
  bool has_room(std::size_t bytes) const REQUIRES(mutex_);
  bool has_room_to_tell() const REQUIRES(mutex_);
  void push(T&& item, std::size_t bytes) REQUIRES(mutex_);
  Got<T> take() REQUIRES(mutex_);
  // Wakes a putter for the room just made.
  [[nodiscard]] Listener made_room() REQUIRES(mutex_);
  // For the item just put, or the end.
  [[nodiscard]] Listener made_item() REQUIRES(mutex_);
  void give_back_place();

  const std::function<std::size_t(const T&)> weigh_;
  const std::ptrdiff_t room_;
  mutable Mutex mutex_{"queue"};
  CondVar not_empty_;
  CondVar not_full_;
  std::ptrdiff_t max_items_ GUARDED_BY(mutex_);
  std::size_t max_bytes_ GUARDED_BY(mutex_);
  Order order_ GUARDED_BY(mutex_);
  std::size_t bytes_ GUARDED_BY(mutex_) = 0;
  std::ptrdiff_t places_ GUARDED_BY(mutex_) = 0;  // reserved and not yet filled
  bool closed_ GUARDED_BY(mutex_) = false;
  bool refused_ GUARDED_BY(mutex_) = false;  // a try_reserve(), and the listener not yet called
  bool in_vain_ GUARDED_BY(mutex_) = false;  // a try_get(), likewise
  Listener on_room_ GUARDED_BY(mutex_);
  Listener on_item_ GUARDED_BY(mutex_);

  std::uint64_t puts_ GUARDED_BY(mutex_) = 0;
  std::uint64_t gets_ GUARDED_BY(mutex_) = 0;
  std::uint64_t fill_sum_ GUARDED_BY(mutex_) = 0;
  std::size_t max_fill_ GUARDED_BY(mutex_) = 0;
  mutable WaitClock blocked_ GUARDED_BY(mutex_);
  mutable WaitClock starved_ GUARDED_BY(mutex_);
};

template <typename T>
using Queue = BasicQueue<T, Fifo<T>>;

template <typename T>
using LifoQueue = BasicQueue<T, Lifo<T>>;

// KeyOf is a default-constructible function object: KeyOf{}(item) is the priority, smallest first.
template <typename T, typename KeyOf = std::identity>
using PriorityQueue = BasicQueue<T, Priority<T, KeyOf>>;

}  // namespace weir::concurrency

#include "concurrency/queue_impl.h"  // IWYU pragma: export
