// upstream: what nginx cannot be for the gateways under test.
//
//   upstream PORT
//
// A WebSocket handshake (RFC 6455 §4.2) is accepted and every message echoed. Any other request is read to the end of
// its body and then answered with 200 and 95 bytes (nginx's `return` would answer before the body has come).
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 256, HEAD_LIMIT = 16384, CHUNK = 65536, ANSWER_BODY = 95 };
static const size_t message_limit = 64u << 20;

struct client {
    int fd;
    bool websocket;
    size_t body_left;                     ///< of a request body that is being skipped
    unsigned char *in, *out;              ///< bytes not yet understood; bytes not yet sent
    size_t in_length, in_room, out_length, out_sent, out_room;
};

static int epoll;

static void reserve(unsigned char **buffer, size_t *room, size_t wanted) {
    if (*room >= wanted) return;
    size_t grown = *room ? *room : 2048;
    while (grown < wanted) grown *= 2;
    *buffer = realloc(*buffer, grown);
    if (!*buffer) abort();
    *room = grown;
}

static void queue(struct client *client, const void *bytes, size_t length) {
    reserve(&client->out, &client->out_room, client->out_length + length);
    memcpy(client->out + client->out_length, bytes, length);
    client->out_length += length;
}

/// False: the connection is broken.
static bool flush(struct client *client) {
    while (client->out_sent < client->out_length) {
        ssize_t written = write(client->fd, client->out + client->out_sent, client->out_length - client->out_sent);
        if (written < 0) return errno == EAGAIN || errno == EINTR;
        client->out_sent += (size_t)written;
    }
    client->out_length = client->out_sent = 0;
    return true;
}

static void consume(struct client *client, size_t length) {
    client->in_length -= length;
    memmove(client->in, client->in + length, client->in_length);
}

/// Copies the value of `name` from a head that ends with a NUL.
static bool field(const char *head, const char *name, char *value, size_t room) {
    size_t length = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line; line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, name, length) != 0 || line[2 + length] != ':') continue;
        const char *start = line + 3 + length;
        start += strspn(start, " \t");
        size_t size = strcspn(start, "\r \t");
        if (size >= room) return false;
        memcpy(value, start, size);
        value[size] = 0;
        return true;
    }
    return false;
}

static void accept_websocket(struct client *client, const char *key) {
    char text[128], head[256];
    unsigned char digest[EVP_MAX_MD_SIZE], encoded[64];
    int length = snprintf(text, sizeof text, "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    EVP_Digest(text, (size_t)length, digest, NULL, EVP_sha1(), NULL);
    EVP_EncodeBlock(encoded, digest, 20);
    length = snprintf(head, sizeof head, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                      "Sec-WebSocket-Accept: %s\r\n\r\n", encoded);
    queue(client, head, (size_t)length);
    client->websocket = true;
}

static void answer(struct client *client) {
    char text[256];
    int length = snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n",
                          ANSWER_BODY);
    memset(text + length, 'a', ANSWER_BODY);
    queue(client, text, (size_t)length + ANSWER_BODY);
}

/// Understands one request head or a part of a body. False: the connection is to be closed; `more`: call again.
static bool step_http(struct client *client, bool *more) {
    *more = false;
    if (client->body_left > 0) {
        size_t part = client->in_length < client->body_left ? client->in_length : client->body_left;
        client->body_left -= part;
        consume(client, part);
        if (client->body_left > 0) return true;
        answer(client);
        *more = client->in_length > 0;
        return true;
    }
    unsigned char *end = memmem(client->in, client->in_length, "\r\n\r\n", 4);
    if (!end) return client->in_length < HEAD_LIMIT;
    size_t length = (size_t)(end - client->in) + 4;
    end[3] = 0;  // the head ends as a C string
    char value[64];
    const char *head = (const char *)client->in;
    if (field(head, "Sec-WebSocket-Key", value, sizeof value)) accept_websocket(client, value);
    else if (field(head, "Transfer-Encoding", value, sizeof value)) return false;
    else if (field(head, "Content-Length", value, sizeof value)) client->body_left = strtoul(value, NULL, 10);
    if (!client->websocket && client->body_left == 0) answer(client);
    consume(client, length);
    *more = client->in_length > 0;
    return true;
}

