#include "concurrency/pool_worker.h"

#include <cxxabi.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <typeinfo>
#include <utility>

#include "concurrency/event_fd.h"
#include "concurrency/pool_ring.h"
#include "concurrency/shared_memory.h"
#include "concurrency/slab_arena.h"

namespace weir::concurrency {
namespace {

std::string describe(const std::exception& error) {
  int status = 0;
  char* name = abi::__cxa_demangle(typeid(error).name(), nullptr, nullptr, &status);
  const std::string text = std::string(name != nullptr ? name : "exception") + ": " + error.what();
  std::free(name);
  return text;
}

class Worker final : public PoolWorker {
 public:
  explicit Worker(RoleContext& role)
      : requests_memory_(SharedMemory::map(role.fd(ring::kRequests))),
        results_memory_(SharedMemory::map(role.fd(ring::kResults))),
        requests_(*reinterpret_cast<const ring::RequestPage*>(requests_memory_.data())),
        results_(*reinterpret_cast<ring::ResultPage*>(results_memory_.data())),
        wake_(role.fd(ring::kWake)),
        done_(role.fd(ring::kDone)) {
    if (role.fd_count() > ring::kBodies)
      bodies_ = SlabReader(role.fd(ring::kBodies), requests_.slot_bytes, requests_.slots);
  }

  std::string_view init() const noexcept override {
    return {requests_memory_.data() + ring::kPage, requests_.init_bytes};
  }
  SandboxReport arm_sandbox(std::size_t memory) override {
    return concurrency::arm_sandbox({.memory = memory, .readable = {wake_}, .writable = {done_}});
  }

  int serve(const PoolWorkerHooks& hooks) {
    results_.hello = ring::kHello;
    notify(done_);
    for (std::uint64_t task = 0; wait_for(task); ++task) {
      run(task, hooks);
      results_.completed = task + 1;
      const std::uint64_t sleep = requests_.asleep;
      if (sleep != 0 && std::exchange(told_, sleep) != sleep) notify(done_);
    }
    return 0;
  }

 private:
  // False: the pool says stop.
  bool wait_for(std::uint64_t task) {
    while (requests_.stop == 0) {
      if (requests_.submitted > task) return true;
      results_.asleep = ++sleeps_;
      if (requests_.submitted == task && requests_.stop == 0) {
        std::uint64_t count;
        if (::read(wake_, &count, sizeof count) < 0 && errno != EINTR) return false;
      }
      results_.asleep = 0;
    }
    return false;
  }

  void run(std::uint64_t task, const PoolWorkerHooks& hooks) {
    const ring::Request& request = requests_.entries[task % ring::kDepth];
    const std::string_view header(
        requests_memory_.data() +
            ring::header_at(task, requests_.init_bytes, requests_.header_room),
        request.header_bytes);
    std::optional<std::string_view> body("");
    if (request.slot != ring::kNoBody) body = bodies_.bytes(request.slot, request.body_bytes);
    ResultWriter out({results_memory_.data() + ring::result_at(task, requests_.result_room),
                      requests_.result_room});
    ring::Status status = ring::Status::kDone;
    try {
      if (!body) throw std::out_of_range("no such body");
      hooks.handle(header, *body, out);
    } catch (const std::bad_alloc&) {
      exit_out_of_memory();
    } catch (const std::exception& error) {
      status = fail(out, describe(error));
    } catch (...) {
      status = fail(out, "an exception of unknown type");
    }
    results_.entries[task % ring::kDepth] = {.bytes = out.size(), .status = status};
  }

  static ring::Status fail(ResultWriter& out, std::string_view message) {
    out.clear();
    (void)out.append(message.substr(0, out.room().size()));
    return ring::Status::kFailed;
  }

  SharedMemory requests_memory_, results_memory_;
  const ring::RequestPage& requests_;
  ring::ResultPage& results_;
  SlabReader bodies_;
  int wake_, done_;
  std::uint64_t sleeps_ = 0;  // of this worker
  std::uint64_t told_ = 0;    // the last sleep of the pool that it was woken from
};

}  // namespace

bool ResultWriter::append(std::string_view bytes) noexcept {
  if (bytes.size() > room_.size() - size_) return false;
  std::memcpy(room_.data() + size_, bytes.data(), bytes.size());
  size_ += bytes.size();
  return true;
}

void ResultWriter::commit(std::size_t bytes) {
  if (bytes > room_.size() - size_) throw std::length_error("more committed than there was room");
  size_ += bytes;
}

int serve_pool(RoleContext& role, const PoolWorkerHooks& hooks) {
  Worker worker(role);
  try {
    if (hooks.before_serving) hooks.before_serving(worker);
  } catch (const std::bad_alloc&) {
    exit_out_of_memory();
  }
  return worker.serve(hooks);
}

void exit_out_of_memory() noexcept { ::_exit(kOutOfMemoryExitCode); }

}  // namespace weir::concurrency
