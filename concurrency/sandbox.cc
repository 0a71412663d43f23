#include "concurrency/sandbox.h"
#include "concurrency/throw_errno.h"

#include <malloc.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cerrno>
#include <initializer_list>
#include <memory>
#include <system_error>

namespace weir::concurrency {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

void limit(__rlimit_resource resource, rlim_t value) {
  const rlimit both{value, value};
  if (::setrlimit(resource, &both) != 0) throw_errno("setrlimit");
}

class Filter {
 public:
  Filter() : context_(::seccomp_init(SCMP_ACT_KILL_PROCESS)) {
    if (context_ == nullptr) throw std::bad_alloc();
  }
  ~Filter() { ::seccomp_release(context_); }
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;

  void allow(int call) {
    check(::seccomp_rule_add_array(context_, SCMP_ACT_ALLOW, call, 0, nullptr));
  }
  void allow(int call, std::initializer_list<scmp_arg_cmp> arguments) {
    check(::seccomp_rule_add_array(context_, SCMP_ACT_ALLOW, call,
                                   static_cast<unsigned>(arguments.size()), arguments.begin()));
  }
  void load() { check(::seccomp_load(context_)); }

 private:
  static void check(int result) {
    if (result != 0) throw std::system_error(-result, std::system_category(), "seccomp");
  }
  scmp_filter_ctx context_;
};

scmp_arg_cmp equals(unsigned argument, scmp_datum_t value) {
  return {.arg = argument, .op = SCMP_CMP_EQ, .datum_a = value, .datum_b = 0};
}
scmp_arg_cmp masked(unsigned argument, scmp_datum_t mask, scmp_datum_t value) {
  return {.arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value};
}

}  // namespace

SandboxReport arm_sandbox(const SandboxLimits& limits) {
  // A second arena would ask for the number of CPUs when the first one is exhausted.
  ::mallopt(M_ARENA_MAX, 1);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) throw_errno("no_new_privs");
  if (limits.cpu) limit(RLIMIT_CPU, static_cast<rlim_t>(limits.cpu->count()));
  limit(RLIMIT_CORE, 0);
  if (kSanitized)
    return {.armed = false, .note = "sanitized build: no seccomp filter, no memory limit"};

  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  if (limits.memory != 0) limit(RLIMIT_DATA, limits.memory);
  limit(RLIMIT_FSIZE, 0);
  limit(RLIMIT_NOFILE, 0);
  limit(RLIMIT_MEMLOCK, 0);

  Filter filter;
  for (int fd : limits.readable)
    filter.allow(SCMP_SYS(read), {equals(0, static_cast<scmp_datum_t>(fd))});
  for (int fd : limits.writable)
    filter.allow(SCMP_SYS(write), {equals(0, static_cast<scmp_datum_t>(fd))});
  // To close is allowed so that a worker that is told to stop ends by itself, not by the filter.
  for (int call : {SCMP_SYS(futex), SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(rt_sigreturn),
                   SCMP_SYS(restart_syscall), SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap),
                   SCMP_SYS(madvise), SCMP_SYS(clock_gettime), SCMP_SYS(close)})
    filter.allow(call);
  filter.allow(SCMP_SYS(mmap), {masked(2, PROT_EXEC, 0), masked(3, MAP_ANONYMOUS, MAP_ANONYMOUS)});
  filter.allow(SCMP_SYS(mprotect), {masked(2, PROT_EXEC, 0)});
  filter.load();
  return {.armed = true, .note = "seccomp filter and limits armed"};
}

}  // namespace weir::concurrency
