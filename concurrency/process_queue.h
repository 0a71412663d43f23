// A bounded first-in, first-out queue of bytes between processes, which loses nothing when one
// dies.
//
//   ProcessQueue todo({.items = 100, .item_bytes = 4096});    // hand todo.fd() to the children
//   while (auto item = todo.get()) visit(item->bytes()), item->done();   // in each of them
//   todo.join();                                              // all that was put is done
//
// An item stays in its place until done() (so the bound counts those at work too); if its holder
// dies or drops it, it goes back to where it was in line: at least once, and counted once in
// join(). put() has stored the item when it returns, so no exit of a producer leaves anything to
// flush.
//
// Thread-safe. Process-shared: a death at any point leaves each item in line, leased or done. That
// of a holder is noticed within 100 ms by whoever waits, once its parent has reaped it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "concurrency/deadline.h"
#include "concurrency/queue.h"
#include "concurrency/shared_memory.h"

namespace weir::concurrency {

class ProcessQueue {
 public:
  struct Limits {
    std::size_t items = 64;
    std::size_t item_bytes = 4096;  // the most of one item
  };
  // An item taken. Given back when destroyed before done(). The queue must outlive it.
  class [[nodiscard]] Lease {
   public:
    Lease(Lease&& other) noexcept
        : queue_(std::exchange(other.queue_, nullptr)),
          slot_(other.slot_),
          bytes_(std::move(other.bytes_)) {}
    Lease& operator=(Lease other) noexcept {
      std::swap(queue_, other.queue_);
      std::swap(slot_, other.slot_);
      bytes_.swap(other.bytes_);
      return *this;
    }
    ~Lease() { end(false); }

    const std::string& bytes() const noexcept { return bytes_; }
    void done() { end(true); }

   private:
    friend class ProcessQueue;
    Lease(ProcessQueue* queue, std::size_t slot, std::string bytes)
        : queue_(queue), slot_(slot), bytes_(std::move(bytes)) {}
    void end(bool done);

    ProcessQueue* queue_;
    std::size_t slot_;
    std::string bytes_;
  };

  // Throws std::invalid_argument for limits of zero, std::system_error.
  explicit ProcessQueue(Limits limits);
  // The queue that another process made.
  static ProcessQueue map(int fd) { return ProcessQueue(SharedMemory::map(fd)); }
  int fd() const noexcept { return memory_.fd(); }

  // Blocks while the queue is full. kClosed, kTimeout, or kFull for a deadline of kNow. Throws
  // std::length_error, and changes nothing, if the item is too long.
  QueueStatus put(std::string_view item, Deadline deadline = kNever);
  // Blocks while there is none. kClosed once the queue is closed and all that was put is done: one
  // at work may still come back. So finish what you hold before you ask for more.
  Got<Lease> get(Deadline deadline = kNever);

  std::size_t size() const;        // in line
  std::size_t unfinished() const;  // in line or at work
  // Blocks until nothing is unfinished (true) or the deadline has passed.
  bool join(Deadline deadline = kNever);
  // No more input, for all processes; what is inside can be taken.
  void close();

 private:
  struct Shared;
  struct Slot;
  class Held;

  explicit ProcessQueue(SharedMemory memory) : memory_(std::move(memory)) {}
  Shared& shared() const noexcept;
  Slot& slot(std::size_t index) const noexcept;
  char* bytes_of(std::size_t index) const noexcept;
  std::size_t count(bool leased_too) const;
  void reclaim();
  void changed();
  bool wait_until(Deadline deadline, const std::function<bool()>& ready);

  SharedMemory memory_;
};

}  // namespace weir::concurrency
