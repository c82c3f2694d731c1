// Tells ThreadSanitizer who comes after whom where a Swift Mutex is waited for; scripts/sanitize links it.
//
// A Mutex that nobody waits for is taken and given back by code that is compiled into ours, which ThreadSanitizer sees. The rest
// is done by the library, which is not instrumented: without this, what a thread finds that had to wait would look unguarded.
#include <dlfcn.h>
#include <stdint.h>

#define MUTEX __attribute__((swift_context)) void *mutex
#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

typedef __attribute__((swiftcall)) void LockSlow(uint32_t thread, MUTEX);
typedef __attribute__((swiftcall)) void UnlockSlow(MUTEX);

// Synchronization._MutexHandle._lockSlow(UInt32) and ._unlockSlow(): the linker takes ours before the library's.
LockSlow lock_slow __asm__(LOCK_SLOW);
UnlockSlow unlock_slow __asm__(UNLOCK_SLOW);

// The plugins of the build are linked with this, too, and have no sanitizer.
__attribute__((weak)) void __tsan_acquire(void *);
__attribute__((weak)) void __tsan_release(void *);

static LockSlow *library_lock_slow;
static UnlockSlow *library_unlock_slow;

__attribute__((constructor)) static void find_library(void) {
    library_lock_slow = (LockSlow *)dlsym(RTLD_NEXT, LOCK_SLOW);
    library_unlock_slow = (UnlockSlow *)dlsym(RTLD_NEXT, UNLOCK_SLOW);
}

__attribute__((swiftcall)) void lock_slow(uint32_t thread, MUTEX) {
    library_lock_slow(thread, mutex);
    if (__tsan_acquire) __tsan_acquire(mutex);
}

__attribute__((swiftcall)) void unlock_slow(MUTEX) {
    if (__tsan_release) __tsan_release(mutex);
    library_unlock_slow(mutex);
}
