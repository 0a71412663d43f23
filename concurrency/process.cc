#include "concurrency/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <mutex>
#include <utility>

#include "concurrency/mutex.h"
#include "concurrency/throw_errno.h"
#include "concurrency/unique_fd.h"
#include "concurrency/wait_fds.h"

namespace weir::concurrency {
namespace {

constexpr int kControlFd = 3;  // of a child: a pipe whose other end only its parent holds
constexpr int kFirstFd = 4;    // of a child: its spec's descriptors
constexpr std::chrono::seconds kGrace{2};

// glibc 2.36 declares these in a header that C++ cannot include.
int pidfd_open(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }
int pidfd_send_signal(int pidfd, int signal) {
  return static_cast<int>(::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0));
}
// glibc's waitid lacks the kernel's rusage.
int wait_pidfd(int pidfd, siginfo_t* info, int options, rusage* usage) {
  long got;
  do {
    got = ::syscall(SYS_waitid, P_PIDFD, pidfd, info, options, usage);
  } while (got < 0 && errno == EINTR);
  return static_cast<int>(got);
}

std::chrono::nanoseconds duration_of(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

std::string& own_name() {
  static std::string name = "main";
  return name;
}
bool may_start_children = true;  // written once, before any thread

// What every start of a process shares: the children not yet reaped.
struct Children {
  struct Child {
    pid_t pid;
    std::weak_ptr<ChildState> state;
  };
  Mutex mutex{"children"};
  std::vector<Child> list GUARDED_BY(mutex);
};
Children& children() {
  static Children* const kChildren = new Children;  // outlives every static
  return *kChildren;
}

// The environment of a child: empty, but for what a sanitizer's runtime was told.
std::vector<std::string> child_environment() {
  std::vector<std::string> environment;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS"})
    if (const char* value = std::getenv(name))
      environment.push_back(std::string(name) + "=" + value);
#endif
  return environment;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (std::string& s : strings) result.push_back(s.data());
  result.push_back(nullptr);
  return result;
}

struct FileActions {
  posix_spawn_file_actions_t actions;
  FileActions() { ::posix_spawn_file_actions_init(&actions); }
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions); }
};
struct Attributes {
  posix_spawnattr_t attributes;
  Attributes() { ::posix_spawnattr_init(&attributes); }
  ~Attributes() { ::posix_spawnattr_destroy(&attributes); }
};

// Starts this executable with `fds` as descriptors 3, 4, ... and nothing else but the standard
// ones.
pid_t spawn_self(std::vector<std::string> argv, const std::vector<int>& fds, bool quiet) {
  FileActions file;
  std::vector<UniqueFd> copies;  // above every target, so that no dup2 overwrites a source
  for (int fd : fds) {
    copies.emplace_back(::fcntl(fd, F_DUPFD_CLOEXEC, kControlFd + static_cast<int>(fds.size())));
    if (!copies.back()) throw ProcessError("a descriptor to inherit is not open");
  }
  ::posix_spawn_file_actions_addopen(&file.actions, 0, "/dev/null", O_RDONLY, 0);
  if (quiet) ::posix_spawn_file_actions_addopen(&file.actions, 1, "/dev/null", O_WRONLY, 0);
  for (std::size_t i = 0; i < copies.size(); ++i)
    ::posix_spawn_file_actions_adddup2(&file.actions, copies[i].get(),
                                       kControlFd + static_cast<int>(i));
  ::posix_spawn_file_actions_addclosefrom_np(&file.actions,
                                             kControlFd + static_cast<int>(copies.size()));
  Attributes attributes;
  sigset_t none, all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setflags(&attributes.attributes, POSIX_SPAWN_SETPGROUP |
                                                         POSIX_SPAWN_SETSIGMASK |
                                                         POSIX_SPAWN_SETSIGDEF);
  ::posix_spawnattr_setpgroup(&attributes.attributes, 0);
  ::posix_spawnattr_setsigmask(&attributes.attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes.attributes, &all);
  std::vector<std::string> environment = child_environment();
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, "/proc/self/exe", &file.actions, &attributes.attributes,
                                  pointers(argv).data(), pointers(environment).data());
  if (error != 0)
    throw ProcessError(std::string("cannot start a process: ") + std::strerror(error));
  return pid;
}

