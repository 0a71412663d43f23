#include "concurrency/pool_link.h"
#include "concurrency/event_fd.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <vector>

namespace weir::concurrency {
namespace {

constexpr std::size_t kKeepResident = 1 << 20;  // of a result's memory, between tasks

}  // namespace

PoolJob::PoolJob(PoolTask task)
    : header(std::move(task.header)), time_limit(task.time_limit), promise(std::move(task.reply)) {
  promise.start();  // it may run from now on, so its outcome is the pool's to give
  if (task.body == nullptr) return;
  slot = task.body->slot();
  body_bytes = task.body->size();
}

PoolLink::PoolLink(const ProcessPoolOptions& options, std::uint64_t link_id)
    : id(link_id),
      process(ProcessSpec{}),
      since(Clock::now()),
      phase_due(after(options.start_limit)),
      init_bytes_(options.init.size()),
      header_room_(options.header_bytes),
      result_room_(options.result_bytes),
      requests_(
          SharedMemory::anonymous(ring::header_at(1, options.init.size(), options.header_bytes) +
                                  ring::pages(options.header_bytes))),
      results_(SharedMemory::anonymous(ring::result_at(1, options.result_bytes) +
                                       ring::pages(options.result_bytes))),
      wake_(make_event_fd(0)),
      done_(make_event_fd()) {
  auto* page = new (requests_.data()) ring::RequestPage{};
  page->init_bytes = init_bytes_;
  page->header_room = header_room_;
  page->result_room = result_room_;
  std::memcpy(requests_.data() + ring::kPage, options.init.data(), init_bytes_);
  // Read-only there: what the pool reads back of it stays its own.
  const UniqueFd requests = requests_.read_only_fd();
  std::vector<int> fds = {requests.get(), results_.fd(), wake_.get(), done_.get()};
  if (options.bodies != nullptr) {
    page->slot_bytes = options.bodies->slot_bytes();
    page->slots = options.bodies->slots();
    fds.push_back(options.bodies->read_only_fd());
  }
  process = Process({.role = options.role,
                     .name = options.role + "-" + std::to_string(id),
                     .fds = std::move(fds),
                     .quiet = true});
  process.start();
}

bool PoolLink::said_hello() const { return results().hello == ring::kHello; }

void PoolLink::push(std::unique_ptr<PoolJob> job) {
  ring::Request& entry = page().entries[accepted % ring::kDepth];
  std::memcpy(requests_.data() + ring::header_at(accepted, init_bytes_, header_room_),
              job->header.data(), job->header.size());
  entry = {.header_bytes = job->header.size(), .slot = job->slot, .body_bytes = job->body_bytes};
  if (jobs.empty()) since = Clock::now();
  jobs.push_back(std::move(job));
  page().submitted = ++accepted;
  const std::uint64_t sleep = results().asleep;  // it looks at `submitted` again before it sleeps
  if (sleep != 0 && std::exchange(woken_from_, sleep) != sleep) wake();
}

bool PoolLink::has_result() const { return !hostile && results().completed != completed_; }

std::optional<PoolLink::Reply> PoolLink::take_result() {
  if (!has_result()) return std::nullopt;
  const std::uint64_t completed = results().completed;
  const ring::Result entry = results().entries[completed_ % ring::kDepth];
  Reply taken;
  if (completed < completed_ || completed > accepted || jobs.empty() ||
      entry.bytes > result_room_ || entry.status > ring::Status::kFailed) {
    hostile = true;
    taken.reply.kind = PoolReply::Kind::kCrash;
    return taken;
  }
  taken.job = std::move(jobs.front());
  jobs.pop_front();
  const std::size_t at = ring::result_at(completed_, result_room_);
  std::string bytes(results_.data() + at, entry.bytes);
  if (entry.bytes > kKeepResident)
    ::fallocate(results_.fd(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(at),
                static_cast<off_t>(ring::pages(result_room_)));
  ++completed_;
  const Deadline now = Clock::now();
  PoolReply& reply = taken.reply;
  const bool failed = entry.status == ring::Status::kFailed;
  reply.kind = failed ? PoolReply::Kind::kFailed : PoolReply::Kind::kDone;
  (failed ? reply.message : reply.result) = std::move(bytes);
  reply.worker = process.pid().value_or(0);
  reply.tries = taken.job->tries + 1;
  reply.running = now - std::exchange(since, now);
  return taken;
}

void PoolLink::tell_to_stop() {
  page().stop = 1;
  wake();
}

void PoolLink::wake() { notify(wake_.get()); }

Deadline PoolLink::due() const {
  if (jobs.empty() || !jobs.front()->time_limit || out_of_time != nullptr) return phase_due;
  if (*jobs.front()->time_limit >= kNever - since) return phase_due;
  return std::min(phase_due, since + *jobs.front()->time_limit);
}

PoolWorkerFigures PoolLink::figures() const {
  return {.name = process.name(),
          .pid = process.pid().value_or(0),
          .tasks = accepted,
          .exit = process.exit_status()};
}

}  // namespace weir::concurrency
