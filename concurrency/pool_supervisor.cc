#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "concurrency/event_fd.h"
#include "concurrency/pool_state.h"
#include "concurrency/pool_worker.h"
#include "concurrency/throw_errno.h"

namespace weir::concurrency {
namespace {

constexpr std::uint32_t kNews = 0, kDeath = 1;  // what an event of the poller is about

}  // namespace

ProcessPool::State::State(ProcessPoolOptions given)
    : options(std::move(given)),
      poller(::epoll_create1(EPOLL_CLOEXEC)),
      waker(make_event_fd()),
      target(options.workers) {
  if (!poller) throw_errno("process pool");
  watch(waker.get(), kNews);
  thread.emplace(ThreadOptions{.name = options.thread_name}, [this] { run(); });
  thread->start();
}

void ProcessPool::State::watch(int fd, std::uint32_t about) const {
  epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.u32 = about}};
  if (::epoll_ctl(poller.get(), EPOLL_CTL_ADD, fd, &event) != 0) throw_errno("process pool");
}

// The workers get their next tasks before the replies of the last are given.
void ProcessPool::State::run() noexcept {
  for (bool somebody_died = false;; somebody_died = sleep()) {
    take_results();
    check_times();
    if (somebody_died) check_deaths();
    feed();
    balance();
    give_answers();
    if (ending()) return;
  }
}

// Until there is news or something is due. Says that it sleeps, then looks for news once more: so
// nobody has to write to an eventfd while this thread is awake.
bool ProcessPool::State::sleep() NO_THREAD_SAFETY_ANALYSIS {
  const Deadline due = next_due();
  asleep = true;
  ++sleeps;
  for (const auto& link : links) link->say_asleep(sleeps);
  const auto has_result = [](const auto& link) { return link->has_result(); };
  const bool stay = news || std::any_of(links.begin(), links.end(), has_result);
  int wait = stay ? 0 : -1;
  if (!stay && due != kNever) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - Clock::now()).count();
    wait = static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000));
  }
  epoll_event events[16];  // edges: whose they are is found by looking
  const int ready = ::epoll_wait(poller.get(), events, 16, wait);
  asleep = false;
  news = false;
  for (const auto& link : links) link->say_asleep(0);
  return std::any_of(events, events + std::max(ready, 0),
                     [](const epoll_event& event) { return event.data.u32 == kDeath; });
}

Deadline ProcessPool::State::next_due() {
  MutexLock lock(mutex);
  // Never longer than a task could take that comes while we sleep: so it need not wake us.
  Deadline due = links.empty() ? kNever : Clock::now() + shortest;
  for (const auto& link : links) due = std::min(due, link->due());
  return sleeping_until = due;
}

void ProcessPool::State::answer(std::unique_ptr<PoolJob> job, PoolReply reply) {
  if (job) answers.emplace_back(std::move(job), std::move(reply));
}

void ProcessPool::State::give_answers() {
  for (auto& [job, reply] : answers) job->promise.set_value(std::move(reply));
  answers.clear();
}

void ProcessPool::State::take_results() NO_THREAD_SAFETY_ANALYSIS {
  for (const auto& link : links) take_results_of(*link);
}

void ProcessPool::State::take_results_of(PoolLink& link) {
  while (link.has_result()) {
    MutexLock lock(mutex);
    std::optional<PoolLink::Reply> taken = link.take_result();
    if (!taken) return;
    if (!taken->job) {  // it broke the protocol: its death is noticed like any other
      link.process.kill();
      return;
    }
    ++figures.done;
    row_length = 0;
    ++row;
    place.notify_all();
    answer(std::move(taken->job), std::move(taken->reply));
  }
}

void ProcessPool::State::check_times() {
  MutexLock lock(mutex);
  const Deadline now = Clock::now();
  for (const auto& link : links) {
    if (link->phase == Phase::kStarting && link->said_hello()) {
      link->phase = Phase::kReady;
      link->phase_due = kNever;
      place.notify_all();
    }
    // A result that came just now is in time.
    if (now < link->due() || link->has_result()) continue;
    if (link->phase_due <= now) {
      escalate(*link);
    } else {
      link->out_of_time = link->jobs.front().get();
      link->process.kill();
    }
  }
}

// The next rung for a worker that does not start, or does not leave.
void ProcessPool::State::escalate(PoolLink& link) {
  link.phase_due = after(options.grace);
  if (link.phase == Phase::kTold) {
    link.phase = Phase::kTerminated;
    link.process.terminate();
  } else {
    if (link.phase != Phase::kStarting) link.phase = Phase::kKilled;
    link.process.kill();
  }
}

