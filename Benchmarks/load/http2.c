// HTTP/2 (RFC 9113) as a client has it who asks for the same thing again and again: no table of fields, windows as large as may
// be, and several streams at a time on each connection. A unit is a stream: a request and its answer, which must be a 200; or, of
// WebSockets (RFC 8441), a message and its echo on a stream that stays.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"

enum { DATA = 0, HEADERS = 1, RESET = 3, SETTINGS = 4, PUSH = 5, PING = 6, GOAWAY = 7, WINDOW = 8 };
enum { END_STREAM = 1, ACK = 1, END_HEADERS = 4, PADDED = 8, WITH_PRIORITY = 32 };
enum { MAX_STREAMS = 256, FRAME_HEAD = 9, FRAME_PAYLOAD = 16384, LARGEST_WINDOW = 0x7fffffff };

/// A stream's slot, until its answer has ended.
struct stream {
    uint32_t identifier;       ///< 0: the slot is free
    uint64_t started;
    size_t answered, unsent;   ///< bytes of the answer's body that have come; of the request's that have not been sent
    long window;               ///< bytes that may be sent
    bool has_head;
    bool works;                ///< a WebSocket's message is under way, or waits for its socket
    struct echo echo;
};

struct http2 {
    struct stream streams[MAX_STREAMS];
    int open;
    uint32_t next;
    unsigned char *out;        ///< `connection->out` is a view of it
    size_t room;
    unsigned char head[FRAME_HEAD], start[8];  ///< of the frame that is coming: its head, and its payload's first bytes
    size_t head_length, start_length, payload_left;
    long window, initial_window;
    size_t uncredited;
    bool takes_connect;        ///< the server has said that it knows extended CONNECT
};

static unsigned char request_fields[1024];
static size_t request_length;
static struct request message;  ///< a WebSocket's
static size_t call_bytes;       ///< of bodies that are messages of gRPC's; 0: they are none

static void add_field(unsigned char first, int second, const char *value) {
    size_t length = strlen(value);
    if (length > 126 || request_length + length + 3 > sizeof request_fields) exit(2);
    request_fields[request_length++] = first;
    if (second >= 0) request_fields[request_length++] = (unsigned char)second;
    request_fields[request_length++] = (unsigned char)length;
    memcpy(request_fields + request_length, value, length);
    request_length += length;
}

/// Of a name that the static table has not got.
static void add_named(const char *name, const char *value) {
    add_field(0x00, -1, name);
    size_t length = strlen(value);
    if (length > 126 || request_length + length + 1 > sizeof request_fields) exit(2);
    request_fields[request_length++] = (unsigned char)length;
    memcpy(request_fields + request_length, value, length);
    request_length += length;
}

/// The encoded fields (RFC 7541) are the same each time: indexed, or literal with a name of the static table.
void make_http2(struct load *load) {
    const struct options *options = &load->options;
    if (options->streams > MAX_STREAMS || options->rate > 0 || options->variants > 1) exit(2);
    char text[256];
    if (options->work == WORK_WS) {
        message = load->requests[0];
        add_field(0x02, -1, "CONNECT");                                      // :method
        add_named(":protocol", "websocket");
    } else {
        request_fields[request_length++] = options->upload_bytes ? 0x83 : 0x82;
    }
    request_fields[request_length++] = 0x87;                                 // :scheme https
    add_field(0x04, -1, options->path);
    snprintf(text, sizeof text, "%s:%d", options->host, options->port);
    add_field(0x01, -1, text);                                               // :authority
    add_field(0x0f, 58 - 15, "load");                                        // user-agent
    if (options->work == WORK_WS) return add_named("sec-websocket-version", "13");
    add_field(0x0f, 19 - 15, "*/*");                                         // accept
    if (options->accept) add_field(0x0f, 16 - 15, options->accept);
    if (options->upload_bytes) {
        bool is_call = options->is_call;
        if (is_call) call_bytes = options->upload_bytes, add_named("te", "trailers");
        snprintf(text, sizeof text, "%zu", options->upload_bytes);
        if (!is_call) add_field(0x0f, 28 - 15, text);                        // content-length
        add_field(0x0f, 31 - 15, is_call ? "application/grpc" : "application/octet-stream");
    }
}

// ---- what goes out

