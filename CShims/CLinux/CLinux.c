#define _GNU_SOURCE
#include "CLinux.h"

#include <pthread.h>

int gh_accept(int listener, struct sockaddr_storage *peer, socklen_t *peer_length) {
    return accept4(listener, (struct sockaddr *)peer, peer_length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

void gh_name_thread(const char *name) {
    pthread_setname_np(pthread_self(), name);
}

int gh_watch(int epoll, int descriptor, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data.u64 = token};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}
