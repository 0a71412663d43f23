// Names for clang's thread-safety attributes; empty under every other compiler. A member says which
// lock guards it, a function which locks it needs, and the `dev` preset makes the proof an error:
//
//   Mutex mutex_;
//   int balance_ GUARDED_BY(mutex_);
//   void settle() REQUIRES(mutex_);
//
// std::mutex of libstdc++ carries no such marks, which is why concurrency/mutex.h exists.
#pragma once

#if defined(__clang__)
#define WEIR_ATTRIBUTE(x) __attribute__((x))
#else
#define WEIR_ATTRIBUTE(x)
#endif

#define CAPABILITY(x) WEIR_ATTRIBUTE(capability(x))
#define SCOPED_CAPABILITY WEIR_ATTRIBUTE(scoped_lockable)
#define GUARDED_BY(x) WEIR_ATTRIBUTE(guarded_by(x))
#define PT_GUARDED_BY(x) WEIR_ATTRIBUTE(pt_guarded_by(x))
#define ACQUIRED_BEFORE(...) WEIR_ATTRIBUTE(acquired_before(__VA_ARGS__))
#define ACQUIRED_AFTER(...) WEIR_ATTRIBUTE(acquired_after(__VA_ARGS__))
#define REQUIRES(...) WEIR_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) WEIR_ATTRIBUTE(locks_excluded(__VA_ARGS__))
#define ACQUIRE(...) WEIR_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define TRY_ACQUIRE(...) WEIR_ATTRIBUTE(try_acquire_capability(__VA_ARGS__))
#define RELEASE(...) WEIR_ATTRIBUTE(release_capability(__VA_ARGS__))
#define ASSERT_CAPABILITY(x) WEIR_ATTRIBUTE(assert_capability(x))
#define RETURN_CAPABILITY(x) WEIR_ATTRIBUTE(lock_returned(x))
#define NO_THREAD_SAFETY_ANALYSIS WEIR_ATTRIBUTE(no_thread_safety_analysis)