/// Room for so many bytes behind what waits to be sent.
static unsigned char *append(struct connection *connection, size_t length) {
    struct http2 *http2 = connection->http2;
    if (connection->sent == connection->out_length) connection->sent = connection->out_length = 0;
    if (connection->out_length + length > http2->room) {
        http2->room = (connection->out_length + length) * 2;
        http2->out = realloc(http2->out, http2->room);
        if (!http2->out) abort();
    }
    connection->out = http2->out;
    connection->out_length += length;
    return http2->out + connection->out_length - length;
}

static void write_number(unsigned char *out, uint32_t number) {
    for (int i = 0; i < 4; i++) out[i] = (unsigned char)(number >> (24 - 8 * i));
}

/// Appends a frame's head; returns where its payload goes.
static unsigned char *append_frame(struct connection *connection, int type, int flags, uint32_t stream, size_t length) {
    unsigned char *out = append(connection, FRAME_HEAD + length);
    write_number(out, (uint32_t)length << 8 | (uint32_t)type);
    out[4] = (unsigned char)flags;
    write_number(out + 5, stream);
    return out + FRAME_HEAD;
}

static void credit(struct connection *connection, size_t bytes) {
    write_number(append_frame(connection, WINDOW, 0, 0, 4), (uint32_t)bytes);
}

