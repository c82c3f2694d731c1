// WebSocket messages (RFC 6455 §5.2): one masked binary frame out, the same payload unmasked back.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"

static const unsigned char mask[4] = {0x5a, 0xc3, 0x1e, 0x77};
static unsigned char *payload;

/// Writes a frame's head without its mask; returns its length.
static size_t write_head(unsigned char *out, size_t length, unsigned char mask_bit) {
    out[0] = 0x82;  // FIN, binary
    if (length < 126) {
        out[1] = (unsigned char)(mask_bit | length);
        return 2;
    }
    if (length < 65536) {
        out[1] = mask_bit | 126;
        out[2] = (unsigned char)(length >> 8);
        out[3] = (unsigned char)length;
        return 4;
    }
    out[1] = mask_bit | 127;
    for (int i = 0; i < 8; i++) out[2 + i] = (unsigned char)((uint64_t)length >> (56 - 8 * i));
    return 10;
}

void make_websocket(struct load *load) {
    size_t length = load->options.message_bytes;
    char *upgrade = malloc(1024);
    payload = malloc(length + 1);
    unsigned char *request = malloc(length + 14);
    if (!upgrade || !payload || !request) abort();
    load->upgrade_length = (size_t)snprintf(
        upgrade, 1024,
        "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUser-Agent: load\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        load->options.path, load->options.host, load->options.port);
    load->upgrade = (unsigned char *)upgrade;
    for (size_t i = 0; i < length; i++) payload[i] = (unsigned char)(i * 131 + i / 251);
    size_t head = write_head(request, length, 0x80);
    memcpy(request + head, mask, 4);
    for (size_t i = 0; i < length; i++) request[head + 4 + i] = payload[i] ^ mask[i % 4];
    for (int i = 0; i < load->options.variants; i++) load->requests[i] = (struct request){request, head + 4 + length};
}

enum parsed parse_echo(
    struct load *load, struct connection *connection, struct echo *echo, const unsigned char *bytes, size_t length) {
    unsigned char expected[10];
    size_t head = write_head(expected, load->options.message_bytes, 0);
    while (echo->head_length < head && length > 0) {
        if (*bytes != expected[echo->head_length]) {
            fail(load, connection, "the echo's frame head differs");
            return PARSED_BAD;
        }
        echo->head_length++;
        bytes++;
        length--;
    }
    size_t done = echo->body_length;
    if (length > load->options.message_bytes - done || memcmp(bytes, payload + done, length) != 0) {
        fail(load, connection, "the echo differs from the message");
        return PARSED_BAD;
    }
    echo->body_length += length;
    bool whole = echo->head_length == head && echo->body_length == load->options.message_bytes;
    return whole ? PARSED_DONE : PARSED_MORE;
}
