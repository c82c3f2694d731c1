// A line between two network namespaces: what one sends arrives at the other after a time, and not faster than a rate.
//
//     line NEAR FAR DELAY_MS RATE_MBIT QUEUE_KB
//
// NEAR and FAR are namespaces of ip-netns(8). Each gets a device `line`, a tun(4), and whoever starts this gives it its address.
// The same could be had of `tc netem`, which is not in every kernel. Prints "ready" once both are there; ends when standard
// input does.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { LARGEST = 2048, ROOM = 1 << 16 };

struct packet {
    uint64_t due;  ///< when it arrives, in ns
    uint16_t length;
    unsigned char bytes[LARGEST];
};

/// One way of the line.
struct way {
    int from, to;
    struct packet *packets;      ///< a ring of ROOM
    unsigned first, count;
    uint64_t free_at;            ///< when the last one will have been sent, in ns
};

static uint64_t delay, queue;    // ns, bytes
static double ns_per_byte;

static void fail(const char *what) {
    fprintf(stderr, "line: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/// A device in the named namespace.
static int device(const char *name) {
    char path[256];
    snprintf(path, sizeof path, "/var/run/netns/%s", name);
    int namespace = open(path, O_RDONLY | O_CLOEXEC);
    if (namespace < 0 || setns(namespace, CLONE_NEWNET) != 0) fail(path);
    close(namespace);
    int descriptor = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) fail("/dev/net/tun");
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    strcpy(request.ifr_name, "line");
    if (ioctl(descriptor, TUNSETIFF, &request) != 0) fail("TUNSETIFF");
    return descriptor;
}

/// Takes what is sent; what comes while the queue is full is lost.
static void take(struct way *way) {
    while (way->count < ROOM) {
        struct packet *packet = &way->packets[(way->first + way->count) % ROOM];
        ssize_t length = read(way->from, packet->bytes, LARGEST);
        if (length <= 0) return;
        uint64_t moment = now();
        if (way->free_at < moment) way->free_at = moment;
        if ((double)(way->free_at - moment) > (double)queue * ns_per_byte) continue;
        way->free_at += (uint64_t)((double)length * ns_per_byte);
        packet->due = way->free_at + delay;
        packet->length = (uint16_t)length;
        way->count++;
    }
}

/// Hands over what has arrived.
/// Returns when the next one does, in ns; UINT64_MAX if none is under way.
static uint64_t deliver(struct way *way) {
    while (way->count > 0) {
        struct packet *packet = &way->packets[way->first];
        if (packet->due > now()) return packet->due;
        // A device that takes nothing, or is down (EIO), loses it, as a network would.
        ssize_t sent = write(way->to, packet->bytes, packet->length);
        if (sent < 0 && errno != EAGAIN && errno != ENOBUFS && errno != EIO) fail("write");
        way->first = (way->first + 1) % ROOM;
        way->count--;
    }
    return UINT64_MAX;
}

int main(int count, char **words) {
    if (count != 6) {
        fprintf(stderr, "usage: line NEAR FAR DELAY_MS RATE_MBIT QUEUE_KB\n");
        return 64;
    }
    delay = (uint64_t)(atof(words[3]) * 1e6);
    ns_per_byte = 8e3 / atof(words[4]);
    queue = (uint64_t)atol(words[5]) * 1000;
    int near = device(words[1]), far = device(words[2]);
    struct way ways[2] = {{.from = near, .to = far}, {.from = far, .to = near}};
    for (int index = 0; index < 2; index++) {
        ways[index].packets = malloc(sizeof(struct packet) * ROOM);
        if (!ways[index].packets) fail("malloc");
    }
    puts("ready");
    fflush(stdout);
    while (true) {
        uint64_t next = UINT64_MAX;
        for (int index = 0; index < 2; index++) {
            take(&ways[index]);
            uint64_t due = deliver(&ways[index]);
            if (due < next) next = due;
        }
        struct pollfd waits[3] = {
            {.fd = near, .events = POLLIN}, {.fd = far, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
        uint64_t moment = now();
        uint64_t pause = next <= moment ? 0 : next - moment;
        struct timespec time = {.tv_sec = (time_t)(pause / 1000000000), .tv_nsec = (long)(pause % 1000000000)};
        ppoll(waits, 3, next == UINT64_MAX ? NULL : &time, NULL);
        if (waits[2].revents) return 0;
    }
}
