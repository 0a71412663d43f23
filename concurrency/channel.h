// Messages between processes over a Unix socket, with file descriptors if wanted.
//
//   auto [ours, theirs] = Channel::pair();
//   ours.send("hello");
//   Received got = theirs.receive();        // got.status == kMessage, got.bytes == "hello"
//
// Messages keep their boundaries and order. A channel whose framing is broken, or whose send did
// not end in time, is closed: half a message is never followed by another.
//
// Thread-compatible.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "concurrency/deadline.h"
#include "concurrency/unique_fd.h"
#include "concurrency/wait_fds.h"

namespace weir::concurrency {

enum class Receipt {
  kMessage,
  kTimeout,  // nothing was taken, or the channel is closed
  kEnd,      // the other side closed, and all its messages were received
  kCorrupt,  // the length is beyond the limit, or the end came inside a message: closed
};

struct Received {
  Receipt status = Receipt::kEnd;
  std::string bytes;
  UniqueFd fd;  // if one came along
};

class Channel {
 public:
  static constexpr std::size_t kMostBytes = 64 << 20;  // of one message

  // Both ends. Throws std::system_error.
  static std::pair<Channel, Channel> pair();
  // The end of that path (a leading '@' is the abstract namespace). Throws std::system_error.
  static Channel connect(const std::string& path);
  // Takes over an end, for instance an inherited one.
  explicit Channel(UniqueFd fd, std::size_t most_bytes = kMostBytes);

  // Blocks. False if the other side is gone, or the deadline passed: then the channel is closed.
  // Throws std::length_error if the message is too long, std::logic_error if the channel is closed.
  bool send(std::string_view bytes, Deadline deadline = kNever, int fd = -1);
  // Blocks until a message, the end or the deadline. Throws std::logic_error if it is closed.
  Received receive(Deadline deadline = kNever);
  // Whether receive() would find a message or the end at once, or does so by the deadline.
  bool poll(Deadline deadline = Clock::now());

  // Longer messages are refused from now on, sent or received.
  void limit(std::size_t most_bytes) noexcept { most_bytes_ = most_bytes; }
  void close() noexcept { fd_.reset(); }
  bool closed() const noexcept { return !fd_; }
  // For wait_any() and for handing to a child.
  int fd() const noexcept { return fd_.get(); }

 private:
  void check_open() const;
  enum class Moved { kAll, kEnd, kTimeout };
  Moved write(std::string_view bytes, Deadline deadline, int fd);
  Moved read(char* to, std::size_t size, Deadline deadline, UniqueFd* fd, std::size_t* got);

  UniqueFd fd_;
  std::size_t most_bytes_;
};

// Where others connect to.
class Listener {
 public:
  // Throws std::system_error, EADDRINUSE if somebody listens there. A path left by a dead listener
  // is taken over, and only this user may connect to it; a leading '@' is the abstract namespace,
  // which leaves nothing behind and is open to all.
  explicit Listener(const std::string& path);
  ~Listener() { close(); }
  Listener(Listener&&) noexcept = default;

  // Blocks. Empty once the deadline has passed. Throws std::logic_error after close().
  std::optional<Channel> accept(Deadline deadline = kNever);
  void close() noexcept;
  int fd() const noexcept { return fd_.get(); }

 private:
  UniqueFd fd_;
  std::string path_;
};

}  // namespace weir::concurrency
