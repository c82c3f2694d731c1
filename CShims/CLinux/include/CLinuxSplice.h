#pragma once

#include <sys/types.h>

/// splice(2) of at most `count` bytes between a pipe and a socket, without waiting: SPLICE_F_MOVE and SPLICE_F_NONBLOCK, which
/// need _GNU_SOURCE. `more` is SPLICE_F_MORE: more will follow. Returns the count of bytes, 0 at the end of a socket, or -1 and
/// errno.
ssize_t gh_splice(int from, int to, size_t count, int more);

/// pipe2(2) without waiting and closed on exec, of `size` bytes if the kernel allows so many (fcntl(2), F_SETPIPE_SZ).
/// Returns how many bytes it holds, or -1 and errno.
int gh_pipe(int ends[2], int size);