void ProcessPool::State::check_deaths() NO_THREAD_SAFETY_ANALYSIS {
  for (std::size_t i = 0; i < links.size();) {
    PoolLink& link = *links[i];
    if (link.process.is_alive()) {
      ++i;
      continue;
    }
    take_results_of(link);  // what it finished before
    MutexLock lock(mutex);  // to the end: figures() finds it among the living or the dead
    buried(link);
    ended.push_back(link.figures());
    if (ended.size() > kRemembered) ended.pop_front();
    links.erase(links.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

// Settles the tasks of a worker that has ended.
void ProcessPool::State::buried(PoolLink& link) {
  const Phase phase = std::exchange(link.phase, Phase::kKilled);  // no more places here
  const ExitStatus exit = *link.process.exit_status();
  figures.cpu += exit.cpu;
  std::unique_ptr<PoolJob> job;
  if (!link.jobs.empty()) {
    job = std::move(link.jobs.front());
    link.jobs.pop_front();
  }
  while (!link.jobs.empty()) {  // ahead: free of blame
    waiting.push_front(std::move(link.jobs.back()));
    link.jobs.pop_back();
  }
  if (phase >= Phase::kTold && !job) return;
  PoolReply reply;
  reply.exit = exit;
  reply.worker = link.process.pid().value_or(0);
  reply.running = Clock::now() - link.since;
  if (job && link.out_of_time != nullptr && link.out_of_time != job.get()) {
    waiting.push_front(std::move(job));  // we killed it for the one before, which came in time
    return;
  }
  if (job) reply.tries = ++job->tries;
  if (job && link.out_of_time != nullptr) {
    ++figures.timeouts;
    reply.kind = Kind::kTimeout;
  } else if (exit.code == kOutOfMemoryExitCode && job) {
    ++figures.out_of_memory;
    reply.kind = Kind::kMemory;
  } else {
    ++figures.deaths;
    const std::string how = link.process.name() +
                            (link.hostile                ? " broke the protocol: "
                             : phase == Phase::kStarting ? " at start: "
                                                         : ": ") +
                            exit.describe();
    count_death(job.get(), how);
    if (job && job->tries < options.tries) {
      ++figures.retries;
      waiting.push_back(std::move(job));
      return;
    }
    reply.kind = Kind::kCrash;
    reply.message = how;
  }
  place.notify_all();
  answer(std::move(job), std::move(reply));
}

void ProcessPool::State::count_death(PoolJob* job, const std::string& how) {
  if (job != nullptr && std::exchange(job->struck, row) == row) return;
  if (++row_length < options.deaths_in_a_row) return;
  broken = "workers of role " + options.role + " keep dying, " + std::to_string(row_length) +
           " in a row; the last was " + how;
}

// What waits goes before anything new. True if the source is to be asked for more: for each place,
// and for one task while there is no worker.
bool ProcessPool::State::hand_out() {
  MutexLock lock(mutex);
  const bool open = options.source && !closed;
  if (broken) return open;  // all is answered, what waits by ending()
  PoolLink* link = best_place();
  for (; !waiting.empty(); link = best_place()) {
    if (link == nullptr || !link->idle()) want_another();
    if (link == nullptr) return false;
    push(*link, std::move(waiting.front()));
    waiting.pop_front();
  }
  return open && (links.empty() || link != nullptr);
}

// Hands out what waits, then from the source as much as there are places for.
void ProcessPool::State::feed() {
  while (hand_out()) {
    Got<PoolTask> got = options.source();
    MutexLock lock(mutex);
    if (!got) {
      closed = closed || got.status == QueueStatus::kClosed;
      break;
    }
    const bool too_long = got->header.size() > options.header_bytes;
    auto job = std::make_unique<PoolJob>(*std::move(got.item));
    if (broken) {
      answer(std::move(job), {.kind = Kind::kBroken, .message = *broken});
    } else if (too_long) {
      answer(std::move(job), {.kind = Kind::kFailed, .message = kTooLong});
    } else {
      waiting.push_back(std::move(job));
    }
  }
}

void ProcessPool::State::balance() {
  std::size_t missing = 0;
  {
    MutexLock lock(mutex);
    std::size_t serving = 0;
    for (const auto& link : links) {
      if (link->phase > Phase::kReady) continue;
      if (++serving > target) link->phase = Phase::kRetiring;
    }
    for (const auto& link : links) {
      if (link->phase != Phase::kRetiring || !link->jobs.empty()) continue;
      ++figures.retired;
      link->phase = Phase::kTold;
      link->phase_due = after(options.grace);
      link->tell_to_stop();
    }
    wanted = std::min(wanted, target);
    const bool over = broken || cancelled || (closed && waiting.empty());
    if (!over) missing = wanted - std::min(wanted, serving);
  }
  for (; missing > 0; --missing) start_worker();
}

void ProcessPool::State::start_worker() {
  std::unique_ptr<PoolLink> link;
  try {
    link = std::make_unique<PoolLink>(options, ++ids);
    watch(link->done_fd(), kNews);
    watch(link->process.sentinel(), kDeath);
  } catch (const std::exception& error) {
    MutexLock lock(mutex);
    ++figures.deaths;
    count_death(nullptr, error.what());
    wake();
    return;
  }
  MutexLock lock(mutex);
  ++figures.started;
  links.push_back(std::move(link));
}

bool ProcessPool::State::ending() {
  Kind kind = Kind::kCancelled;
  std::string message;
  {
    MutexLock lock(mutex);
    if (broken) {
      kind = Kind::kBroken;
      message = *broken;
    } else if (!cancelled) {
      const auto busy = [](const auto& link) { return !link->jobs.empty(); };
      if (!closed || !waiting.empty() || std::any_of(links.begin(), links.end(), busy))
        return false;
    }
  }
  drop_all(kind, message);
  MutexLock lock(mutex);
  return links.empty() && (closed || cancelled);
}

// Answers every task and sends every worker away.
void ProcessPool::State::drop_all(Kind kind, const std::string& message) {
  std::vector<std::unique_ptr<PoolJob>> dropped;
  {
    MutexLock lock(mutex);
    wanted = 0;
    for (const auto& link : links) {
      for (auto& job : link->jobs) dropped.push_back(std::move(job));
      link->jobs.clear();
      if (link->phase >= Phase::kTold) continue;
      link->phase = Phase::kTold;
      link->phase_due = after(options.grace);
      link->tell_to_stop();
    }
    for (auto& job : waiting) dropped.push_back(std::move(job));
    waiting.clear();
    place.notify_all();
  }
  for (auto& job : dropped) job->promise.set_value(PoolReply{.kind = kind, .message = message});
}

}  // namespace weir::concurrency
