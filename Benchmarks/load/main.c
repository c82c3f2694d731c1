// load: drives one TLS gateway and says what came back.
//
//   load --work http|connect|ws --port N [options]     (see the table in parse_options)
//
// Order of a run: open every connection and finish one unit on each; warm up; print "begin"; measure; print "end"
// and one line of JSON. Whoever measures the gateway's CPU time samples it at these two lines, so that neither
// handshakes nor warm-up count. With --hold it prints "ready" once every connection is idle; for each line of standard
// input it does one more unit on each and prints "ready" again; the input's end ends it. With --units it does so many
// after the first of each, and ends. With --streams it speaks HTTP/2, with so many streams, or WebSockets, on each
// connection. Every answer is checked; an error is counted and its first reason reported.
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "load.h"

enum { MAX_OPENING = 64, EVENTS = 256, STANDARD_INPUT = -1 };

static void parse_options(struct options *options, int count, char **arguments) {
    static const struct option table[] = {
        {"work", 1, 0, 'w'},        {"port", 1, 0, 'p'},    {"path", 1, 0, 'P'},    {"connections", 1, 0, 'c'},
        {"warmup", 1, 0, 'W'},      {"seconds", 1, 0, 's'}, {"rate", 1, 0, 'r'},    {"upload-bytes", 1, 0, 'u'},
        {"expect-bytes", 1, 0, 'e'}, {"message-bytes", 1, 0, 'm'}, {"resume", 0, 0, 'R'}, {"hold", 0, 0, 'H'},
        {"ciphersuites", 1, 0, 'C'}, {"host", 1, 0, 'h'},   {"variants", 1, 0, 'v'}, {"accept-encoding", 1, 0, 'A'},
        {"units", 1, 0, 'n'}, {"streams", 1, 0, 'S'}, {"call", 0, 0, 'G'}, {0}};
    *options = (struct options){.host = "localhost", .path = "/", .variants = 1, .connections = 1, .warmup = 0.5, .seconds = 1,
                                .expect_bytes = -1, .message_bytes = 64, .ciphersuites = "TLS_AES_128_GCM_SHA256"};
    for (int option; (option = getopt_long(count, arguments, "", table, NULL)) != -1;) {
        switch (option) {
            case 'w':
                if (strcmp(optarg, "http") == 0) options->work = WORK_HTTP;
                else if (strcmp(optarg, "connect") == 0) options->work = WORK_CONNECT;
                else if (strcmp(optarg, "ws") == 0) options->work = WORK_WS;
                else exit(2);
                break;
            case 'p': options->port = atoi(optarg); break;
            case 'P': options->path = optarg; break;
            case 'h': options->host = optarg; break;
            case 'v': options->variants = atoi(optarg); break;
            case 'c': options->connections = atoi(optarg); break;
            case 'W': options->warmup = atof(optarg); break;
            case 's': options->seconds = atof(optarg); break;
            case 'r': options->rate = atof(optarg); break;
            case 'u': options->upload_bytes = strtoul(optarg, NULL, 10); break;
            case 'e': options->expect_bytes = atol(optarg); break;
            case 'm': options->message_bytes = strtoul(optarg, NULL, 10); break;
            case 'n': options->units = strtoul(optarg, NULL, 10); break;
            case 'S': options->streams = atoi(optarg); break;
            case 'R': options->resume = true; break;
            case 'H': options->hold = true; break;
            case 'G': options->is_call = true; break;
            case 'A': options->accept = optarg; break;
            case 'C': options->ciphersuites = optarg; break;
            default: exit(2);
        }
    }
    if (options->port <= 0 || options->connections <= 0 || options->variants <= 0 || options->streams < 0) exit(2);
    if (options->streams && options->work == WORK_CONNECT) exit(2);
    if (options->is_call && (!options->streams || options->upload_bytes < 5)) exit(2);
}

static void prepare(struct load *load) {
    struct options *options = &load->options;
    load->context = make_context(options->ciphersuites);
    load->epoll = epoll_create1(EPOLL_CLOEXEC);
    load->connections = calloc((size_t)options->connections, sizeof *load->connections);
    load->ready = calloc((size_t)options->connections, sizeof *load->ready);
    load->requests = calloc((size_t)options->variants, sizeof *load->requests);
    if (!load->context || load->epoll < 0 || !load->connections || !load->ready || !load->requests) {
        fprintf(stderr, "load: cannot start: %s\n", strerror(errno));
        exit(1);
    }
    for (int i = 0; i < options->connections; i++) load->connections[i].fd = -1;
    load->pace = (struct pace){.rate = options->rate, .random = 0x9e3779b97f4a7c15ULL};
    if (options->work == WORK_WS) make_websocket(load);
    else if (!options->streams) make_requests(load);
    if (options->streams) make_http2(load);
}

static void open_some(struct load *load) {
    while (load->opened < load->options.connections && load->opening < MAX_OPENING) open_connection(load, load->opened++);
}

