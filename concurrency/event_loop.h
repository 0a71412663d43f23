// One thread that runs coroutines, timers and callbacks of descriptors, and waits in a Poller when
// none can go on.
//
//   EventLoop loop(PollerKind::kEpoll);
//   auto page = loop.spawn(fetch(url));              // starts when the loop runs
//   loop.run(all_of_it());                          // a Task; its co_awaits share the thread
//   loop.post([&] { page.cancel(); });               // from any thread
//
// Thread-bound to the thread that runs it, but for post(), busy_seconds() and stats(). Frames never
// outlive their loop: the destructor destroys what is suspended. Tasks of one turn run in the order
// in which they became ready; a task that goes on becoming ready lets timers and descriptors in
// between its turns.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

#include "concurrency/fd_watch.h"
#include "concurrency/loop_clock.h"
#include "concurrency/poller.h"
#include "concurrency/post_box.h"
#include "concurrency/task.h"
#include "concurrency/task_handle.h"
#include "concurrency/timer_heap.h"
#include "concurrency/wait_list.h"

namespace weir::concurrency {

// Every task waits and nothing can wake one.
struct LoopDeadlock : std::logic_error {
  using std::logic_error::logic_error;
};

struct EventLoopOptions {
  LoopClock* clock = nullptr;    // of timers; the steady clock by default
  bool detect_deadlock = false;  // throw LoopDeadlock; leave off where other threads post wakes
};

struct EventLoopStats {
  double busy_seconds = 0;          // running tasks and callbacks
  double idle_seconds = 0;          // in the poller's wait (which kSpin burns all the same)
  double longest_turn_seconds = 0;  // the lag that one turn inflicted on everything else
  double largest_timer_lag_seconds = 0;
  std::uint64_t turns = 0;
};

class EventLoop {
 public:
  using Options = EventLoopOptions;
  // Throws what make_poller throws.
  explicit EventLoop(PollerKind kind = PollerKind::kEpoll, Options options = {});
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // The task starts in the loop's next turn.
  template <typename T>
  TaskHandle<T> spawn(Task<T> task, std::string name = {}) {
    auto state = std::make_shared<SpawnedTask<T>>(*this, std::move(task), std::move(name));
    adopt(state);
    return TaskHandle<T>(std::move(state));
  }

  // Runs until every task has ended; then rethrows the first failure that nobody can ask for.
  void run();

  // Runs `task` to its end and gives its result. Other tasks run meanwhile; those that have not
  // ended stay suspended until the next run() or die with the loop.
  template <typename T>
  T run(Task<T> task) {
    auto handle = spawn(std::move(task), "run");
    run_until_done(*handle.state());
    return handle.get();
  }

  // From any thread, at any time in the loop's life: runs `callback` on the loop's thread in its
  // next turn, in the order of posting. Callbacks not yet run are dropped with the loop.
  void post(std::function<void()> callback) { posted_->post(std::move(callback)); }
  // For those who may post after the loop has gone.
  std::shared_ptr<PostBox> post_box() const { return posted_; }

  TimePoint now() const { return clock_.now(); }
  Park sleep_until(TimePoint deadline) { return Park(deadline); }
  Park sleep_for(Nanoseconds duration) { return Park(after(now(), duration)); }
  Park yield() { return Park(TimePoint::min()); }  // goes to the end of the ready queue

  // `co_await`: waits until `fd` is ready (or in error; the read or write will tell); false if
  // `deadline` came first. Throws as Poller::add does.
  Park readable(int fd, TimePoint deadline = kNever) {
    return wait_fd(fd, Poller::kRead, deadline);
  }
  Park writable(int fd, TimePoint deadline = kNever) {
    return wait_fd(fd, Poller::kWrite, deadline);
  }

  const TaskState* current() const noexcept { return current_; }  // the running task, or null
  std::size_t live_tasks() const noexcept { return tasks_.size(); }
  Poller& poller() noexcept { return *poller_; }

  // From any thread: seconds spent outside the poller's wait, the time of the turn that is under
  // way included only when it ends. Real time, also with a virtual clock.
  double busy_seconds() const noexcept;
  EventLoopStats stats() const noexcept;

  // For an await that something outside the loop will end (a Future): no deadlock meanwhile.
  class Expectation {
   public:
    explicit Expectation(EventLoop& loop) noexcept : loop_(&loop) { ++loop.expected_; }
    ~Expectation() { --loop_->expected_; }
    Expectation(const Expectation&) = delete;
    Expectation& operator=(const Expectation&) = delete;

   private:
    EventLoop* loop_;
  };

 private:
  friend class TaskState;
  friend class Park;
  friend class Timer;
  friend class FdWatch;

  struct FdEntry;

  void adopt(std::shared_ptr<TaskState> task);
  void schedule(TaskState& task);
  void run_until_done(const TaskState& task);
  void run_while(const std::function<bool()>& going_on);
  void run_due();
  void resume(TaskState& task);
  void end(TaskState& task, TaskStatus status) noexcept;
  void wait();
  void dispatch(const Poller::Ready& ready);
  void keep_error(std::exception_ptr error) noexcept;

  Park wait_fd(int fd, unsigned interest, TimePoint deadline);
  FdEntry& entry(int fd);

  LoopClock& clock_;
  bool detect_deadlock_;
  std::unique_ptr<Poller> poller_;
  std::shared_ptr<PostBox> posted_;
  TimerHeap timers_;
  std::unordered_map<int, std::unique_ptr<FdEntry>> fds_;
  std::size_t fd_interests_ = 0;
  std::uint64_t pass_ = 0;  // over what the poller found ready
  std::size_t expected_ = 0;
  bool running_ = false;
  bool closing_ = false;
  std::vector<Poller::Ready> polled_;
  TaskState* current_ = nullptr;
  std::shared_ptr<std::exception_ptr> unobserved_;
  TimePoint busy_since_;
  std::atomic<std::int64_t> busy_ns_{0}, idle_ns_{0}, longest_turn_ns_{0}, timer_lag_ns_{0};
  std::atomic<std::uint64_t> turns_{0};
  std::deque<std::shared_ptr<TaskState>> ready_;
  std::list<std::shared_ptr<TaskState>> tasks_;  // last: frames die before what they use
};

}  // namespace weir::concurrency
