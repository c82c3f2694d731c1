// One client connection: TCP, TLS, and its bytes. Edge-triggered: registered once, read only when epoll says so.
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"

/// A run with so many errors says nothing: it ends.
enum { ERRORS_THAT_END_A_RUN = 100 };

static int keep_ticket(SSL *ssl, SSL_SESSION *session) {
    struct connection *connection = SSL_get_app_data(ssl);
    if (connection->session) SSL_SESSION_free(connection->session);
    connection->session = session;
    return 1;  // the session is ours now
}

SSL_CTX *make_context(const char *ciphersuites) {
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (!context) return NULL;
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, keep_ticket);
    if (!SSL_CTX_set_ciphersuites(context, ciphersuites) || !SSL_CTX_set1_groups_list(context, "X25519")) return NULL;
    return context;
}

void open_connection(struct load *load, int index) {
    struct connection *connection = &load->connections[index];
    connection->state = STATE_HANDSHAKE;
    if (load->options.rate == 0 || connection->started == 0) connection->started = now_ns();
    // Each of a slot's connections is to another host; a kept one stays with its own.
    connection->variant = load->next_variant++ % load->options.variants;
    connection->out_length = connection->sent = 0;
    load->opening++;
    int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    connection->fd = fd;
    connection->ssl = NULL;
    if (fd < 0) return fail(load, connection, "socket: %s", strerror(errno));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    // Eight source addresses: 10,000 connections, and those in TIME_WAIT, do not run out of ports.
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    struct sockaddr_in source = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000002u + (uint32_t)(index % 8))};
    struct sockaddr_in target = {.sin_family = AF_INET, .sin_port = htons((uint16_t)load->options.port),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(fd, (struct sockaddr *)&source, sizeof source) != 0) return fail(load, connection, "bind: %s", strerror(errno));
    if (connect(fd, (struct sockaddr *)&target, sizeof target) != 0 && errno != EINPROGRESS)
        return fail(load, connection, "connect: %s", strerror(errno));
    connection->ssl = SSL_new(load->context);
    SSL_set_app_data(connection->ssl, connection);
    SSL_set_fd(connection->ssl, fd);
    char host[256];
    host_of(load, connection->variant, host, sizeof host);
    SSL_set_tlsext_host_name(connection->ssl, host);
    if (load->options.streams) SSL_set_alpn_protos(connection->ssl, (const unsigned char *)"\2h2", 3);
    SSL_set_connect_state(connection->ssl);
    if (load->options.resume && connection->session) SSL_set_session(connection->ssl, connection->session);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.u32 = (uint32_t)index};
    if (epoll_ctl(load->epoll, EPOLL_CTL_ADD, fd, &event) != 0) fail(load, connection, "epoll_ctl: %s", strerror(errno));
}

void close_connection(struct load *load, struct connection *connection) {
    if (connection->state == STATE_HANDSHAKE || connection->state == STATE_UPGRADE) load->opening--;
    connection->state = STATE_CLOSED;
    if (connection->ssl) {
        // Freed without a shutdown OpenSSL would mark the session as not resumable.
        if (SSL_is_init_finished(connection->ssl)) SSL_shutdown(connection->ssl);
        SSL_set_shutdown(connection->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        SSL_free(connection->ssl);
        connection->ssl = NULL;
    }
    ERR_clear_error();
    if (connection->fd >= 0) close(connection->fd);
    connection->fd = -1;
    int index = (int)(connection - load->connections);
    if (load->options.work == WORK_CONNECT && load->options.rate > 0) wait_for_turn(load, index);
    else if (load->errors < ERRORS_THAT_END_A_RUN) open_connection(load, index);
}

void fail(struct load *load, struct connection *connection, const char *format, ...) {
    if (load->errors++ == 0) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(load->first_error, sizeof load->first_error, format, arguments);
        va_end(arguments);
    }
    // A parked connection that dies leaves the ring of the ready ones.
    int index = (int)(connection - load->connections);
    for (int left = connection->state == STATE_READY ? load->ready_count : 0; left > 0; left--) {
        int ready = take_ready(load);
        if (ready != index) wait_for_turn(load, ready);
    }
    close_connection(load, connection);
}

