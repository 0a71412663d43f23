#include "concurrency/process_pool.h"

#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "concurrency/cpus.h"
#include "concurrency/event_fd.h"
#include "concurrency/pool_state.h"

namespace weir::concurrency {
namespace {

PoolReply reply_of(PoolReply::Kind kind, std::string message = {}) {
  PoolReply reply;
  reply.kind = kind;
  reply.message = std::move(message);
  return reply;
}

}  // namespace

void ProcessPool::State::check(const PoolTask& task) const {
  if (options.source) throw std::logic_error("a process pool with a source takes no other tasks");
  if (task.header.size() > options.header_bytes) throw std::length_error(kTooLong);
}

// False, and the task untouched, if all places are taken.
bool ProcessPool::State::admit(PoolTask& task) {
  if (broken || closed) {
    task.reply.set_value(broken ? reply_of(Kind::kBroken, *broken) : reply_of(Kind::kCancelled));
    return true;
  }
  PoolLink* link = waiting.empty() ? best_place() : nullptr;
  if (link == nullptr || !link->idle()) want_another();
  if (link == nullptr) return false;
  push(*link, std::make_unique<PoolJob>(std::move(task)));
  return true;
}

// The emptiest worker that has a place.
PoolLink* ProcessPool::State::best_place() {
  PoolLink* best = nullptr;
  for (const auto& link : links) {
    if (link->idle()) return link.get();
    if (link->has_place()) best = link.get();
  }
  return best;
}

void ProcessPool::State::push(PoolLink& link, std::unique_ptr<PoolJob> job) {
  if (job->time_limit) shortest = std::min(shortest, *job->time_limit);
  link.push(std::move(job));
  if (link.accepted >= options.tasks_per_worker) link.phase = Phase::kRetiring;
  if (link.due() < sleeping_until) wake();
}

void ProcessPool::State::want_another() {
  const auto starting = [](const auto& link) { return link->phase == Phase::kStarting; };
  if (wanted >= target || std::any_of(links.begin(), links.end(), starting)) return;
  const auto serving = std::count_if(links.begin(), links.end(),
                                     [](const auto& link) { return link->phase <= Phase::kReady; });
  if (wanted > static_cast<std::size_t>(serving)) return;  // the last wish is not fulfilled yet
  ++wanted;
  wake();
}

void ProcessPool::State::wake() noexcept {
  news = true;
  if (asleep.exchange(false)) notify(waker.get());  // else it looks for news before it sleeps
}

void ProcessPool::State::end_input(bool drop) {
  MutexLock lock(mutex);
  closed = true;
  cancelled = cancelled || drop;
  place.notify_all();
  wake();
}

ProcessPool::ProcessPool(ProcessPoolOptions options) {
  if (options.workers == 0) options.workers = static_cast<std::size_t>(available_cpus());
  if (options.role.empty() || options.header_bytes == 0 || options.result_bytes == 0 ||
      options.tries < 1 || options.deaths_in_a_row < 1 || options.tasks_per_worker == 0)
    throw std::invalid_argument("a process pool needs a role and positive limits");
  state_ = std::make_unique<State>(std::move(options));
}

ProcessPool::~ProcessPool() {
  cancel();
  wait();
}

Future<PoolReply> ProcessPool::submit(PoolTask task, std::stop_token stop) {
  State& s = *state_;
  s.check(task);
  Future<PoolReply> future = task.reply.future();
  MutexLock lock(s.mutex);
  while (!s.admit(task)) {
    if (s.place.wait(s.mutex, kNever, stop) != Wake::kStopped) continue;
    task.reply.set_value(reply_of(PoolReply::Kind::kCancelled));
    break;
  }
  return future;
}

std::optional<Future<PoolReply>> ProcessPool::try_submit(PoolTask& task) {
  state_->check(task);
  Future<PoolReply> future = task.reply.future();
  MutexLock lock(state_->mutex);
  if (!state_->admit(task)) return std::nullopt;
  return future;
}

void ProcessPool::wake() noexcept { state_->wake(); }

void ProcessPool::resize(std::size_t workers) {
  if (workers == 0) throw std::invalid_argument("a process pool needs a worker");
  MutexLock lock(state_->mutex);
  state_->target = workers;
  state_->wake();
}

ProcessPoolFigures ProcessPool::figures() const {
  MutexLock lock(state_->mutex);
  ProcessPoolFigures figures = state_->figures;
  figures.workers = state_->target;
  figures.alive = state_->links.size();
  figures.in_flight = state_->waiting.size();
  figures.broken = state_->broken;
  for (const auto& link : state_->links) {
    figures.in_flight += link->jobs.size();
    figures.cpu += link->process.cpu_time();
  }
  return figures;
}

std::vector<PoolWorkerFigures> ProcessPool::workers() const {
  MutexLock lock(state_->mutex);
  std::vector<PoolWorkerFigures> workers(state_->ended.begin(), state_->ended.end());
  for (const auto& link : state_->links) workers.push_back(link->figures());
  return workers;
}

void ProcessPool::close() noexcept { state_->end_input(false); }
void ProcessPool::cancel() noexcept { state_->end_input(true); }
void ProcessPool::wait() { state_->thread->join(); }

}  // namespace weir::concurrency
