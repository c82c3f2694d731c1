#pragma once

#include <sys/epoll.h>
#include <sys/types.h>

// What a loop calls for each message. The C library's functions of the same names are cancellation points (pthreads(7)): in a
// program with threads each call has two atomic exchanges around it, so that a thread could be cancelled while it waits. Nobody
// cancels one here, so these go to the kernel directly. Under a sanitizer, which looks at the room, they are the C library's, and
// so they are on other processors than x86-64.

/// recv(2) without flags. Returns the count of bytes, or -1 and errno.
ssize_t gh_receive(int socket, void *room, size_t size);

/// send(2). Returns the count of bytes, or -1 and errno.
ssize_t gh_send(int socket, const void *bytes, size_t count, int flags);

/// epoll_wait(2). Returns the count of events, or -1 and errno.
int gh_wait_for_events(int epoll, struct epoll_event *events, int capacity, int milliseconds);
