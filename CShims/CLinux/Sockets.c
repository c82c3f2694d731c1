#define _GNU_SOURCE
#include "CLinuxSockets.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#if defined(__has_feature)
#define IS_SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define IS_SANITIZED 0
#endif

#if IS_SANITIZED || !defined(__x86_64__)

ssize_t gh_receive(int socket, void *room, size_t size) { return recv(socket, room, size, 0); }

ssize_t gh_send(int socket, const void *bytes, size_t count, int flags) { return send(socket, bytes, count, flags); }

int gh_wait_for_events(int epoll, struct epoll_event *events, int capacity, int milliseconds) {
    return epoll_wait(epoll, events, capacity, milliseconds);
}

#else

// A system call as the kernel takes it (syscall(2), "Architecture calling conventions"): a result below 0 is an error's number.
static inline long call(long number, long a, long b, long c, long d, long e, long f) {
    long result = number;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "+a"(result)
                     : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
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
    return (int)call(SYS_epoll_wait, epoll, (long)events, capacity, milliseconds, 0, 0);
}

#endif
