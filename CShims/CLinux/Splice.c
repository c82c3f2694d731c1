// Bytes between two sockets without a copy into this program.

#define _GNU_SOURCE

#include "CLinuxSplice.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

ssize_t gh_splice(int from, int to, size_t count, int more) {
    unsigned flags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK | (more ? SPLICE_F_MORE : 0);
    ssize_t moved;
    do moved = splice(from, NULL, to, NULL, count, flags);
    while (moved < 0 && errno == EINTR);
    return moved;
}

int gh_pipe(int ends[2], int size) {
    if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) return -1;
    // Above what a user may have in all the kernel gives less, or nothing more.
    int given = fcntl(ends[1], F_SETPIPE_SZ, size);
    if (given < 0) given = fcntl(ends[1], F_GETPIPE_SZ);
    return given > 0 ? given : 4096;
}