/// Waits for and handles events until `deadline` (ns) or until `enough` says so.
static void turn(struct load *load, uint64_t deadline, bool (*enough)(struct load *)) {
    struct epoll_event events[EVENTS];
    while (!enough(load)) {
        uint64_t now = now_ns();
        if (now >= deadline) return;
        int64_t wait = (int64_t)(deadline - now), next = wait_ns(load);
        if (next >= 0 && next < wait) wait = next;
        struct timespec timeout = {.tv_sec = wait / 1000000000, .tv_nsec = wait % 1000000000};
        int count = epoll_pwait2(load->epoll, events, EVENTS, &timeout, NULL);
        bool told = false;
        for (int i = 0; i < count; i++) {
            if (events[i].data.u32 == (uint32_t)STANDARD_INPUT) told = true;
            else drive(load, (int)events[i].data.u32, events[i].events);
        }
        start_due_units(load);
        open_some(load);
        if (told) return;
    }
}

static bool too_many_errors(struct load *load) {
    return load->errors >= 100;
}

static bool all_settled(struct load *load) {
    return too_many_errors(load) || load->settled >= load->options.connections;
}

static bool enough_units(struct load *load) {
    return too_many_errors(load) || load->units >= load->options.units;
}

static void report(struct load *load, uint64_t nanoseconds) {
    static const struct { const char *name; double share; } percentiles[] = {
        {"p50_us", 0.5}, {"p90_us", 0.9}, {"p99_us", 0.99}, {"p999_us", 0.999}};
    for (char *at = load->first_error; *at; at++)
        if (*at == '"' || *at == '\\' || (unsigned char)*at < ' ') *at = ' ';
    printf("{\"units\": %lu, \"seconds\": %.6f, \"bytes\": %lu, \"resumed\": %lu, \"errors\": %lu, \"first_error\": \"%s\"",
           load->units, (double)nanoseconds / 1e9, load->bytes, load->resumed, load->errors, load->first_error);
    for (size_t i = 0; i < sizeof percentiles / sizeof *percentiles; i++)
        printf(", \"%s\": %.1f", percentiles[i].name, (double)histogram_percentile(&load->latency, percentiles[i].share) / 1e3);
    printf(", \"max_us\": %.1f}\n", (double)load->latency.maximum / 1e3);
}

static void say(const char *line) {
    puts(line);
    fflush(stdout);
}

/// True: a line came on standard input; false: its end.
static bool read_line(void) {
    char byte = 0;
    while (byte != '\n')
        if (read(STDIN_FILENO, &byte, 1) != 1) return false;
    return true;
}

/// One more unit on every connection.
static void go_round(struct load *load) {
    load->settled = 0;
    for (int left = load->ready_count; left > 0; left--) start_unit(load, load->ready[--load->ready_count], now_ns());
    turn(load, now_ns() + 60000000000ULL, all_settled);
    if (load->settled < load->options.connections)
        fail(load, &load->connections[0], "%d connections did not answer in 60 s", load->options.connections - load->settled);
}

static void hold(struct load *load) {
    say("ready");
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)STANDARD_INPUT};
    epoll_ctl(load->epoll, EPOLL_CTL_ADD, STDIN_FILENO, &event);
    for (;;) {
        turn(load, UINT64_MAX / 2, too_many_errors);
        if (too_many_errors(load) || !read_line()) break;
        epoll_ctl(load->epoll, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
        go_round(load);
        if (load->errors > 0) break;
        say("ready");
        epoll_ctl(load->epoll, EPOLL_CTL_ADD, STDIN_FILENO, &event);
    }
    report(load, 0);
}

/// So many units, as fast as they are answered.
static void run_units(struct load *load) {
    load->running = load->measuring = true;
    uint64_t begin = now_ns();
    while (load->ready_count > 0) start_unit(load, take_ready(load), now_ns());
    turn(load, begin + 600000000000ULL, enough_units);
    report(load, now_ns() - begin);
}

int main(int count, char **arguments) {
    static struct load load;
    signal(SIGPIPE, SIG_IGN);
    parse_options(&load.options, count, arguments);
    prepare(&load);
    load.running = load.options.work == WORK_CONNECT;
    open_some(&load);
    if (!load.running) turn(&load, now_ns() + 60000000000ULL, all_settled);
    if (!load.running && load.settled < load.options.connections) {
        if (!load.errors++) snprintf(load.first_error, sizeof load.first_error, "%d connections did not settle in 60 s",
                                     load.options.connections - load.settled);
        report(&load, 0);
        return 1;
    }
    if (load.options.hold) {
        hold(&load);
        return 0;
    }
    if (load.options.units > 0) {
        run_units(&load);
        return 0;
    }
    load.running = true;
    if (load.options.rate == 0)
        for (int left = load.ready_count; left > 0; left--) start_unit(&load, take_ready(&load), now_ns());
    turn(&load, now_ns() + (uint64_t)(load.options.warmup * 1e9), too_many_errors);
    say("begin");
    load.measuring = true;
    uint64_t begin = now_ns();
    turn(&load, begin + (uint64_t)(load.options.seconds * 1e9), too_many_errors);
    uint64_t end = now_ns();
    say("end");
    report(&load, end - begin);
    return 0;
}
