// floor: what one proxied request over TLS keep-alive costs at least.
//
//   floor LISTEN-PORT UPSTREAM-PORT CERTIFICATE KEY
//
// It makes only the system and OpenSSL calls of a proxied request: epoll_wait, SSL_read, write upstream, epoll_wait,
// read, SSL_write. It parses nothing, adds no field, has no timeouts and takes every read for a whole message, so it
// is right only for small messages. A gateway's distance from it is the price of doing the job.
#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 512, BUFFER = 16384 };

struct pair;

/// What an epoll event points to: one end of a pair.
struct end {
    struct pair *pair;
    bool is_client;
};

struct pair {
    struct end client_end, upstream_end;
    SSL *ssl;
    int client, upstream;
    bool established, closed;
    struct pair *next_closed;
};

static int epoll, upstream_port;
static SSL_CTX *context;
/// Freed after the batch of events that may still name them.
static struct pair *closed_pairs;

static void die(const char *what) {
    perror(what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

static struct sockaddr_in loopback(int port) {
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void watch(int fd, struct end *end) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.ptr = end};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
}

static int connect_upstream(void) {
    struct sockaddr_in address = loopback(upstream_port);
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    // Blocking, but over loopback and only once per client.
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) die("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static void accept_client(int listener) {
    int one = 1, fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct pair *pair = calloc(1, sizeof *pair);
    if (!pair) die("calloc");
    pair->client_end = (struct end){pair, true};
    pair->upstream_end = (struct end){pair, false};
    pair->client = fd;
    pair->upstream = connect_upstream();
    pair->ssl = SSL_new(context);
    SSL_set_fd(pair->ssl, fd);
    SSL_set_accept_state(pair->ssl);
    watch(pair->client, &pair->client_end);
    watch(pair->upstream, &pair->upstream_end);
}

static void close_pair(struct pair *pair) {
    if (pair->closed) return;
    pair->closed = true;
    SSL_free(pair->ssl);
    close(pair->client);
    close(pair->upstream);
    pair->next_closed = closed_pairs;
    closed_pairs = pair;
}

/// Whether the last operation only waits for the socket.
static bool waits(struct pair *pair, int result) {
    int error = SSL_get_error(pair->ssl, result);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

static void client_to_upstream(struct pair *pair) {
    static unsigned char buffer[BUFFER];
    ERR_clear_error();
    if (!pair->established) {
        int result = SSL_do_handshake(pair->ssl);
        if (result != 1) {
            if (!waits(pair, result)) close_pair(pair);
            return;
        }
        pair->established = true;
        if (!SSL_has_pending(pair->ssl)) return;
    }
    do {
        int length = SSL_read(pair->ssl, buffer, sizeof buffer);
        if (length <= 0) {
            if (!waits(pair, length)) close_pair(pair);
            return;
        }
        if (write(pair->upstream, buffer, (size_t)length) != length) return close_pair(pair);
    } while (SSL_has_pending(pair->ssl));
}

static void upstream_to_client(struct pair *pair) {
    static unsigned char buffer[BUFFER];
    ssize_t length = read(pair->upstream, buffer, sizeof buffer);
    if (length <= 0) return close_pair(pair);
    ERR_clear_error();
    if (SSL_write(pair->ssl, buffer, (int)length) != length) close_pair(pair);
}

static int listen_on(int port) {
    struct sockaddr_in address = loopback(port);
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 4096) != 0) die("listen");
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
    return fd;
}

int main(int count, char **arguments) {
    if (count != 5) return 2;
    signal(SIGPIPE, SIG_IGN);
    context = SSL_CTX_new(TLS_server_method());
    if (SSL_CTX_use_certificate_chain_file(context, arguments[3]) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, arguments[4], SSL_FILETYPE_PEM) != 1)
        die("certificate");
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set_read_ahead(context, 1);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    upstream_port = atoi(arguments[2]);
    int listener = listen_on(atoi(arguments[1]));
    for (;;) {
        struct epoll_event events[EVENTS];
        int ready = epoll_wait(epoll, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            struct end *end = events[i].data.ptr;
            if (!end) accept_client(listener);
            else if (end->pair->closed) continue;
            else if (end->is_client) client_to_upstream(end->pair);
            else upstream_to_client(end->pair);
        }
        while (closed_pairs) {
            struct pair *next = closed_pairs->next_closed;
            free(closed_pairs);
            closed_pairs = next;
        }
    }
}