// A daemon's two means to die with its parent.
void tie_to_parent(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  ::fcntl(kControlFd, F_SETOWN, ::getpid());
  ::fcntl(kControlFd, F_SETSIG, SIGTERM);
  ::fcntl(kControlFd, F_SETFL, O_ASYNC | O_NONBLOCK);
  char byte;
  if (::read(kControlFd, &byte, 1) == 0) ::_exit(1);  // the end came before O_ASYNC
}

bool value_of(const char* argument, std::string_view key, std::string& value) {
  const std::string_view text(argument);
  if (text.substr(0, key.size()) != key) return false;
  value = text.substr(key.size());
  return true;
}

}  // namespace

int RoleContext::fd(std::size_t index) const {
  if (index >= fd_count_) throw std::out_of_range("this role was given fewer descriptors");
  return kFirstFd + static_cast<int>(index);
}
int RoleContext::parent_sentinel() const noexcept { return kControlFd; }
bool RoleContext::parent_alive() const { return !wait_fd(kControlFd, POLLIN, Clock::now()); }

const std::string& process_name() { return own_name(); }

std::optional<int> run_role_if_asked(int argc, char** argv, std::initializer_list<Role> roles) {
  // NAME role=R parent=PID from=PARENT fds=N daemon=0|1 -- ARGS...
  std::string role, parent, fds, daemon;
  RoleContext context;
  if (argc < 2 || !value_of(argv[1], "role=", role)) return std::nullopt;
  if (argc < 7 || !value_of(argv[2], "parent=", parent) ||
      !value_of(argv[3], "from=", context.parent_name_) || !value_of(argv[4], "fds=", fds) ||
      !value_of(argv[5], "daemon=", daemon) || std::string_view(argv[6]) != "--" ||
      ::fcntl(kControlFd, F_GETFD) < 0) {
    std::fprintf(stderr, "a role is started by its parent process only\n");
    return 2;
  }
  context.name_ = argv[0];
  context.parent_pid_ = std::atoi(parent.c_str());
  context.fd_count_ = static_cast<std::size_t>(std::atoi(fds.c_str()));
  context.args_.assign(argv + 7, argv + argc);
  for (int fd = kControlFd; fd < kFirstFd + static_cast<int>(context.fd_count_); ++fd)
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  ::prctl(PR_SET_NAME, argv[0]);
  own_name() = context.name_;
  if (daemon == "1") {
    may_start_children = false;
    tie_to_parent(context.parent_pid_);
  }
  for (const Role& known : roles) {
    if (known.name != role) continue;
    try {
      return known.run(context);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s: %s\n", context.name_.c_str(), error.what());
      return 1;
    }
  }
  std::fprintf(stderr, "no role is called %s\n", role.c_str());
  return 2;
}

std::string ExitStatus::describe() const {
  if (code >= 0) return "exit code " + std::to_string(code);
  const char* text = ::sigdescr_np(-code);
  return "signal " + std::to_string(-code) + " (" + (text != nullptr ? text : "unknown") + ")";
}

struct ChildState {
  ProcessSpec spec;
  Mutex mutex{"process"};
  pid_t pid GUARDED_BY(mutex) = 0;
  UniqueFd pidfd, control;  // written by start() and close() alone
  std::optional<ExitStatus> exit GUARDED_BY(mutex);

  // Reaps the child if it has ended.
  bool ended() EXCLUDES(mutex);
  void signal(int number) EXCLUDES(mutex) {
    MutexLock lock(mutex);
    if (!exit) pidfd_send_signal(pidfd.get(), number);
  }
};

bool ChildState::ended() {
  pid_t reaped = 0;
  {
    MutexLock lock(mutex);
    if (exit) return true;
    siginfo_t info{};
    rusage usage{};
    if (wait_pidfd(pidfd.get(), &info, WEXITED | WNOHANG, &usage) != 0) {
      if (errno != ECHILD) throw_errno("waitid");
      exit = ExitStatus{.code = -SIGKILL};  // reaped behind our back: its status is lost
    } else if (info.si_pid == 0) {
      return false;
    } else {
      exit = ExitStatus{.code = info.si_code == CLD_EXITED ? info.si_status : -info.si_status,
                        .cpu = duration_of(usage.ru_utime) + duration_of(usage.ru_stime),
                        .peak_rss = static_cast<std::size_t>(usage.ru_maxrss) * 1024};
    }
    reaped = pid;
    control.reset();
  }
  MutexLock lock(children().mutex);
  std::erase_if(children().list, [reaped](const auto& child) { return child.pid == reaped; });
  return true;
}

