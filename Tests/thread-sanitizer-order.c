// Tells ThreadSanitizer who comes after whom where Swift's own libraries see to it; scripts/sanitize links it.
//
// They are not instrumented, so what one thread has written and another finds through them would look unguarded:
// - A Mutex that nobody waits for is taken and given back by code that is compiled into ours, which ThreadSanitizer sees. Who had
//   to wait gets it from the library.
// - A continuation that is resumed before its task has begun to wait: the task goes on at once, by the library's atomics alone.
//   (One that waits is handed to its executor, through a Mutex of ours.)
#include <dlfcn.h>
#include <stdint.h>

#define CONTEXT __attribute__((swift_async_context)) void *context

typedef __attribute__((swiftasynccall)) void GoOn(CONTEXT);

/// As Swift's ABI has it (ContinuationAsyncContext).
struct continuation {
    void *parent;
    GoOn *go_on;
    uintptr_t flags, state;
    /// Of one that can throw; others have no use for it.
    void *error;
};

#define CAN_THROW 1
#define MUTEX __attribute__((swift_context)) void *mutex
#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

typedef __attribute__((swiftcall)) void LockSlow(uint32_t thread, MUTEX);
typedef __attribute__((swiftcall)) void UnlockSlow(MUTEX);
typedef __attribute__((swiftcall)) void Resume(void *task);
typedef __attribute__((swiftasynccall)) void Await(struct continuation *context);
typedef __attribute__((swiftcall)) void *CurrentTask(void);

// Synchronization._MutexHandle._lockSlow(UInt32) and ._unlockSlow(): the linker takes ours before the library's.
LockSlow lock_slow __asm__(LOCK_SLOW);
UnlockSlow unlock_slow __asm__(UNLOCK_SLOW);
Resume swift_continuation_resume;
Await swift_continuation_await;

// The plugins of the build are linked with this, too, and have no sanitizer.
__attribute__((weak)) void __tsan_acquire(void *);
__attribute__((weak)) void __tsan_release(void *);

static LockSlow *library_lock_slow;
static UnlockSlow *library_unlock_slow;
static Resume *library_resume;
static Await *library_await;
static CurrentTask *library_current_task;

__attribute__((constructor)) static void find_library(void) {
    library_lock_slow = (LockSlow *)dlsym(RTLD_NEXT, LOCK_SLOW);
    library_unlock_slow = (UnlockSlow *)dlsym(RTLD_NEXT, UNLOCK_SLOW);
    library_resume = (Resume *)dlsym(RTLD_NEXT, "swift_continuation_resume");
    library_await = (Await *)dlsym(RTLD_NEXT, "swift_continuation_await");
    library_current_task = (CurrentTask *)dlsym(RTLD_NEXT, "swift_task_getCurrent");
}

__attribute__((swiftcall)) void lock_slow(uint32_t thread, MUTEX) {
    library_lock_slow(thread, mutex);
    if (__tsan_acquire) __tsan_acquire(mutex);
}

__attribute__((swiftcall)) void unlock_slow(MUTEX) {
    if (__tsan_release) __tsan_release(mutex);
    library_unlock_slow(mutex);
}

__attribute__((swiftcall)) void swift_continuation_resume(void *task) {
    if (__tsan_release) __tsan_release(task);
    library_resume(task);
}

// In place of what goes on at once after an await.
__attribute__((swiftasynccall)) static void go_on_in_order(CONTEXT) {
    struct continuation *continuation = context;
    continuation->go_on = (GoOn *)continuation->error;
    continuation->error = 0;
    __tsan_acquire(library_current_task());
    __attribute__((musttail)) return continuation->go_on(context);
}

__attribute__((swiftasynccall)) void swift_continuation_await(struct continuation *context) {
    if (__tsan_acquire) {
        if (context->flags & CAN_THROW) {
            // May come too early: it can still be resumed before the library looks.
            __tsan_acquire(library_current_task());
        } else {
            // Who has to wait goes on elsewhere: the library has noted where before.
            context->error = (void *)context->go_on;
            context->go_on = go_on_in_order;
        }
    }
    __attribute__((musttail)) return library_await(context);
}
