#include "concurrency/thread.h"

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <system_error>

#include "concurrency/report.h"
#include "concurrency/thread_registry.h"

namespace weir::concurrency {

namespace {

thread_local const ThreadInfo* this_thread_info = nullptr;

// The kernel keeps 15 bytes and refuses more.
void name_this_thread(const std::string& name) noexcept {
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
}

void be_batch() noexcept {
  const sched_param none{};
  pthread_setschedparam(pthread_self(), SCHED_BATCH, &none);  // refused: as it was
}

class Attributes {
 public:
  explicit Attributes(std::size_t stack_bytes) {
    check(pthread_attr_init(&attributes_));
    if (stack_bytes != 0) check(pthread_attr_setstacksize(&attributes_, stack_bytes));
  }
  ~Attributes() { pthread_attr_destroy(&attributes_); }
  const pthread_attr_t* get() const { return &attributes_; }

  static void check(int error) {
    if (error != 0)
      throw std::system_error(error, std::generic_category(), "cannot start a thread");
  }

 private:
  pthread_attr_t attributes_;
};

}  // namespace

// Shared by the Thread and the thread, so that neither depends on the other's life.
struct Thread::State {
  State(ThreadOptions options, Function function)
      : info{.name = options.name.empty() ? ThreadRegistry::instance().next_name() : options.name,
             .id = 0,
             .daemon = options.daemon.value_or(this_thread_info && this_thread_info->daemon)},
        stack_bytes(options.stack_bytes),
        batch(options.batch),
        function(std::move(function)) {}

  static void* enter(void* argument);
  void work() noexcept;
  void move_to(int phase) EXCLUDES(mutex);

  // Written before the start, but for the id, which the thread itself writes before kRunning.
  ThreadInfo info;
  const std::size_t stack_bytes;
  const bool batch;
  bool is_subclass = false;
  Function function;
  std::stop_source stop;

  enum { kNew, kStarting, kRunning, kEnded };
  Mutex mutex{"thread"};
  CondVar changed;
  int phase GUARDED_BY(mutex) = kNew;
  pthread_t handle GUARDED_BY(mutex) = {};
  bool joined GUARDED_BY(mutex) = false;
};

void* Thread::State::enter(void* argument) {
  const std::unique_ptr<std::shared_ptr<State>> state(
      static_cast<std::shared_ptr<State>*>(argument));
  (*state)->work();
  return nullptr;
}

void Thread::State::work() noexcept {
  ThreadRegistry& registry = ThreadRegistry::instance();
  name_this_thread(info.name);
  if (batch) be_batch();
  {
    const MutexLock lock(mutex);
    info.id = gettid();
  }
  this_thread_info = &info;
  registry.enter(info, ThreadRegistry::Kind::kOurs, stop);
  move_to(kRunning);
  try {
    function(stop.get_token());
  } catch (const QuietExit&) {
  } catch (...) {
    registry.uncaught(std::current_exception(), info);
  }
  function = nullptr;  // the arguments go with the run, not with the Thread
  registry.leave(info.id);
  this_thread_info = nullptr;
  move_to(kEnded);
}

void Thread::State::move_to(int next) {
  const MutexLock lock(mutex);
  phase = next;
  changed.notify_all();
}

Thread::Thread(ThreadOptions options, Function function)
    : state_(std::make_shared<State>(std::move(options), std::move(function))) {}

Thread::Thread(ThreadOptions options)
    : Thread(std::move(options), Function([this](std::stop_token stop) { run(std::move(stop)); })) {
  state_->is_subclass = true;
}

Thread::~Thread() {
  if (!state_) return;  // moved from
  if (state_->is_subclass && is_alive())
    report("thread " + name() + ": its class must call end() in its destructor");
  end();
}

void Thread::run(std::stop_token) {}

void Thread::end() noexcept {
  request_stop();
  {
    const MutexLock lock(state_->mutex);
    if (state_->phase == State::kNew) return;
  }
  join();
}

void Thread::start() {
  State& state = *state_;
  const MutexLock lock(state.mutex);
  if (state.phase != State::kNew) throw ThreadMisuse(state.info.name + ": started twice");
  const Attributes attributes(state.stack_bytes);
  auto argument = std::make_unique<std::shared_ptr<State>>(state_);
  Attributes::check(pthread_create(&state.handle, attributes.get(), &State::enter, argument.get()));
  (void)argument.release();
  state.phase = State::kStarting;
  while (state.phase == State::kStarting) state.changed.wait(state.mutex);
}

void Thread::request_stop() noexcept { state_->stop.request_stop(); }

bool Thread::join_until(Deadline deadline, std::stop_token stop) {
  State& state = *state_;
  if (this_thread_info == &state.info) throw ThreadMisuse(state.info.name + ": joined by itself");
  MutexLock lock(state.mutex);
  if (state.phase == State::kNew) throw ThreadMisuse(state.info.name + ": joined before its start");
  Wake why = Wake::kNotified;
  while (state.phase != State::kEnded && why == Wake::kNotified)
    why = state.changed.wait(state.mutex, deadline, stop);
  if (state.phase != State::kEnded) return false;
  if (std::exchange(state.joined, true)) return true;
  const pthread_t handle = state.handle;
  lock.unlock();
  pthread_join(handle, nullptr);
  return true;
}

bool Thread::is_alive() const {
  const MutexLock lock(state_->mutex);
  return state_->phase == State::kStarting || state_->phase == State::kRunning;
}

ThreadInfo Thread::info() const {
  const MutexLock lock(state_->mutex);
  return state_->info;
}

const std::string& Thread::name() const { return state_->info.name; }

bool Thread::daemon() const { return state_->info.daemon; }

void Thread::launch(std::unique_ptr<Thread> thread) {
  ThreadRegistry& registry = ThreadRegistry::instance();
  registry.reap();
  thread->start();
  registry.keep(std::move(thread));
}

std::vector<ThreadInfo> enumerate_threads() { return ThreadRegistry::instance().alive(); }

std::size_t active_count() { return enumerate_threads().size(); }

ThreadInfo current_thread() {
  if (this_thread_info != nullptr) return *this_thread_info;
  if (gettid() == getpid()) return {.name = "MainThread", .id = getpid(), .daemon = false};
  char name[16] = {};
  pthread_getname_np(pthread_self(), name, sizeof name);
  return {.name = name, .id = gettid(), .daemon = true};
}

RegisteredThread::RegisteredThread(std::string name)
    : info_{.name = std::move(name), .id = gettid(), .daemon = true} {
  if (this_thread_info != nullptr) throw ThreadMisuse(info_.name + ": registered already");
  this_thread_info = &info_;
  ThreadRegistry::instance().enter(info_, ThreadRegistry::Kind::kForeign, std::stop_source());
}

RegisteredThread::~RegisteredThread() {
  ThreadRegistry::instance().leave(info_.id);
  this_thread_info = nullptr;
}

ThreadExceptionHook set_thread_exception_hook(ThreadExceptionHook hook) {
  return ThreadRegistry::instance().set_hook(std::move(hook));
}

}  // namespace weir::concurrency
