#include "concurrency/event_loop.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "concurrency/fd_table.h"
#include "concurrency/report.h"
#include "concurrency/timer.h"

namespace weir::concurrency {
namespace {

std::int64_t ns(Nanoseconds duration) { return duration.count(); }
double seconds(std::int64_t nanoseconds) { return static_cast<double>(nanoseconds) * 1e-9; }

}  // namespace

EventLoop::EventLoop(PollerKind kind, Options options)
    : clock_(options.clock != nullptr ? *options.clock : real_clock()),
      detect_deadlock_(options.detect_deadlock),
      poller_(make_poller(kind)),
      posted_(std::make_shared<PostBox>()),
      unobserved_(std::make_shared<std::exception_ptr>()) {
  poller_->add(posted_->fd(), Poller::kRead);
}

EventLoop::~EventLoop() {
  closing_ = true;
  posted_->close();
  while (!tasks_.empty()) end(*tasks_.back(), TaskStatus::kCancelled);
  ready_.clear();
  if (*unobserved_) report("a task failed and nobody asked: " + describe(*unobserved_));
}

void EventLoop::adopt(std::shared_ptr<TaskState> task) {
  if (closing_) throw std::logic_error("spawn on a loop that is being destroyed");
  task->unobserved = unobserved_;
  ready_.push_back(task);
  tasks_.push_back(std::move(task));
  tasks_.back()->place = std::prev(tasks_.end());
}

void EventLoop::schedule(TaskState& task) {
  task.queued = true;
  ready_.push_back(task.shared_from_this());
}

void EventLoop::run() {
  run_while([this] { return !tasks_.empty(); });
  if (auto error = std::exchange(*unobserved_, nullptr)) std::rethrow_exception(error);
}

void EventLoop::run_until_done(const TaskState& task) {
  run_while([&task] { return !task.done(); });
}

void EventLoop::run_while(const std::function<bool()>& going_on) {
  if (running_) throw std::logic_error("the loop is running already");
  struct Running {
    EventLoop& loop;
    explicit Running(EventLoop& owner) : loop(owner) {
      loop.running_ = true;
      loop.busy_since_ = std::chrono::steady_clock::now();
    }
    ~Running() {
      loop.running_ = false;
      loop.busy_ns_ += ns(std::chrono::steady_clock::now() - loop.busy_since_);
    }
  } running(*this);
  for (;;) {
    run_due();
    if (!going_on()) return;
    wait();
  }
}

void EventLoop::run_due() {
  for (auto& callback : posted_->take()) callback();
  for (std::size_t batch = ready_.size(); batch > 0; --batch) {
    const std::shared_ptr<TaskState> task = std::move(ready_.front());
    ready_.pop_front();
    resume(*task);
  }
  const TimePoint time = now();
  if (timers_.next() <= time) {
    timer_lag_ns_ = std::max(timer_lag_ns_.load(), ns(time - timers_.next()));
    timers_.fire(time);
  }
}

void EventLoop::resume(TaskState& task) {
  if (task.done()) return;  // ended while it was queued
  task.status = TaskStatus::kStarted;
  current_ = &task;
  task.queued = false;
  // A task that yields is ready again before it is suspended: its turn comes when it is popped.
  while (!task.queued && task.next) std::exchange(task.next, nullptr).resume();
  current_ = nullptr;
  if (!task.frames_done()) return;
  TaskStatus status = TaskStatus::kSucceeded;
  try {
    task.collect();
  } catch (const TaskCancelled&) {
    status = TaskStatus::kCancelled;
  } catch (...) {
    task.error = std::current_exception();
    status = TaskStatus::kFailed;
  }
  end(task, status);
}

void EventLoop::end(TaskState& task, TaskStatus status) noexcept {
  const auto self = task.shared_from_this();
  task.status = status;
  task.drop_frames();
  tasks_.erase(task.place);
  task.joiners.wake_all();
  for (auto& [id, listener] : std::exchange(task.listeners, {})) {
    try {
      listener(status);
    } catch (...) {
      keep_error(std::current_exception());
    }
  }
  if (task.error && !task.observed && task.handles == 0) {
    task.observed = true;
    keep_error(task.error);
  }
}

void EventLoop::keep_error(std::exception_ptr error) noexcept {
  if (!*unobserved_) *unobserved_ = std::move(error);
}

void EventLoop::wait() {
  const bool idle = ready_.empty() && posted_->may_sleep();
  if (detect_deadlock_ && idle && timers_.empty() && fd_interests_ == 0 && expected_ == 0)
    throw LoopDeadlock(std::to_string(tasks_.size()) + " tasks wait and nothing can wake them");
  TimePoint deadline = timers_.next();
  const bool skip = clock_.is_virtual() && idle && !timers_.empty() && expected_ == 0;
  if (!idle || skip)
    deadline = TimePoint::min();
  else if (clock_.is_virtual())
    deadline = kNever;

  const TimePoint before = std::chrono::steady_clock::now();
  poller_->wait(deadline, polled_);
  posted_->woke();
  const TimePoint after = std::chrono::steady_clock::now();
  const std::int64_t busy = ns(before - busy_since_);
  busy_ns_ += busy;
  idle_ns_ += ns(after - before);
  longest_turn_ns_ = std::max(longest_turn_ns_.load(), busy);
  ++turns_;
  busy_since_ = after;

  if (skip && polled_.empty()) clock_.skip_to(timers_.next());
  ++pass_;
  for (std::size_t i = 0; i < polled_.size(); ++i) dispatch(polled_[i]);
}

void EventLoop::dispatch(const Poller::Ready& ready) {
  if (ready.fd == posted_->fd()) return;  // its callbacks run in the next turn
  if (const auto found = fds_.find(ready.fd); found != fds_.end())
    found->second->dispatch(ready.events, pass_);
}

double EventLoop::busy_seconds() const noexcept { return seconds(busy_ns_); }

EventLoopStats EventLoop::stats() const noexcept {
  return {seconds(busy_ns_), seconds(idle_ns_), seconds(longest_turn_ns_), seconds(timer_lag_ns_),
          turns_};
}

void Timer::set(TimePoint deadline) {
  loop_.timers_.remove(*this);
  loop_.timers_.insert(*this, deadline);
}

void Timer::cancel() noexcept { loop_.timers_.remove(*this); }

bool Timer::pending() const noexcept { return TimerHeap::pending(*this); }

void Timer::due() {
  const auto callback = callback_;  // it may destroy this timer
  (*callback)();
}

}  // namespace weir::concurrency
