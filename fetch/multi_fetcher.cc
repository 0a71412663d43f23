#include "fetch/multi_fetcher.h"

#include <sys/select.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "concurrency/fd_watch.h"

namespace weir::fetch {

using concurrency::FdWatch;
using concurrency::Future;
using concurrency::Poller;
using concurrency::Promise;

namespace {

constexpr auto kSweep = std::chrono::milliseconds(50);
constexpr std::size_t kIdleHandles = 1024;
constexpr std::size_t kIdlePins = 1024;

// As many as there are hosts in work, within what memory and libcurl's linear searches bear.
long kept_connections(const config::FetchSettings& settings) {
  const bool select = settings.io == config::IoModel::kSelect;
  const std::size_t most = std::max<std::size_t>(settings.transfers, select ? 800 : 1024);
  return static_cast<long>(std::clamp<std::size_t>(settings.transfers * 4, 64, most));
}

}  // namespace

struct MultiFetcher::Job {
  explicit Job(TransferKit& kit) : transfer(kit, this) {}
  Transfer transfer;
  Promise<FetchResult> promise;
  std::uint64_t serial = 0;  // of the request it serves
  std::size_t place = 0;     // in active_
  bool in_multi = false;
};

// What libcurl asks of a descriptor is taken back after each transfer and asked again for the next
// on the same connection. Two system calls a page are saved by leaving it registered meanwhile.
struct MultiFetcher::Watch {
  Watch(MultiFetcher& owner, curl_socket_t fd, unsigned interest)
      : wanted(interest),
        registered(interest),
        watch(owner.loop_, fd, interest, [this, &owner, fd](unsigned events) {
          if (wanted != 0) return owner.drive(fd, events);
          registered = 0;  // an idle connection that speaks is looked at when it is used again
          watch.set(0);
        }) {}

  void want(unsigned interest) {
    wanted = interest;
    if (interest == 0 || interest == registered) return;
    registered = interest;
    watch.set(interest);
  }

