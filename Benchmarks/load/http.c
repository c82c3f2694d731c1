// The request, and the reader of its answer: status 200, a Content-Length, and exactly so many bytes.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "load.h"

/// Copies `pattern` with its first `%d`, if any, replaced by the number.
static void number(const char *pattern, int variant, char *text, size_t room) {
    const char *place = strstr(pattern, "%d");
    if (place) snprintf(text, room, "%.*s%d%s", (int)(place - pattern), pattern, variant, place + 2);
    else snprintf(text, room, "%s", pattern);
}

void host_of(const struct load *load, int variant, char *name, size_t room) {
    number(load->options.host, variant, name, room);
}

static struct request make_request(const struct load *load, int variant) {
    const struct options *options = &load->options;
    char head[1024], host[256], path[256];
    host_of(load, variant, host, sizeof host);
    number(options->path, variant, path, sizeof path);
    int length = snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: %s:%d\r\nUser-Agent: load\r\nAccept: */*\r\n%s",
                          options->upload_bytes ? "POST" : "GET", path, host, options->port,
                          options->work == WORK_CONNECT ? "Connection: close\r\n" : "");
    if (options->accept)
        length += snprintf(head + length, sizeof head - (size_t)length, "Accept-Encoding: %s\r\n", options->accept);
    if (options->upload_bytes)
        length += snprintf(head + length, sizeof head - (size_t)length,
                           "Content-Type: application/octet-stream\r\nContent-Length: %zu\r\n", options->upload_bytes);
    length += snprintf(head + length, sizeof head - (size_t)length, "\r\n");
    struct request request = {.length = (size_t)length + options->upload_bytes};
    request.bytes = malloc(request.length);
    if (!request.bytes) abort();
    memcpy(request.bytes, head, (size_t)length);
    memset(request.bytes + length, 'u', options->upload_bytes);
    return request;
}

void make_requests(struct load *load) {
    for (int variant = 0; variant < load->options.variants; variant++) load->requests[variant] = make_request(load, variant);
}

/// The value of `name` in a head that ends with a NUL; NULL if there is none.
static const char *field(const char *head, const char *name) {
    size_t length = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line; line = strstr(line + 2, "\r\n"))
        if (strncasecmp(line + 2, name, length) == 0 && line[2 + length] == ':') return line + 3 + length;
    return NULL;
}

/// Copies bytes to the head until its empty line; returns how many it took, 0 when the head is too long.
static size_t take_head(struct connection *connection, const unsigned char *bytes, size_t length) {
    size_t room = sizeof connection->head - 1 - connection->head_length;
    size_t copied = length < room ? length : room;
    memcpy(connection->head + connection->head_length, bytes, copied);
    size_t before = connection->head_length;
    connection->head_length += copied;
    connection->head[connection->head_length] = 0;
    const char *end = memmem(connection->head, connection->head_length, "\r\n\r\n", 4);
    if (!end) return copied;
    connection->head_done = true;
    connection->head_length = (size_t)(end - connection->head) + 4;
    connection->head[connection->head_length] = 0;
    return connection->head_length - before;
}

enum parsed parse_answer(struct load *load, struct connection *connection, const unsigned char *bytes, size_t length) {
    if (!connection->head_done) {
        size_t taken = take_head(connection, bytes, length);
        if (!connection->head_done) {
            if (taken == length && connection->head_length < sizeof connection->head - 1) return PARSED_MORE;
            fail(load, connection, "the answer's head is too long");
            return PARSED_BAD;
        }
        length -= taken;
        if (strncmp(connection->head, "HTTP/1.1 200", 12) != 0) {
            fail(load, connection, "answered %.40s", connection->head);
            return PARSED_BAD;
        }
        const char *value = field(connection->head, "content-length");
        long expected = load->options.expect_bytes, got = value ? atol(value) : -1;
        if (got < 0 || (expected >= 0 && got != expected)) {
            fail(load, connection, "Content-Length is %ld, not %ld", got, expected);
            return PARSED_BAD;
        }
        connection->body_left = (size_t)got;
    }
    if (length > connection->body_left) {
        fail(load, connection, "the answer is longer than its Content-Length");
        return PARSED_BAD;
    }
    connection->body_left -= length;
    if (connection->body_left > 0) return PARSED_MORE;
    if (connection->sent < connection->out_length) {
        fail(load, connection, "answered before the request was sent");
        return PARSED_BAD;
    }
    return PARSED_DONE;
}

enum parsed parse_upgrade(struct load *load, struct connection *connection, const unsigned char *bytes, size_t length) {
    size_t taken = take_head(connection, bytes, length);
    if (!connection->head_done && taken == length) return PARSED_MORE;
    if (!connection->head_done || taken != length || strncmp(connection->head, "HTTP/1.1 101", 12) != 0) {
        fail(load, connection, "upgrade answered %.40s", connection->head);
        return PARSED_BAD;
    }
    return PARSED_DONE;
}
