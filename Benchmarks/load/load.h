// The load generator: one thread, one epoll set, OpenSSL clients. See main.c for the order of a run.
#pragma once

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "histogram.h"

/// What one unit of work is.
enum work {
    WORK_HTTP,     ///< one request and its answer on a kept connection
    WORK_CONNECT,  ///< a new connection, its handshake, one request and its answer
    WORK_WS,       ///< one WebSocket message there and its echo back
};

struct options {
    enum work work;
    const char *host;           ///< the name sent as SNI and Host; `%d` in it is a variant's number
    int port;                   ///< on 127.0.0.1
    const char *path;           ///< likewise
    int variants;               ///< how many hosts and paths there are to take turns
    int connections;
    int streams;                ///< at a time on each connection, in HTTP/2; 0: HTTP/1.1
    double warmup, seconds;
    double rate;                ///< units per second in an open loop; 0: closed loop
    size_t units;               ///< how many after each connection's first; 0: as many as come in `seconds`
    size_t upload_bytes;        ///< request body; 0: GET
    bool is_call;               ///< in HTTP/2: the body is one message of gRPC's, with its head of five bytes
    long expect_bytes;          ///< the answer's body length; -1: any
    size_t message_bytes;       ///< WebSocket payload
    const char *accept;         ///< Accept-Encoding; NULL: none is sent
    bool resume;                ///< WORK_CONNECT: every handshake but a slot's first must resume
    bool hold;                  ///< after one unit each, keep all connections idle until standard input ends
    const char *ciphersuites;
};

enum state {
    STATE_CLOSED,
    STATE_HANDSHAKE,   ///< TCP connect and TLS handshake
    STATE_UPGRADE,     ///< the WebSocket handshake is on its way
    STATE_READY,       ///< no unit in progress
    STATE_WORKING,     ///< a unit is being sent or its answer received
};

/// Of an echo: how much of its frame's head and of its payload has come.
struct echo {
    size_t head_length, body_length;
};

struct connection {
    SSL *ssl;
    SSL_SESSION *session;      ///< the slot's newest ticket
    int fd;
    enum state state;
    bool resumed_once;         ///< the slot has a ticket: from now on handshakes must resume
    uint64_t started;          ///< the unit's start (open loop: intended start), in ns
    int variant;               ///< of host and path
    const unsigned char *out;  ///< what is being sent
    size_t out_length, sent;
    char head[4096];           ///< the answer's head, or a frame's head
    size_t head_length;
    bool head_done;
    size_t body_left;
    struct echo echo;          ///< of the WebSocket message under way, in HTTP/1.1
    struct http2 *http2;       ///< NULL in HTTP/1.1
};

/// The open loop's schedule: Poisson arrivals from a fixed seed.
struct pace {
    double rate;
    uint64_t next;             ///< intended start of the next unit, in ns; 0: not started
    uint64_t random;
};

struct load {
    struct options options;
    SSL_CTX *context;
    int epoll;
    struct connection *connections;
    int *ready;                ///< indices of connections that wait for their turn (a ring, so that all of them get one)
    int ready_first, ready_count;
    int opened;                ///< connections opened so far
    int opening;               ///< of these, in STATE_HANDSHAKE or STATE_UPGRADE
    int settled;               ///< connections that finished their first unit
    bool running;              ///< units start at will (the first unit of each connection is over)
    bool measuring;
    struct pace pace;
    struct histogram latency;
    uint64_t units, bytes, errors, resumed;
    uint64_t open_streams;     ///< of all connections, in HTTP/2
    char first_error[200];
    struct request {
        unsigned char *bytes;
        size_t length;
    } *requests;               ///< one for each variant
    unsigned char *upgrade;
    size_t upgrade_length;
    int next_variant;
};

uint64_t now_ns(void);

// tls.c: a connection's bytes
SSL_CTX *make_context(const char *ciphersuites);
void open_connection(struct load *load, int index);
/// Closes it and, unless the run is over, opens the slot again, in an open loop when its turn comes.
void close_connection(struct load *load, struct connection *connection);
/// The name of a variant's host.
void host_of(const struct load *load, int variant, char *name, size_t room);
/// Drives the connection as far as its socket allows.
void drive(struct load *load, int index, uint32_t events);
void fail(struct load *load, struct connection *connection, const char *format, ...) __attribute__((format(printf, 3, 4)));

// http.c, http2.c, websocket.c: what the bytes say
enum parsed { PARSED_MORE, PARSED_DONE, PARSED_BAD };
void make_requests(struct load *load);
void make_websocket(struct load *load);
enum parsed parse_answer(struct load *load, struct connection *connection, const unsigned char *bytes, size_t length);
enum parsed parse_upgrade(struct load *load, struct connection *connection, const unsigned char *bytes, size_t length);
enum parsed parse_echo(
    struct load *load, struct connection *connection, struct echo *echo, const unsigned char *bytes, size_t length);
/// The first bytes of a connection in HTTP/2.
void begin_http2(struct connection *connection);
void make_http2(struct load *load);
void start_streams(struct load *load, struct connection *connection, int count, uint64_t now);
/// PARSED_DONE: no stream is open any more.
enum parsed parse_http2(struct load *load, struct connection *connection, const unsigned char *bytes, size_t length);

// units.c: when units start and end
/// Puts a connection at the end of those that wait.
void wait_for_turn(struct load *load, int index);
/// Takes the one that has waited longest.
int take_ready(struct load *load);
void start_unit(struct load *load, int index, uint64_t intended);
/// One is over that began then.
void count_unit(struct load *load, uint64_t started);
void finish_unit(struct load *load, int index);
void start_due_units(struct load *load);
/// Nanoseconds until the next intended start; -1: nothing is scheduled.
int64_t wait_ns(struct load *load);
