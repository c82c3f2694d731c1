#define _GNU_SOURCE
#include "CLinuxSockets.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#if defined(__has_feature)
#define IS_SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define IS_SANITIZED 0
#endif

#if IS_SANITIZED || !(defined(__x86_64__) || defined(__aarch64__))

ssize_t gh_receive(int socket, void *room, size_t size) { return recv(socket, room, size, 0); }

ssize_t gh_send(int socket, const void *bytes, size_t count, int flags) { return send(socket, bytes, count, flags); }

int gh_wait_for_events(int epoll, struct epoll_event *events, int capacity, int milliseconds) {
    return epoll_wait(epoll, events, capacity, milliseconds);
}

#else

// A system call as the kernel takes it (syscall(2), "Architecture calling conventions"): a result below 0 is an error's number.
static inline long call(long number, long a, long b, long c, long d, long e, long f) {
#if defined(__x86_64__)
    long result = number;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "+a"(result)
                     : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
#else
    register long x8 __asm__("x8") = number;
    register long result __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc #0"
                     : "+r"(result)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory");
#endif
    if (result >= 0) return result;
    errno = (int)-result;
    return -1;
}

ssize_t gh_receive(int socket, void *room, size_t size) {
    return call(SYS_recvfrom, socket, (long)room, (long)size, 0, 0, 0);
}

ssize_t gh_send(int socket, const void *bytes, size_t count, int flags) {
    return call(SYS_sendto, socket, (long)bytes, (long)count, flags, 0, 0);
}

int gh_wait_for_events(int epoll, struct epoll_event *events, int capacity, int milliseconds) {
    // Without a mask of signals it is epoll_wait(2), which arm64 does not have.
    return (int)call(SYS_epoll_pwait, epoll, (long)events, capacity, milliseconds, 0, _NSIG / 8);
}

#endif