std::vector<pid_t> active_children() {
  std::vector<Children::Child> list;
  {
    MutexLock lock(children().mutex);
    list = children().list;
  }
  std::vector<pid_t> alive;
  for (const auto& child : list)
    if (const auto state = child.state.lock(); state && !state->ended()) alive.push_back(child.pid);
  return alive;
}

Process::Process(ProcessSpec spec) : state_(std::make_shared<ChildState>()) {
  static std::atomic<int> count{0};
  if (spec.name.empty()) spec.name = spec.role + "-" + std::to_string(++count);
  state_->spec = std::move(spec);
}

Process::~Process() { end(); }
Process::Process(Process&&) noexcept = default;
Process& Process::operator=(Process&& other) noexcept {
  end();
  state_ = std::move(other.state_);
  return *this;
}

void Process::end() noexcept {
  if (!state_ || !state_->pidfd) return;
  if (state_->spec.daemon) {
    terminate();
    if (join(after(kGrace))) return;
    kill();
  }
  join();
}

ChildState& Process::opened() const {
  if (!state_) throw ProcessError("the process handle is closed");
  return *state_;
}
ChildState& Process::started() const {
  if (!opened().pidfd) throw ProcessError(state_->spec.name + " was not started");
  return *state_;
}

void Process::start() {
  ChildState& s = opened();
  if (s.pidfd) throw ProcessError(s.spec.name + " was started already");
  if (!may_start_children)
    throw ProcessError("a daemon process may not start children: " + process_name());
  int control[2];
  if (::pipe2(control, O_CLOEXEC) != 0) throw ProcessError("cannot make a pipe");
  UniqueFd theirs(control[0]), ours(control[1]);
  std::vector<std::string> argv = {s.spec.name,
                                   "role=" + s.spec.role,
                                   "parent=" + std::to_string(::getpid()),
                                   "from=" + process_name(),
                                   "fds=" + std::to_string(s.spec.fds.size()),
                                   s.spec.daemon ? "daemon=1" : "daemon=0",
                                   "--"};
  argv.insert(argv.end(), s.spec.args.begin(), s.spec.args.end());
  std::vector<int> fds = {theirs.get()};
  fds.insert(fds.end(), s.spec.fds.begin(), s.spec.fds.end());
  const pid_t pid = spawn_self(std::move(argv), fds, s.spec.quiet);
  s.pidfd = UniqueFd(pidfd_open(pid));  // it cannot be another's: nobody but us reaps it
  if (!s.pidfd) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    throw ProcessError("cannot watch a process");
  }
  s.control = std::move(ours);
  {
    MutexLock lock(s.mutex);
    s.pid = pid;
  }
  MutexLock lock(children().mutex);
  children().list.push_back({pid, state_});
}

const std::string& Process::name() const { return opened().spec.name; }
bool Process::daemon() const { return opened().spec.daemon; }

std::optional<pid_t> Process::pid() const {
  ChildState& s = opened();
  MutexLock lock(s.mutex);
  return s.pid != 0 ? std::optional<pid_t>(s.pid) : std::nullopt;
}

std::optional<ExitStatus> Process::exit_status() const {
  ChildState& s = opened();
  if (s.pidfd) s.ended();
  MutexLock lock(s.mutex);
  return s.exit;
}

std::optional<int> Process::exit_code() const {
  const std::optional<ExitStatus> status = exit_status();
  return status ? std::optional<int>(status->code) : std::nullopt;
}

bool Process::is_alive() const {
  ChildState& s = opened();
  return s.pidfd && !s.ended();
}

bool Process::join(Deadline deadline) {
  ChildState& s = started();
  return wait_fd(s.pidfd.get(), POLLIN, deadline) && s.ended();
}

void Process::terminate() { started().signal(SIGTERM); }
void Process::kill() { started().signal(SIGKILL); }
int Process::sentinel() const { return started().pidfd.get(); }

std::chrono::nanoseconds Process::cpu_time() const {
  ChildState& s = started();
  MutexLock lock(s.mutex);
  if (s.exit) return s.exit->cpu;
  clockid_t clock;
  timespec time{};
  if (::clock_getcpuclockid(s.pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return {};
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

void Process::close() {
  if (!state_) return;
  if (is_alive()) throw ProcessError(state_->spec.name + " still runs");
  state_.reset();
}

}  // namespace weir::concurrency
