// Which of many file descriptors can be read or written without waiting: one interface over the
// five ways in which Linux answers that question. Level-triggered: what is still ready is reported
// again by the next wait.
//
//   auto poller = make_poller(PollerKind::kEpoll);
//   poller->add(fd, Poller::kRead);
//   std::vector<Poller::Ready> ready;
//   poller->wait(kNever, ready);
//
// "Ready" is a hint: the descriptor may have been emptied meanwhile, so keep it non-blocking.
//
// Thread-bound.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "concurrency/loop_clock.h"

namespace weir::concurrency {

enum class PollerKind {
  kSpin,    // asks again and again, never waits: burns a whole CPU
  kSelect,  // select(2): descriptors below FD_SETSIZE only
  kPoll,    // poll(2)
  kEpoll,   // epoll(7)
  kUring,   // readiness by io_uring's poll, where the kernel allows it
};
std::string_view to_string(PollerKind kind);

class Poller {
 public:
  static constexpr unsigned kRead = 1;
  static constexpr unsigned kWrite = 2;
  static constexpr unsigned kError = 4;  // reported only: an error or a hang-up is pending

  struct Ready {
    int fd;
    unsigned events;  // the interests that are ready; all of them, and kError, after an error
  };

  virtual ~Poller() = default;
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // `interest` is kRead, kWrite or both. Throws std::invalid_argument for other bits, for no bits,
  // for a negative descriptor, for one added twice, for one not added (modify, remove), and where
  // select meets a descriptor of FD_SETSIZE or more; std::system_error for a closed descriptor.
  // Remove a descriptor before closing it; removing it late, even if its number has been given
  // to another file, is safe, but until then the kernel may hold the file open (io_uring does).
  void add(int fd, unsigned interest);
  void modify(int fd, unsigned interest);
  void remove(int fd);

  // Replaces `ready` by what is ready. Blocks until something is or until `deadline` of the steady
  // clock, kNever for no limit; a deadline in the past asks once without blocking. A signal
  // neither ends the wait early nor prolongs it.
  void wait(TimePoint deadline, std::vector<Ready>& ready);

  // Releases everything; idempotent. Every later call but close() throws std::logic_error.
  void close() noexcept;

  // The descriptor behind epoll and io_uring (close-on-exec), else -1.
  virtual int native_handle() const noexcept { return -1; }

 protected:
  Poller() = default;
  unsigned interest(int fd) const noexcept;
  const std::vector<int>& registered() const noexcept { return registered_; }

  // The hooks: the interest in `fd` changed (0 is none), wait without checks, let go.
  virtual void changed(int fd, unsigned before, unsigned now) = 0;
  virtual void do_wait(TimePoint deadline, std::vector<Ready>& ready) = 0;
  virtual void do_close() noexcept {}

 private:
  void require_open() const;
  static void require_interest(unsigned interest);

  struct Slot {
    unsigned interest = 0;
    unsigned place = 0;  // in registered_
  };
  std::vector<Slot> slots_;      // by descriptor
  std::vector<int> registered_;  // in no particular order
  bool closed_ = false;
};

// Throws std::system_error, saying what the kernel refused, where this kind cannot be had.
std::unique_ptr<Poller> make_poller(PollerKind kind);

}  // namespace weir::concurrency
