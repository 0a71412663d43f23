#include "fetch/make_fetcher.h"

#include <malloc.h>

#include <stdexcept>

#include "concurrency/thread_per_task.h"
#include "concurrency/thread_pool.h"
#include "fetch/blocking_fetcher.h"
#include "fetch/multi_fetcher.h"

namespace weir::fetch {

using concurrency::PollerKind;
using config::IoModel;

namespace {

constexpr std::size_t kSelectTransfers = 900;  // and the rest of FD_SETSIZE for everything else

}  // namespace

PollerKind poller_for(IoModel io) noexcept {
  switch (io) {
    case IoModel::kPolling:
      return PollerKind::kSpin;
    case IoModel::kSelect:
      return PollerKind::kSelect;
    case IoModel::kUring:
      return PollerKind::kUring;
    default:
      return PollerKind::kEpoll;
  }
}

bool needs_loop(IoModel io) noexcept {
  return io != IoModel::kBlocking && io != IoModel::kThreads && io != IoModel::kPool;
}

std::unique_ptr<Fetcher> make_fetcher(const FetcherParts& parts) {
  const auto& settings = parts.settings;
  if (needs_loop(settings.io)) {
    if (parts.loop == nullptr) throw std::invalid_argument("this IO model needs an EventLoop");
    if (settings.io == IoModel::kSelect && settings.transfers > kSelectTransfers) {
      throw std::invalid_argument("select can watch no more than 900 transfers");
    }
    return std::make_unique<MultiFetcher>(parts);
  }
  std::unique_ptr<concurrency::Executor> executor;
  if (settings.io == IoModel::kBlocking) {
    executor = std::make_unique<concurrency::InlineExecutor>();
  } else if (settings.io == IoModel::kThreads) {
    executor = std::make_unique<concurrency::ThreadPerTask>();
  } else {
    executor = std::make_unique<concurrency::ThreadPool>(concurrency::ThreadPoolOptions{
        .threads = static_cast<int>(settings.fetch_threads), .name = "fetch"});
  }
  return std::make_unique<BlockingFetcher>(parts, std::move(executor));
}

// Each transfer takes and frees a buffer of 64 KiB, on which malloc would give the top of the
// thread's heap back to the kernel and fault it in again, page after page.
void keep_receive_buffers() noexcept {
  ::mallopt(M_TRIM_THRESHOLD, 4 << 20);
  ::mallopt(M_MMAP_THRESHOLD, 1 << 20);
}

}  // namespace weir::fetch