void begin_http2(struct connection *connection) {
    free(connection->http2 ? connection->http2->out : NULL);
    free(connection->http2);
    struct http2 *http2 = connection->http2 = calloc(1, sizeof *http2);
    if (!http2) abort();
    *http2 = (struct http2){.next = 1, .window = 65535, .initial_window = 65535};
    connection->sent = connection->out_length = 0;
    memcpy(append(connection, 24), "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24);
    unsigned char *settings = append_frame(connection, SETTINGS, 0, 0, 12);
    memcpy(settings, "\0\2\0\0\0\0\0\4\x7f\xff\xff\xff", 12);  // no pushes; the largest window for every stream
    credit(connection, LARGEST_WINDOW - 65535);
}

/// Sends as much of the requests' bodies, or of the messages, as the windows allow.
static void send_bodies(struct connection *connection) {
    struct http2 *http2 = connection->http2;
    for (struct stream *stream = http2->streams; stream < http2->streams + MAX_STREAMS; stream++)
        while (stream->identifier && stream->unsent > 0 && stream->window > 0 && http2->window > 0) {
            size_t length = stream->unsent < FRAME_PAYLOAD ? stream->unsent : FRAME_PAYLOAD;
            if (length > (size_t)stream->window) length = (size_t)stream->window;
            if (length > (size_t)http2->window) length = (size_t)http2->window;
            int flags = length == stream->unsent && !message.bytes ? END_STREAM : 0;
            unsigned char *out = append_frame(connection, DATA, flags, stream->identifier, length);
            if (message.bytes) memcpy(out, message.bytes + message.length - stream->unsent, length);
            else memset(out, 'u', length);
            if (call_bytes && stream->unsent == call_bytes) {
                out[0] = 0;  // not compressed
                write_number(out + 1, (uint32_t)call_bytes - 5);
            }
            stream->unsent -= length;
            stream->window -= (long)length;
            http2->window -= (long)length;
        }
}

/// Opens a stream in a slot that is free.
static void open_stream(struct load *load, struct connection *connection, struct stream *stream, uint64_t now) {
    struct http2 *http2 = connection->http2;
    bool is_socket = message.bytes;
    *stream = (struct stream){.identifier = http2->next, .started = now, .window = http2->initial_window,
                              .unsent = load->options.upload_bytes, .works = is_socket};
    http2->next += 2;
    int flags = END_HEADERS | (stream->unsent || is_socket ? 0 : END_STREAM);
    memcpy(append_frame(connection, HEADERS, flags, stream->identifier, request_length), request_fields, request_length);
    if (stream->unsent) send_bodies(connection);
}

static void send_message(struct connection *connection, struct stream *stream) {
    stream->unsent = message.length;
    stream->echo = (struct echo){0};
    send_bodies(connection);
}

static void start_stream(struct load *load, struct connection *connection, uint64_t now) {
    struct http2 *http2 = connection->http2;
    struct stream *stream = http2->streams;
    while (message.bytes ? stream->works : stream->identifier != 0) stream++;
    http2->open++;
    load->open_streams++;
    if (message.bytes && (stream->identifier || !http2->takes_connect)) {
        stream->works = true;
        stream->started = now;
        if (stream->identifier) send_message(connection, stream);
    } else {
        open_stream(load, connection, stream, now);
    }
}

void start_streams(struct load *load, struct connection *connection, int count, uint64_t now) {
    connection->state = STATE_WORKING;
    while (count-- > 0) start_stream(load, connection, now);
}

// ---- what comes in

static uint32_t read_number(const unsigned char *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static struct stream *find(struct http2 *http2, uint32_t identifier) {
    for (int i = 0; i < MAX_STREAMS; i++)
        if (identifier && http2->streams[i].identifier == identifier) return &http2->streams[i];
    return NULL;
}

static bool bad(struct load *load, struct connection *connection, const char *what, long number) {
    fail(load, connection, "HTTP/2: %s (%ld)", what, number);
    return false;
}

/// A unit is over; another begins.
static void count_stream(struct load *load, struct connection *connection, uint64_t started) {
    connection->http2->open--;
    load->open_streams--;
    count_unit(load, started);
    size_t wanted = load->options.units;
    if (load->running && (wanted == 0 || load->units + load->open_streams < wanted)) start_stream(load, connection, now_ns());
}

static bool end_stream(struct load *load, struct connection *connection, struct stream *stream) {
    long expected = load->options.expect_bytes;
    if (message.bytes) return bad(load, connection, "a WebSocket ended, on stream", stream->identifier);
    if (!stream->has_head) return bad(load, connection, "an answer without a head", stream->identifier);
    if (expected >= 0 && stream->answered != (size_t)expected)
        return bad(load, connection, "a body of so many bytes", (long)stream->answered);
    if (stream->unsent) return bad(load, connection, "answered before the request was sent", (long)stream->unsent);
    uint64_t started = stream->started;
    stream->identifier = 0;
    count_stream(load, connection, started);
    return true;
}

/// What comes on a WebSocket.
static bool take_echo(
    struct load *load, struct connection *connection, struct stream *stream, const unsigned char *bytes, size_t length) {
    if (!stream->has_head || !stream->works) return bad(load, connection, "DATA before a message", stream->identifier);
    switch (parse_echo(load, connection, &stream->echo, bytes, length)) {
        case PARSED_BAD: return false;
        case PARSED_MORE: return true;
        case PARSED_DONE: break;
    }
    stream->works = false;
    count_stream(load, connection, stream->started);
    return true;
}

/// Of a head: is it a 200? Only what RFC 7541 may say before that is passed over: changes of the table's size.
static bool is_ok(const unsigned char *fields, size_t length) {
    size_t place = 0;
    while (place < length && (fields[place] & 0xe0) == 0x20) {
        bool goes_on = (fields[place++] & 0x1f) == 0x1f;
        while (goes_on && place < length) goes_on = fields[place++] & 0x80;
    }
    return place < length && fields[place] == 0x88;
}

static bool take_settings(struct load *load, struct connection *connection, const unsigned char *entry) {
    struct http2 *http2 = connection->http2;
    int name = entry[0] << 8 | entry[1];
    long value = (long)read_number(entry + 2);
    if (name == 3 && value < load->options.streams) return bad(load, connection, "no more concurrent streams than", value);
    if (name == 8) http2->takes_connect = value == 1;
    if (name != 4) return true;
    for (int i = 0; i < MAX_STREAMS; i++) http2->streams[i].window += value - http2->initial_window;
    http2->initial_window = value;
    return true;
}

/// The first bytes of a frame's payload, all of them if they are eight or fewer.
static bool take_start(struct load *load, struct connection *connection) {
    struct http2 *http2 = connection->http2;
    int type = http2->head[3], flags = http2->head[4];
    uint32_t identifier = read_number(http2->head + 5) & LARGEST_WINDOW;
    struct stream *stream = find(http2, identifier);
    switch (type) {
        case HEADERS: {
            if (!stream) return bad(load, connection, "a head of no request", identifier);
            size_t skipped = (flags & PADDED ? 1 : 0) + (flags & WITH_PRIORITY ? 5 : 0);
            if (!stream->has_head && !is_ok(http2->start + skipped, http2->start_length - skipped))
                return bad(load, connection, "answered something else than 200, on stream", identifier);
            stream->has_head = true;
            if (message.bytes) send_message(connection, stream);
            return true;
        }
        case PING:
            if (!(flags & ACK)) memcpy(append_frame(connection, PING, ACK, 0, 8), http2->start, 8);
            return true;
        case WINDOW: {
            long increment = (long)(read_number(http2->start) & LARGEST_WINDOW);
            if (identifier == 0) http2->window += increment;
            else if (stream) stream->window += increment;
            send_bodies(connection);
            return true;
        }
        case RESET: return bad(load, connection, "a stream was reset with the code", (long)read_number(http2->start));
        case GOAWAY: return bad(load, connection, "the server goes away with the code", (long)read_number(http2->start + 4));
        case PUSH: return bad(load, connection, "a push", identifier);
        default: return true;
    }
}

/// Takes what is there of a frame's payload; returns how much that was.
static size_t take_payload(
    struct load *load, struct connection *connection, const unsigned char *bytes, size_t length, bool *sound) {
    struct http2 *http2 = connection->http2;
    int type = http2->head[3];
    size_t count = length < http2->payload_left ? length : http2->payload_left;
    if (type == DATA) {
        struct stream *stream = find(http2, read_number(http2->head + 5) & LARGEST_WINDOW);
        if (!stream) *sound = bad(load, connection, "DATA of no request", 0);
        else if (message.bytes) *sound = take_echo(load, connection, stream, bytes, count);
        else stream->answered += count;
        http2->uncredited += count;
        if (http2->uncredited >= LARGEST_WINDOW / 2) {
            credit(connection, http2->uncredited);
            http2->uncredited = 0;
        }
    } else if (type == SETTINGS) {
        // One entry at a time.
        for (count = 0; *sound && count < length && count < http2->payload_left; count++) {
            http2->start[http2->start_length++] = bytes[count];
            if (http2->start_length < 6) continue;
            *sound = take_settings(load, connection, http2->start);
            http2->start_length = 0;
        }
    } else {
        size_t wanted = sizeof http2->start - http2->start_length;
        if (wanted > http2->payload_left) wanted = http2->payload_left;
        if (wanted > 0) {
            count = count < wanted ? count : wanted;
            memcpy(http2->start + http2->start_length, bytes, count);
            http2->start_length += count;
            if (count == wanted) *sound = take_start(load, connection);
        }
    }
    if (*sound) http2->payload_left -= count;
    return count;
}

static bool end_frame(struct load *load, struct connection *connection) {
    struct http2 *http2 = connection->http2;
    int type = http2->head[3], flags = http2->head[4];
    http2->head_length = 0;
    if (type == SETTINGS && !(flags & ACK)) {
        append_frame(connection, SETTINGS, ACK, 0, 0);
        if (message.bytes && !http2->takes_connect) return bad(load, connection, "no WebSockets (RFC 8441)", 0);
        // Sockets that waited for this.
        for (struct stream *stream = http2->streams; message.bytes && stream < http2->streams + MAX_STREAMS; stream++)
            if (stream->works && !stream->identifier) open_stream(load, connection, stream, stream->started);
    }
    if ((type != DATA && type != HEADERS) || !(flags & END_STREAM)) return true;
    struct stream *stream = find(http2, read_number(http2->head + 5) & LARGEST_WINDOW);
    return stream ? end_stream(load, connection, stream) : bad(load, connection, "the end of no request", 0);
}

enum parsed parse_http2(struct load *load, struct connection *connection, const unsigned char *bytes, size_t length) {
    struct http2 *http2 = connection->http2;
    bool sound = true;
    while (sound && length > 0) {
        size_t count = 0;
        if (http2->head_length < FRAME_HEAD) {
            count = FRAME_HEAD - http2->head_length < length ? FRAME_HEAD - http2->head_length : length;
            memcpy(http2->head + http2->head_length, bytes, count);
            http2->head_length += count;
            if (http2->head_length < FRAME_HEAD) break;
            http2->payload_left = read_number(http2->head) >> 8;
            http2->start_length = 0;
        } else {
            count = take_payload(load, connection, bytes, length, &sound);
        }
        bytes += count;
        length -= count;
        if (sound && http2->payload_left == 0) sound = end_frame(load, connection);
    }
    if (!sound) return PARSED_BAD;
    return connection->state == STATE_WORKING && http2->open == 0 ? PARSED_DONE : PARSED_MORE;
}