  unsigned wanted;
  unsigned registered;
  FdWatch watch;
};

MultiFetcher::MultiFetcher(const FetcherParts& parts)
    : loop_(*parts.loop),
      kit_(parts),
      port_(std::make_shared<LoopPort>(loop_)),
      curl_timer_(loop_, [this] { drive(CURL_SOCKET_TIMEOUT, 0); }),
      sweep_timer_(loop_, [this] { sweep(); }),
      pins_(kIdlePins),
      multi_(curl_multi_init()) {
  if (!multi_) throw std::bad_alloc();
  kit_.close_socket = &MultiFetcher::on_close;
  kit_.close_socket_data = this;
  if (parts.settings.io == config::IoModel::kSelect) kit_.fd_limit = FD_SETSIZE;
  CURLM* const m = multi_.get();
  curl_multi_setopt(m, CURLMOPT_SOCKETFUNCTION, &MultiFetcher::on_interest);
  curl_multi_setopt(m, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(m, CURLMOPT_TIMERFUNCTION, &MultiFetcher::on_timer);
  curl_multi_setopt(m, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(m, CURLMOPT_PIPELINING, long{CURLPIPE_MULTIPLEX});
  curl_multi_setopt(m, CURLMOPT_MAX_CONCURRENT_STREAMS, 8L);
  curl_multi_setopt(m, CURLMOPT_MAXCONNECTS, kept_connections(parts.settings));
  if (parts.arena != nullptr) {
    parts.arena->on_credit([this, port = port_] { port->post([this] { resume_paused(); }); });
  }
}

MultiFetcher::~MultiFetcher() {
  closed_ = true;
  if (kit_.parts.arena != nullptr) kit_.parts.arena->on_credit(nullptr);
  port_->close();
  cancel_all();
  idle_.clear();
}

Future<FetchResult> MultiFetcher::fetch(FetchRequest request) {
  Promise<FetchResult> promise;
  promise.start();
  Future<FetchResult> future = promise.future();
  if (closed_) {
    promise.set_value(FetchResult());
    return future;
  }
  if (idle_.empty()) idle_.push_back(std::make_shared<Job>(kit_));
  active_.push_back(std::move(idle_.back()));
  idle_.pop_back();
  Job& job = *active_.back();
  job.serial = ++serial_;
  job.place = active_.size() - 1;
  job.promise = std::move(promise);
  ++in_flight_;
  if (!sweep_timer_.pending()) sweep_timer_.set(loop_.now() + kSweep);

  if (!job.transfer.begin(std::move(request), loop_.now())) {
    finish(job, CURLE_OK);
  } else if (job.transfer.needs_name()) {
    look_up(job);
  } else {
    start(job);
  }
  return future;
}

void MultiFetcher::look_up(Job& job) {
  if (!job.transfer.given_addresses().empty()) {
    return run(job, {job.transfer.given_addresses(), ""});
  }
  Future<NameAnswer> answer = kit_.parts.names->lookup(job.transfer.host());
  if (answer.done()) return run(job, answer.get());
  const std::weak_ptr<Job> asker = active_[job.place];  // it may be over before, and gone
  answer.on_done([this, port = port_, asker, serial = job.serial](Future<NameAnswer> done) {
    port->post([this, asker, serial, done = std::move(done)] {
      const auto waiting = asker.lock();
      if (waiting && waiting->serial == serial) run(*waiting, done.get());
    });
  });
}

void MultiFetcher::run(Job& job, const NameAnswer& answer) {
  job.transfer.use(pins_, answer) ? start(job) : finish(job, CURLE_OK);
}

void MultiFetcher::start(Job& job) {
  job.in_multi = curl_multi_add_handle(multi_.get(), job.transfer.easy()) == CURLM_OK;
  if (!job.in_multi) finish(job, CURLE_OUT_OF_MEMORY);
}

void MultiFetcher::finish(Job& job, CURLcode code) {
  if (job.in_multi) curl_multi_remove_handle(multi_.get(), job.transfer.easy());
  job.in_multi = false;
  job.serial = 0;
  FetchResult result = job.transfer.finish(code, loop_.now());
  Promise<FetchResult> promise = std::move(job.promise);

  auto& slot = active_[job.place];
  std::shared_ptr<Job> done = std::move(slot);
  if (done->place + 1 < active_.size()) {
    slot = std::move(active_.back());
    slot->place = done->place;
  }
  active_.pop_back();
  if (idle_.size() < kIdleHandles) idle_.push_back(std::move(done));
  --in_flight_;
  promise.set_value(std::move(result));  // last: its callbacks may ask for more
}

void MultiFetcher::cancel() noexcept {
  closed_ = true;
  port_->post([this] { cancel_all(); });
}

void MultiFetcher::cancel_all() {
  while (!active_.empty()) {
    active_.back()->transfer.cancel();
    finish(*active_.back(), CURLE_OK);
  }
  sweep_timer_.cancel();
}

void MultiFetcher::drive(curl_socket_t fd, unsigned events) {
  int bits = 0;
  if (events & Poller::kRead) bits |= CURL_CSELECT_IN;
  if (events & Poller::kWrite) bits |= CURL_CSELECT_OUT;
  if (events & Poller::kError) bits |= CURL_CSELECT_ERR;
  int running = 0;
  curl_multi_socket_action(multi_.get(), fd, bits, &running);
  drain();
}

void MultiFetcher::drain() {
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;  // finish() frees the message
    void* job = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &job);
    finish(*static_cast<Job*>(job), code);
  }
}

void MultiFetcher::sweep() {
  const auto now = loop_.now();
  // From the end, as finish() puts the last one in the place of the one that ends.
  for (std::size_t i = active_.size(); i-- > 0;) {
    if (i >= active_.size()) continue;  // a callback ended more than one
    Job& job = *active_[i];
    if (job.promise.stop_token().stop_requested()) job.transfer.cancel();
    if (job.transfer.over_limit(now)) {
      finish(job, CURLE_OK);
    } else if (job.transfer.needs_slot()) {
      resume(job);
    }
  }
  if (!active_.empty()) sweep_timer_.set(now + kSweep);
}

void MultiFetcher::resume(Job& job) {
  const CURLcode code = job.transfer.resume(loop_.now());
  if (code != CURLE_OK) finish(job, code);
}

void MultiFetcher::resume_paused() {
  std::vector<std::pair<Job*, std::uint64_t>> paused;
  for (const auto& job : active_) {
    if (job->transfer.paused()) paused.emplace_back(job.get(), job->serial);
  }
  // Oldest first: one of them may overdraw.
  std::sort(paused.begin(), paused.end(),
            [](const auto& a, const auto& b) { return a.second < b.second; });
  for (const auto& [job, serial] : paused) {
    if (job->serial == serial && job->transfer.paused()) resume(*job);
  }
}

void MultiFetcher::watch(curl_socket_t fd, int what) {
  const unsigned interest =
      (what & CURL_POLL_IN ? Poller::kRead : 0u) | (what & CURL_POLL_OUT ? Poller::kWrite : 0u);
  const auto at = static_cast<std::size_t>(fd);
  if (at >= watches_.size()) watches_.resize(std::max(at + 1, watches_.size() * 2));
  if (watches_[at]) {
    watches_[at]->want(what == CURL_POLL_REMOVE ? 0 : interest);
  } else if (interest != 0) {
    watches_[at] = std::make_unique<Watch>(*this, fd, interest);
  }
}

void MultiFetcher::unwatch(curl_socket_t fd) noexcept {
  const auto at = static_cast<std::size_t>(fd);
  if (at < watches_.size()) watches_[at].reset();
}

int MultiFetcher::on_interest(CURL*, curl_socket_t fd, int what, void* self, void*) {
  try {
    static_cast<MultiFetcher*>(self)->watch(fd, what);
    return 0;
  } catch (const std::exception&) {
    return -1;  // the poller takes no more descriptors: libcurl ends the transfers
  }
}

int MultiFetcher::on_timer(CURLM*, long ms, void* self) {
  auto& me = *static_cast<MultiFetcher*>(self);
  if (ms < 0) {
    me.curl_timer_.cancel();
  } else {
    me.curl_timer_.set(me.loop_.now() + std::chrono::milliseconds(ms));
  }
  return 0;
}

int MultiFetcher::on_close(void* self, curl_socket_t fd) {
  static_cast<MultiFetcher*>(self)->unwatch(fd);
  return ::close(fd);
}

}  // namespace weir::fetch
