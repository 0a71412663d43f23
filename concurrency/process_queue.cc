#include "concurrency/process_queue.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>
#include <optional>
#include <stdexcept>

#include "concurrency/process_futex.h"
#include "concurrency/process_mutex.h"

namespace weir::concurrency {
namespace {

enum State : std::uint32_t { kFree, kInLine, kLeased };

}  // namespace

struct ProcessQueue::Shared {
  explicit Shared(Limits given) : limits(given) {}
  const Limits limits;
  ProcessMutex mutex;
  std::atomic<std::uint32_t> changes{0};
  std::atomic<bool> closed{false};
  std::uint64_t puts = 0;
};

// What an item is, its state says alone, written last: so there is nothing to repair after a death.
struct ProcessQueue::Slot {
  std::atomic<std::uint32_t> state;
  pid_t holder;
  std::uint64_t order;
  std::uint64_t bytes;
};

class ProcessQueue::Held {
 public:
  explicit Held(Shared& shared) : mutex_(shared.mutex) {
    const Taken taken = mutex_.lock();
    if (taken == Taken::kNotRecoverable) throw std::runtime_error("a process queue's lock is lost");
    if (taken == Taken::kOwnerDied) mutex_.mark_consistent();
  }
  ~Held() { mutex_.unlock(); }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

 private:
  ProcessMutex& mutex_;
};

ProcessQueue::ProcessQueue(Limits limits) {
  if (limits.items == 0 || limits.item_bytes == 0)
    throw std::invalid_argument("a process queue needs room");
  memory_ =
      SharedMemory::anonymous(sizeof(Shared) + limits.items * (sizeof(Slot) + limits.item_bytes));
  new (memory_.data()) Shared(limits);
  for (std::size_t i = 0; i < limits.items; ++i) new (&slot(i)) Slot{};
}

ProcessQueue::Shared& ProcessQueue::shared() const noexcept {
  return *reinterpret_cast<Shared*>(memory_.data());
}

ProcessQueue::Slot& ProcessQueue::slot(std::size_t index) const noexcept {
  return reinterpret_cast<Slot*>(memory_.data() + sizeof(Shared))[index];
}

char* ProcessQueue::bytes_of(std::size_t index) const noexcept {
  const Limits& limits = shared().limits;
  return memory_.data() + sizeof(Shared) + limits.items * sizeof(Slot) + index * limits.item_bytes;
}

void ProcessQueue::changed() {
  ++shared().changes;
  wake_sleepers(shared().changes);
}

// Items of the dead get back in line.
void ProcessQueue::reclaim() {
  for (std::size_t i = 0; i < shared().limits.items; ++i)
    if (slot(i).state == kLeased && process_gone(slot(i).holder)) slot(i).state = kInLine;
}

// Asks `ready`, with the lock held, after each change.
bool ProcessQueue::wait_until(Deadline deadline, const std::function<bool()>& ready) {
  for (;;) {
    const std::uint32_t seen = shared().changes;
    {
      const Held held(shared());
      if (ready()) return true;
      reclaim();
      if (ready()) return true;
    }
    const Deadline now = Clock::now();
    if (now >= deadline) return false;
    sleep_while(shared().changes, seen, std::min(deadline, now + kReclaimInterval));
  }
}

QueueStatus ProcessQueue::put(std::string_view item, Deadline deadline) {
  Shared& s = shared();
  if (item.size() > s.limits.item_bytes) throw std::length_error("too long for a process queue");
  QueueStatus status = deadline == kNow ? QueueStatus::kFull : QueueStatus::kTimeout;
  (void)wait_until(deadline, [&] {
    if (s.closed) {
      status = QueueStatus::kClosed;
      return true;
    }
    for (std::size_t i = 0; i < s.limits.items; ++i) {
      if (slot(i).state != kFree) continue;
      std::memcpy(bytes_of(i), item.data(), item.size());
      slot(i).bytes = item.size();
      slot(i).order = s.puts++;
      slot(i).state = kInLine;
      status = QueueStatus::kOk;
      return true;
    }
    return false;
  });
  if (status == QueueStatus::kOk) changed();
  return status;
}

Got<ProcessQueue::Lease> ProcessQueue::get(Deadline deadline) {
  Shared& s = shared();
  std::optional<std::size_t> next;
  const bool in_time = wait_until(deadline, [&] {
    bool leased = false;
    for (std::size_t i = 0; i < s.limits.items; ++i) {
      leased = leased || slot(i).state == kLeased;
      if (slot(i).state == kInLine && (!next || slot(i).order < slot(*next).order)) next = i;
    }
    if (!next) return s.closed && !leased;
    slot(*next).holder = ::getpid();
    slot(*next).state = kLeased;
    return true;
  });
  if (!in_time)
    return {deadline == kNow ? QueueStatus::kEmpty : QueueStatus::kTimeout, std::nullopt};
  if (!next) return {QueueStatus::kClosed, std::nullopt};
  return {QueueStatus::kOk, Lease(this, *next, std::string(bytes_of(*next), slot(*next).bytes))};
}

void ProcessQueue::Lease::end(bool done) {
  if (queue_ == nullptr) return;
  ProcessQueue& queue = *std::exchange(queue_, nullptr);
  queue.slot(slot_).state = done ? kFree : kInLine;
  queue.changed();
}

std::size_t ProcessQueue::count(bool leased_too) const {
  std::size_t count = 0;
  const Held held(shared());
  for (std::size_t i = 0; i < shared().limits.items; ++i)
    count += slot(i).state == kInLine || (leased_too && slot(i).state == kLeased);
  return count;
}

std::size_t ProcessQueue::size() const { return count(false); }
std::size_t ProcessQueue::unfinished() const { return count(true); }

bool ProcessQueue::join(Deadline deadline) {
  return wait_until(deadline, [&] {
    for (std::size_t i = 0; i < shared().limits.items; ++i)
      if (slot(i).state != kFree) return false;
    return true;
  });
}

void ProcessQueue::close() {
  {
    const Held held(shared());
    shared().closed = true;
  }
  changed();
}

}  // namespace weir::concurrency
