// When units start and end: each connection's first unit, then a closed or an open loop.
#define _GNU_SOURCE
#include <math.h>
#include <string.h>
#include <time.h>

#include "load.h"

uint64_t now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

void wait_for_turn(struct load *load, int index) {
    int room = load->options.connections;
    load->ready[(load->ready_first + load->ready_count++) % room] = index;
}

int take_ready(struct load *load) {
    int index = load->ready[load->ready_first];
    load->ready_first = (load->ready_first + 1) % load->options.connections;
    load->ready_count--;
    return index;
}

void start_unit(struct load *load, int index, uint64_t intended) {
    struct connection *connection = &load->connections[index];
    if (load->options.streams) {
        // A connection's first unit is one stream.
        start_streams(load, connection, load->running ? load->options.streams : 1, intended);
        return drive(load, index, 0);
    }
    connection->state = STATE_WORKING;
    connection->started = intended;
    // With one host the paths take turns on every connection.
    if (!strstr(load->options.host, "%d")) connection->variant = load->next_variant++ % load->options.variants;
    const struct request *request = &load->requests[connection->variant];
    connection->out = request->bytes;
    connection->out_length = request->length;
    connection->sent = connection->head_length = connection->body_left = 0;
    connection->echo = (struct echo){0};
    connection->head_done = false;
    drive(load, index, 0);
}

void count_unit(struct load *load, uint64_t started) {
    if (!load->measuring) return;
    load->units++;
    histogram_add(&load->latency, now_ns() - started);
}

void finish_unit(struct load *load, int index) {
    struct connection *connection = &load->connections[index];
    // In HTTP/2 each stream has been counted.
    if (!load->options.streams) count_unit(load, connection->started);
    if (load->options.work == WORK_CONNECT) return close_connection(load, connection);
    bool was_last = load->options.units > 0 && load->units + load->open_streams >= load->options.units;
    if (load->running && load->options.rate == 0 && !was_last) return start_unit(load, index, now_ns());
    connection->state = STATE_READY;
    wait_for_turn(load, index);
    if (!load->running) load->settled++;
}

static double random_share(struct pace *pace) {
    // xorshift64*: the same schedule in every run
    pace->random ^= pace->random >> 12;
    pace->random ^= pace->random << 25;
    pace->random ^= pace->random >> 27;
    return ((double)((pace->random * 0x2545f4914f6cdd1dULL) >> 11) + 0.5) / 9007199254740992.0;
}

void start_due_units(struct load *load) {
    struct pace *pace = &load->pace;
    if (!load->running || pace->rate == 0) return;
    uint64_t now = now_ns();
    if (pace->next == 0) pace->next = now;
    // With no free connection a due unit waits, and its latency counts from its intended start.
    while (pace->next <= now && load->ready_count > 0) {
        int index = take_ready(load);
        if (load->options.work == WORK_CONNECT) {
            load->connections[index].started = pace->next;
            open_connection(load, index);
        } else {
            start_unit(load, index, pace->next);
        }
        pace->next += (uint64_t)(-log(random_share(pace)) / pace->rate * 1e9) + 1;
    }
}

int64_t wait_ns(struct load *load) {
    if (!load->running || load->pace.rate == 0 || load->ready_count == 0) return -1;
    uint64_t now = now_ns();
    return load->pace.next > now ? (int64_t)(load->pace.next - now) : 0;
}
