// A TLS 1.3 client that makes its own records, right ones and wrong ones, after a handshake by OpenSSL.
//
//     hostile_records PORT CASE
//     hostile_records PORT random COUNT SEED
//
// Prints what came of it: the status line of an answer, "alert LEVEL NUMBER", "close_notify", or "cut". With `random`, COUNT
// connections send records of chance, and nothing is printed.
#include "tls13_client.h"

static void tell(void) {
    static unsigned char content[20000];
    size_t length;
    switch (next_record(content, &length)) {
    case 0: printf("cut\n"); break;
    case 21: content[1] == 0 ? printf("close_notify\n") : printf("alert %d %d\n", content[0], content[1]); break;
    default: printf("%.*s\n", (int)strcspn((char *)content, "\r"), content);
    }
}

static const char request[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
static const size_t request_length = sizeof request - 1;

static void requests(void) { record(23, request, request_length, 0); }

static void key_update(unsigned char asks) {
    record(22, (unsigned char[5]){24, 0, 0, 1, asks}, 5, 0);
    next_key(&mine);
}

static void padded_bytes(void) {
    for (size_t index = 0; index < request_length; index += 1) record(23, request + index, 1, index * 7 % 256);
}

static void longest_padding(void) { record(23, request, request_length, 16384 - request_length); }
static void too_long_padding(void) { record(23, request, request_length, 16384 - request_length + 1); }

// A record of exactly 16 KiB: most of it is the body of a POST.
static void full_record(void) {
    static char content[16384];
    const char *format = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n";
    int head = snprintf(NULL, 0, format, 11111);
    sprintf(content, format, 3 * 16384 - head);
    memset(content + head, 'x', sizeof content - (size_t)head);
    record(23, content, sizeof content, 0);
    memset(content, 'x', sizeof content);
    record(23, content, sizeof content, 0);
    record(23, content, sizeof content, 0);
}

static void too_much_content(void) {
    static unsigned char content[16385];
    record(23, content, sizeof content, 0);
}

static void empties(int count) {
    while (count-- > 0) record(23, "", 0, 0);
    requests();
}
static void few_empties(void) { empties(20); }
static void many_empties(void) { empties(100); }
static void unknown_type(void) { record(99, "x", 1, 0); }
static void no_type(void) { seal((unsigned char[40]){0}, 40); }
static void empty_message(void) { record(22, "", 0, 0); }
static void empty_alert(void) { record(21, "", 0, 0); }
static void long_alert(void) { record(21, "\1\0\0", 3, 0); }
static void warning_then_request(void) {
    record(21, "\1\132", 2, 0);
    requests();
}
static void close_notify(void) { record(21, "\1", 2, 0); }
static void request_then_close(void) {
    requests();
    close_notify();
}
static void fatal_alert(void) { record(21, "\2\120", 2, 0); }
static void client_hello(void) { record(22, "\1\0\0\1\0", 5, 0); }
static void update(void) {
    key_update(0);
    requests();
}
static void update_both(void) {
    key_update(1);
    requests();
}
static void update_thrice(void) {
    for (int index = 0; index < 3; index += 1) key_update(1);
    requests();
}
// The rest of a request comes only when the key has been changed.
static void update_awaited(void) {
    unsigned char content[20000];
    size_t length;
    record(23, request, 10, 0);
    send_all(1 << 20);
    key_update(1);
    send_all(1 << 20);
    tells_updates = 1;
    if (next_record(content, &length) == 22) record(23, request + 10, request_length - 10, 0);
    tells_updates = 0;
}
static void update_of_nothing(void) { key_update(2); }
static void long_update(void) { record(22, "\30\0\0\2\0\0", 6, 0); }
static void data_within_update(void) {
    record(22, "\30\0\0\1", 4, 0);
    requests();
}
static void update_in_two(void) {
    record(22, "\30\0", 2, 0);
    record(22, "\0\1\0", 3, 0);
    next_key(&mine);
    requests();
}
static void two_updates_at_once(void) { record(22, "\30\0\0\1\0\30\0\0\1\0", 10, 0); }
static void update_flood(void) {
    for (int index = 0; index < 1000; index += 1) key_update(1);
    requests();
}
static void old_key_after_update(void) {
    keys before = mine;
    key_update(0);
    mine = before;
    mine.sequence += 1;
    requests();
}
static void change_cipher_spec(void) { raw("\24\3\3\0\1\1", 6); }
static void plain_handshake(void) { raw("\26\3\3\0\4\1\0\0\0", 9); }
static void plain_alert(void) { raw("\25\3\3\0\2\2\50", 7); }
static void over_long(void) { raw("\27\3\3\101\1", 5); }
static void over_short(void) { raw("\27\3\3\0\20................", 21); }
static void nothing_in_it(void) { raw("\27\3\3\0\0", 5); }
static void flipped(void) {
    requests();
    out[20] ^= 1;
}
static void flipped_tag(void) {
    requests();
    out[queued - 1] ^= 1;
}
static void other_length(void) {
    requests();
    out[4] -= 1;
}
static void replayed(void) {
    requests();
    memcpy(out + queued, out, queued);
    queued *= 2;
}
static void skipped(void) {
    mine.sequence += 1;
    requests();
}
static void other_version(void) {
    // The version of the header is vouched for, too.
    requests();
    out[2] = 1;
}
static void half_a_record(void) {
    requests();
    queued -= 3;
}

static const struct {
    const char *name;
    void (*make)(void);
    int answers;
} cases[] = {
    {"request", requests, 1},
    {"padded-bytes", padded_bytes, 1},
    {"longest-padding", longest_padding, 1},
    {"too-long-padding", too_long_padding, 1},
    {"full-record", full_record, 1},
    {"too-much-content", too_much_content, 1},
    {"few-empties", few_empties, 1},
    {"many-empties", many_empties, 1},
    {"unknown-type", unknown_type, 1},
    {"no-type", no_type, 1},
    {"empty-message", empty_message, 1},
    {"empty-alert", empty_alert, 1},
    {"long-alert", long_alert, 1},
    {"user-canceled", warning_then_request, 1},
    {"close-notify", close_notify, 1},
    {"request-then-close", request_then_close, 2},
    {"fatal-alert", fatal_alert, 1},
    {"client-hello", client_hello, 1},
    {"update", update, 1},
    {"update-both", update_both, 1},
    {"update-thrice", update_thrice, 1},
    {"update-awaited", update_awaited, 1},
    {"update-of-nothing", update_of_nothing, 1},
    {"long-update", long_update, 1},
    {"data-within-update", data_within_update, 1},
    {"update-in-two", update_in_two, 1},
    {"two-updates-at-once", two_updates_at_once, 1},
    {"update-flood", update_flood, 1},
    {"old-key-after-update", old_key_after_update, 1},
    {"change-cipher-spec", change_cipher_spec, 1},
    {"plain-handshake", plain_handshake, 1},
    {"plain-alert", plain_alert, 1},
    {"over-long", over_long, 1},
    {"over-short", over_short, 1},
    {"nothing-in-it", nothing_in_it, 1},
    {"flipped", flipped, 1},
    {"flipped-tag", flipped_tag, 1},
    {"other-length", other_length, 1},
    {"replayed", replayed, 2},
    {"skipped", skipped, 1},
    {"other-version", other_version, 1},
    {"half-a-record", half_a_record, 1},
};

static uint64_t dice;

static size_t roll(size_t sides) {
    dice = dice * 6364136223846793005 + 1442695040888963407;
    return (size_t)(dice >> 33) % sides;
}

// Mostly records that decrypt, so that what is inside is looked at.
static void random_records(void) {
    static const size_t lengths[] = {0, 1, 2, 4, 5, 6, 17, 300, 16383, 16384, 16385, 16500};
    static const unsigned char types[] = {0, 20, 21, 22, 23, 23, 23, 24, 255};
    static unsigned char content[17000];
    for (size_t rest = 1 + roll(20); rest > 0; rest -= 1) {
        size_t length = lengths[roll(sizeof lengths / sizeof *lengths)], padding = roll(3) == 0 ? roll(300) : 0;
        size_t start = queued;
        for (size_t index = 0; index < length; index += 1) content[index] = (unsigned char)roll(256);
        if (length >= 5 && roll(2) == 0) memcpy(content, (unsigned char[5]){24, 0, 0, 1, (unsigned char)roll(3)}, 5);
        unsigned char type = types[roll(sizeof types)];
        record(type, content, length, padding);
        if (type == 22 && length == 5 && content[0] == 24 && content[4] < 2) next_key(&mine);
        if (roll(16) == 0) out[start + roll(queued - start)] ^= (unsigned char)(1 + roll(255));
        if (roll(16) == 0) requests();
    }
    if (roll(4) == 0) queued -= roll(queued);
}

static int run_random(const char *port, long connections, uint64_t seed) {
    dice = seed;
    while (connections-- > 0) {
        connect_to(port);
        random_records();
        send_all(1 + roll(3) * 5000);
        shutdown(wire, SHUT_WR);
        while (read(wire, out, sizeof out) > 0) continue;
        close(wire);
    }
    return 0;
}

int main(int count, char **arguments) {
    signal(SIGPIPE, SIG_IGN);
    if (count == 5) return run_random(arguments[1], atol(arguments[3]), strtoull(arguments[4], NULL, 10));
    if (count != 3) return 2;
    alarm(60);
    connect_to(arguments[1]);
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index += 1) {
        if (strcmp(cases[index].name, arguments[2]) != 0) continue;
        cases[index].make();
        size_t pieces[] = {1 << 20, 1};
        send_all(pieces[getenv("BYTE_BY_BYTE") != NULL]);
        if (strcmp(arguments[2], "half-a-record") == 0) shutdown(wire, SHUT_WR);
        for (int answer = 0; answer < cases[index].answers; answer += 1) tell();
        return 0;
    }
    return 2;
}