static void unmask(unsigned char *bytes, size_t length, const unsigned char *key) {
    uint64_t wide;
    memcpy(&wide, key, 4);
    memcpy((unsigned char *)&wide + 4, key, 4);
    size_t i = 0;
    for (; i + 8 <= length; i += 8) {
        uint64_t word;
        memcpy(&word, bytes + i, 8);
        word ^= wide;
        memcpy(bytes + i, &word, 8);
    }
    for (; i < length; i++) bytes[i] ^= key[i % 4];
}

/// Echoes one whole frame (RFC 6455 §5.2). The same results as step_http.
static bool step_websocket(struct client *client, bool *more) {
    *more = false;
    unsigned char *in = client->in;
    if (client->in_length < 6) return true;
    size_t head = 6, length = in[1] & 0x7f;
    if (!(in[1] & 0x80) || !(in[0] & 0x80)) return false;  // unmasked, or a fragment: no client here sends these
    if (length == 126) {
        if (client->in_length < 8) return true;
        length = (size_t)in[2] << 8 | in[3];
        head = 8;
    } else if (length == 127) {
        if (client->in_length < 14) return true;
        length = 0;
        for (int i = 2; i < 10; i++) length = length << 8 | in[i];
        head = 14;
    }
    if (length > message_limit) return false;
    if (client->in_length < head + length) {
        reserve(&client->in, &client->in_room, head + length + CHUNK);
        return true;
    }
    unsigned opcode = in[0] & 0x0f;
    unmask(in + head, length, in + head - 4);
    if (opcode == 9) in[0] = 0x8a;  // a ping is answered with a pong
    if (opcode != 10) {
        in[1] &= 0x7f;
        queue(client, in, head - 4);
        queue(client, in + head, length);
    }
    consume(client, head + length);
    *more = client->in_length > 0;
    return opcode != 8 || (flush(client), false);
}

/// `ended`: the peer has sent its last byte. False: the connection is over.
static bool serve(struct client *client, bool ended) {
    for (;;) {
        reserve(&client->in, &client->in_room, client->in_length + 2048);
        size_t room = client->in_room - client->in_length;
        ssize_t length = read(client->fd, client->in + client->in_length, room);
        if (length < 0 && (errno == EAGAIN || errno == EINTR)) return true;
        if (length <= 0) return false;
        client->in_length += (size_t)length;
        for (bool more = true; more;)
            if (!(client->websocket ? step_websocket(client, &more) : step_http(client, &more))) return false;
        if (!flush(client)) return false;
        if ((size_t)length < room && !ended) return true;  // the socket is empty; new bytes are a new edge
        if (client->body_left > 0) reserve(&client->in, &client->in_room, CHUNK);
    }
}

static void accept_clients(int listener) {
    for (;;) {
        int one = 1, fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct client *client = calloc(1, sizeof *client);
        if (!client) abort();
        client->fd = fd;
        struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = client};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) abort();
    }
}

static int listen_on(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 4096) != 0 ||
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        perror("upstream: listen");
        exit(1);
    }
    return fd;
}

int main(int count, char **arguments) {
    if (count != 2) return 2;
    signal(SIGPIPE, SIG_IGN);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    int listener = listen_on(atoi(arguments[1]));
    for (;;) {
        struct epoll_event events[EVENTS];
        int ready = epoll_wait(epoll, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            struct client *client = events[i].data.ptr;
            if (!client) {
                accept_clients(listener);
                continue;
            }
            uint32_t what = events[i].events;
            bool ended = what & (EPOLLRDHUP | EPOLLHUP | EPOLLERR);
            if (flush(client) && (!(what & ~(uint32_t)EPOLLOUT) || serve(client, ended))) continue;
            close(client->fd);
            free(client->in);
            free(client->out);
            free(client);
        }
    }
}