/// False: the operation waits for the socket, or the connection failed.
static bool may_go_on(struct load *load, struct connection *connection, int result, const char *what) {
    switch (SSL_get_error(connection->ssl, result)) {
        case SSL_ERROR_NONE: return true;
        case SSL_ERROR_WANT_READ:
        case SSL_ERROR_WANT_WRITE: return false;
        case SSL_ERROR_ZERO_RETURN: fail(load, connection, "%s: the peer closed the connection", what); return false;
        case SSL_ERROR_SYSCALL: fail(load, connection, "%s: %s", what, errno ? strerror(errno) : "end of stream"); return false;
        default: fail(load, connection, "%s: %s", what, ERR_reason_error_string(ERR_get_error())); return false;
    }
}

static void handshake(struct load *load, int index) {
    struct connection *connection = &load->connections[index];
    errno = 0;
    ERR_clear_error();
    if (!may_go_on(load, connection, SSL_do_handshake(connection->ssl), "handshake")) return;
    bool resumed = SSL_session_reused(connection->ssl);
    if (load->options.resume && connection->resumed_once && !resumed) return fail(load, connection, "a handshake did not resume");
    if (load->measuring) load->resumed += resumed;
    connection->resumed_once = true;
    if (load->options.work == WORK_WS && !load->options.streams) {
        connection->state = STATE_UPGRADE;
        connection->out = load->upgrade;
        connection->out_length = load->upgrade_length;
        connection->sent = connection->head_length = 0;
        connection->head_done = false;
    } else {
        load->opening--;
        connection->state = STATE_READY;
        if (load->options.streams) {
            const unsigned char *protocol;
            unsigned length;
            SSL_get0_alpn_selected(connection->ssl, &protocol, &length);
            if (length != 2) return fail(load, connection, "HTTP/2 was not agreed on");
            begin_http2(connection);
        }
        // A new connection's unit began with its connect().
        start_unit(load, index, load->options.work == WORK_CONNECT ? connection->started : now_ns());
    }
}

static void send_more(struct load *load, struct connection *connection) {
    while (connection->sent < connection->out_length) {
        errno = 0;
        ERR_clear_error();
        int written = SSL_write(connection->ssl, connection->out + connection->sent,
                                (int)(connection->out_length - connection->sent));
        if (written <= 0) {
            may_go_on(load, connection, written, "write");
            return;
        }
        connection->sent += (size_t)written;
    }
}

static void receive(struct load *load, int index) {
    static unsigned char buffer[65536];
    struct connection *connection = &load->connections[index];
    for (;;) {
        errno = 0;
        ERR_clear_error();
        int length = SSL_read(connection->ssl, buffer, sizeof buffer);
        if (length <= 0) {
            may_go_on(load, connection, length, "read");
            return;
        }
        enum parsed parsed = PARSED_BAD;
        if (load->options.streams) parsed = parse_http2(load, connection, buffer, (size_t)length);
        else if (connection->state == STATE_UPGRADE) parsed = parse_upgrade(load, connection, buffer, (size_t)length);
        else if (connection->state == STATE_READY) fail(load, connection, "bytes that nobody asked for");
        else if (load->options.work == WORK_WS) parsed = parse_echo(load, connection, &connection->echo, buffer, (size_t)length);
        else parsed = parse_answer(load, connection, buffer, (size_t)length);
        if (parsed == PARSED_BAD) return;
        if (load->measuring) load->bytes += (uint64_t)length;
        if (parsed == PARSED_MORE) {
            // What the frames asked for, and the next requests.
            if (load->options.streams) send_more(load, connection);
            if (connection->state == STATE_CLOSED) return;
            continue;
        }
        if (connection->state == STATE_UPGRADE) {
            load->opening--;
            connection->state = STATE_READY;
            return start_unit(load, index, now_ns());
        }
        return finish_unit(load, index);
    }
}

void drive(struct load *load, int index, uint32_t events) {
    struct connection *connection = &load->connections[index];
    if (connection->state == STATE_CLOSED) return;
    if (connection->state == STATE_HANDSHAKE) handshake(load, index);
    // start_unit() from a new handshake lands here too: its first bytes go out below.
    if (connection->state != STATE_UPGRADE && connection->state != STATE_WORKING && connection->state != STATE_READY) return;
    SSL *ssl = connection->ssl;
    send_more(load, connection);
    if (connection->ssl == ssl && (events & ~(uint32_t)EPOLLOUT)) receive(load, index);
}
