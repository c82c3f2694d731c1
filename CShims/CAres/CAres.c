#include "CAres.h"

#include "Names.h"

#include <ares.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

struct question {
    struct gh_names *names;
    uint64_t number;
    int family;
};

// More addresses of one name are not kept: a name with more is a mistake or an attack.
enum { most_addresses = 64 };

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int library_status;

// ares_library_init(3) is not thread-safe.
static void start_library(void) { library_status = ares_library_init(ARES_LIB_INIT_ALL); }

// c-ares tells which of its sockets it wants to hear of; both 0: it is about to close the socket.
static void sockets_changed(void *data, ares_socket_t socket, int readable, int writable) {
    struct gh_names *names = data;
    if (!readable && !writable) {
        epoll_ctl(names->epoll, EPOLL_CTL_DEL, socket, NULL);
        return;
    }
    struct epoll_event event = {.events = (readable ? EPOLLIN : 0u) | (writable ? EPOLLOUT : 0u), .data.fd = socket};
    if (epoll_ctl(names->epoll, EPOLL_CTL_MOD, socket, &event) != 0 && errno == ENOENT) {
        epoll_ctl(names->epoll, EPOLL_CTL_ADD, socket, &event);
    }
}

struct gh_names *gh_names_open(
    int epoll, const char *servers, int timeout_ms, int attempts, void *owner, gh_names_answer answer, int *status) {
    pthread_once(&once, start_library);
    *status = library_status;
    if (*status != ARES_SUCCESS) return NULL;
    struct gh_names *names = calloc(1, sizeof *names);
    if (names == NULL) {
        *status = ARES_ENOMEM;
        return NULL;
    }
    names->epoll = epoll;
    names->owner = owner;
    names->answer = answer;
    char lookups[] = "fb";
    struct ares_options options = {
        .timeout = timeout_ms,
        .tries = attempts,
        .lookups = lookups,
        .sock_state_cb = sockets_changed,
        .sock_state_cb_data = names,
    };
    int set = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB;
#ifdef ARES_OPT_QUERY_CACHE
    // Since 1.31 c-ares keeps answers for an hour by itself: a name that is asked for again is asked for because what is known of
    // it is in doubt, or too old by the configuration.
    options.qcache_max_ttl = 0;
    set |= ARES_OPT_QUERY_CACHE;
#endif
    *status = ares_init_options(&names->channel, &options, set);
    if (*status != ARES_SUCCESS) {
        free(names);
        return NULL;
    }
    if (servers != NULL) *status = ares_set_servers_ports_csv(names->channel, servers);
    if (*status != ARES_SUCCESS) {
        gh_names_close(names);
        return NULL;
    }
    return names;
}

// RFC 1034 §3.6.2: an alias may point elsewhere as soon as its own life is over, however long the addresses behind it live.
// c-ares tells the lives of aliases, and leaves them out of ai_ttl.
static uint32_t life(const struct ares_addrinfo *found, int ttl) {
    for (const struct ares_addrinfo_cname *alias = found->cnames; alias != NULL; alias = alias->next) {
        if (alias->ttl < ttl) ttl = alias->ttl;
    }
    return ttl > 0 ? (uint32_t)ttl : 0;
}

static size_t copy(const struct ares_addrinfo *found, struct gh_address *addresses) {
    size_t count = 0;
    for (const struct ares_addrinfo_node *node = found->nodes; node != NULL && count < most_addresses; node = node->ai_next) {
        struct gh_address *address = &addresses[count];
        memset(address, 0, sizeof *address);
        address->ttl = life(found, node->ai_ttl);
        if (node->ai_family == AF_INET && node->ai_addrlen >= (ares_socklen_t)sizeof(struct sockaddr_in)) {
            struct sockaddr_in from;
            memcpy(&from, node->ai_addr, sizeof from);
            memcpy(address->bytes, &from.sin_addr, address->length = 4);
        } else if (node->ai_family == AF_INET6 && node->ai_addrlen >= (ares_socklen_t)sizeof(struct sockaddr_in6)) {
            struct sockaddr_in6 from;
            memcpy(&from, node->ai_addr, sizeof from);
            memcpy(address->bytes, &from.sin6_addr, address->length = 16);
            address->scope = from.sin6_scope_id;
        } else {
            continue;
        }
        count++;
    }
    return count;
}

static void answered(void *argument, int status, int timeouts, struct ares_addrinfo *found) {
    (void)timeouts;
    struct question question = *(struct question *)argument;
    free(argument);
    struct gh_address addresses[most_addresses];
    size_t count = 0;
    if (found != NULL) {
        if (status == ARES_SUCCESS) count = copy(found, addresses);
        ares_freeaddrinfo(found);
    }
    if (status == ARES_SUCCESS && count == 0) status = ARES_ENODATA;
    struct gh_names *names = question.names;
    if (names->answer != NULL) names->answer(names->owner, question.number, question.family, status, addresses, count);
}

int gh_names_in_file(struct gh_names *names, const char *name) {
    const int families[] = {AF_INET, AF_INET6};
    for (size_t index = 0; index < 2; index++) {
        struct hostent *host = NULL;
        if (ares_gethostbyname_file(names->channel, name, families[index], &host) != ARES_SUCCESS) continue;
        ares_free_hostent(host);
        return 1;
    }
    return 0;
}

void gh_names_ask(struct gh_names *names, const char *name, int family, uint64_t number) {
    struct question *question = malloc(sizeof *question);
    if (question == NULL) {
        names->answer(names->owner, number, family, ARES_ENOMEM, NULL, 0);
        return;
    }
    *question = (struct question){.names = names, .number = number, .family = family};
    const struct ares_addrinfo_hints hints = {.ai_family = family, .ai_socktype = SOCK_STREAM};
    ares_getaddrinfo(names->channel, name, NULL, &hints, answered, question);
}

int gh_names_step(struct gh_names *names) {
    struct epoll_event events[16];
    // Bounded, so that a flood of answers does not hold the loop; what is left is reported as due at once.
    int rounds = 64;
    int count = 0;
    while (rounds-- > 0 && (count = epoll_wait(names->epoll, events, 16, 0)) > 0) {
        for (int index = 0; index < count; index++) {
            uint32_t met = events[index].events;
            int socket = events[index].data.fd;
            ares_process_fd(
                names->channel, met & (EPOLLIN | EPOLLERR | EPOLLHUP) ? socket : ARES_SOCKET_BAD,
                met & EPOLLOUT ? socket : ARES_SOCKET_BAD);
        }
    }
    if (count > 0) return 0;
    ares_process_fd(names->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    struct timeval wait;
    if (ares_timeout(names->channel, NULL, &wait) == NULL) return -1;
    return (int)(wait.tv_sec * 1000 + (wait.tv_usec + 999) / 1000);
}

void gh_names_close(struct gh_names *names) {
    names->answer = NULL;
    ares_destroy(names->channel);
    free(names);
}

const char *gh_names_words(int status) { return ares_strerror(status); }
