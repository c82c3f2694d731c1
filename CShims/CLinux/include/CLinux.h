#pragma once

#include "CLinuxFiles.h"
#include "CLinuxSockets.h"
#include "CLinuxSplice.h"

// Headers that the Glibc module does not cover.
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/types.h>

/// accept4(2) with SOCK_NONBLOCK | SOCK_CLOEXEC; it needs _GNU_SOURCE, which a header must not define.
int gh_accept(int listener, struct sockaddr_storage *peer, socklen_t *peer_length);

/// Lets a listening TCP socket begin no more connections; those that wait, or whose handshake is under way, are still to be had.
/// SO_ATTACH_FILTER (socket(7)) takes structs of a header that the Glibc module does not cover.
int gh_begin_no_more(int listener);

/// epoll_pwait2(2), which waits for parts of a millisecond; where the kernel or a filter of its calls has none, epoll_wait(2) for
/// a whole one.
/// - nanoseconds: less than a second.
int gh_wait_briefly(int epoll, struct epoll_event *events, int most, long nanoseconds);

/// Has the calling thread's waits end when their time is over, rather than up to 50 microseconds later (PR_SET_TIMERSLACK, which
/// prctl(2) takes as a variadic argument).
void gh_wake_on_time(void);

/// epoll_ctl(EPOLL_CTL_ADD): epoll_event is a packed struct with a union, which Swift cannot fill in.
int gh_watch(int epoll, int descriptor, uint32_t events, uint64_t token);

/// timerfd_create(2) of the monotonic clock. Its header brings structs with it that the Glibc module has already.
int gh_open_timer(void);

/// timerfd_settime(2): once, after so many nanoseconds, at least one.
int gh_set_timer(int timer, uint64_t nanoseconds);

/// The `data.u64` of an event.
static inline uint64_t gh_event_token(const struct epoll_event *event) { return event->data.u64; }

/// Names the calling thread (15 characters at most) for ps and debuggers.
void gh_name_thread(const char *name);

/// On how many cores the calling thread may run (sched_getaffinity(2): cpu_set_t and its macros need _GNU_SOURCE). sysconf(3)
/// counts those that the machine has: in a container, or under taskset(1), that is another number.
int gh_core_count(void);

/// Gives the calling thread the longest slices that the scheduler has (100 ms), and leaves its policy and its niceness
/// (sched_setattr(2), for which the C library has no function). Since Linux 6.12 whoever has shorter ones, as everybody by
/// default, goes before it when he wakes up. Other kernels take no notice.
void gh_take_long_slices(void);

/// Who is at the other end of a connected Unix socket, or made the pair (SO_PEERCRED, unix(7)). A `struct ucred` needs
/// _GNU_SOURCE.
typedef struct {
    /// 0 if it cannot be told.
    pid_t pid;
    uid_t uid;
} gh_credentials;

gh_credentials gh_peer(int socket);

/// sendmsg(2) of one message, with one descriptor if it is not negative (SCM_RIGHTS: macros make its header).
/// Returns the count of bytes, or -1 and errno.
ssize_t gh_send_message(int socket, const void *bytes, size_t count, int descriptor);

/// recvmsg(2) of one message. Its descriptor is close-on-exec, and -1 if there was none; of several all but the first are closed.
/// Returns the count of bytes, or -1 and errno; a message that is longer than `size` is EMSGSIZE.
ssize_t gh_receive_message(int socket, void *bytes, size_t size, int *descriptor);

/// Starts a program with three arguments in a process group of its own, nothing on its input, a pipe as its output and error
/// output, and no other descriptor of ours that is close-on-exec. Returns a pidfd (pidfd_open(2)), readable when it has ended,
/// its number in `pid` and the pipe's other end, non-blocking, in `output`; -1 with errno.
int gh_start_program(const char *program, const char *first, const char *second, const char *third, int *pid, int *output);

/// Kills what is left of the program's group, and reaps it. Its exit code; -1 if a signal ended it.
int gh_end_program(int pid);

/// Reaps every child that has ended (waitpid(2)), unless a program of ours runs. For the first process of a container, whose
/// children all others become when their parents end (pid_namespaces(7)), and which has no other children of its own.
void gh_reap_orphans(void);

/// Bytes that malloc(3) has lent (mallinfo2(3), which the Glibc module does not cover). What it keeps for a thread's next calls
/// counts as lent: some hundred KiB.
size_t gh_lent_memory(void);

/// Bytes that are resident and that malloc(3) has not lent, as near as they can be told: some megabytes are the program's own.
size_t gh_unused_memory(void);

/// malloc_trim(3), which the Glibc module does not cover: whole pages that malloc has not lent are given back to the kernel.
void gh_give_back_memory(void);

/// Does the kernel hold its clock for set by somebody who knows the time (adjtimex(2))? -1: it does not say.
int gh_clock_is_synchronised(void);

/// The file system that a directory is on, if it is in memory alone (statfs(2)): a constant word; NULL if it is another one, or
/// cannot be told.
const char *gh_volatile_file_system(const char *path);
