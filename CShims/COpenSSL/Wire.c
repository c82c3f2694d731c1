#include "Handover.h"

#include <CLinuxSockets.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

// One per thread is enough: gathering begins and ends within one synchronous call.
static _Thread_local unsigned char gathered[GH_MOST_HELD + GH_SEALED_ROOM];
static _Thread_local size_t gathered_count;

// What OpenSSL may leave pending besides: answers to KeyUpdates and alerts, which a peer that does not read could ask for without
// end.
#define MOST_PENDING (2 * GH_SEALED_ROOM)

// Bytes of a client that one reading takes before there are data among them. A record has 16 KiB, and OpenSSL reads as much
// ahead; of KeyUpdates it passes over as many as come, and does not return while there is another. A server may send tickets.
#define MOST_WITHOUT_DATA (64 * 1024)

static ssize_t wire_send(gh_wire *wire, const unsigned char *bytes, size_t count, int flags) {
    ssize_t sent;
    if (wire->send_error != 0) {
        wire->error = wire->send_error;
        return -1;
    }
    do {
        sent = gh_send(wire->descriptor, bytes, count, MSG_NOSIGNAL | flags);
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0) {
        if ((size_t)sent < count) wire->writable = 0;
        return sent;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
        wire->writable = 0;
        return 0;
    }
    wire->error = wire->send_error = errno;
    return -1;
}

// Behind what is pending already. Without memory for it nothing can be sent any more: a part of the stream would be missing.
static int keep_pending(gh_wire *wire, const unsigned char *bytes, size_t count) {
    size_t waiting = wire->pending_end - wire->pending_start;
    unsigned char *pending = malloc(waiting + count);
    if (pending == NULL) {
        wire->error = wire->send_error = ENOMEM;
        return -1;
    }
    if (waiting > 0) memcpy(pending, wire->pending + wire->pending_start, waiting);
    memcpy(pending + waiting, bytes, count);
    free(wire->pending);
    wire->pending = pending;
    wire->pending_start = 0;
    wire->pending_end = (uint32_t)(waiting + count);
    return 0;
}

static void release_pending(gh_wire *wire) {
    free(wire->pending);
    wire->pending = NULL;
    wire->pending_start = wire->pending_end = 0;
    wire->holds_tickets = 0;
}

void gh_wire_release(gh_wire *wire) {
    release_pending(wire);
    gh_forget_hello(wire);
    X509_free(wire->refused);
    wire->refused = NULL;
    free(wire->inbox);
    wire->inbox = NULL;
    wire->inbox_start = wire->inbox_end = 0;
}

void gh_wire_gather(gh_wire *wire) {
    wire->gathers = 1;
    gathered_count = 0;
}

unsigned char *gh_gather_room(void) { return gathered; }

int gh_wire_send_gathered(gh_wire *wire, size_t count, int flags) {
    ssize_t sent = wire->writable ? wire_send(wire, gathered, count, flags) : 0;
    if (sent < 0) return -1;
    return (size_t)sent < count ? keep_pending(wire, gathered + sent, count - (size_t)sent) : 0;
}

// Of a server's handshake in TLS 1.3 they are all that it sends after the client's Finished. A request has often come with that:
// its answer takes them along, which is a segment less for both ends.
static int may_hold(const gh_wire *wire, size_t count) {
    if (!wire->collects || !wire->is_server || wire->secrets == NULL) return 0;
    if (!wire->secrets->may_be_taken_over || !wire->secrets->counts_read) return 0;
    if (wire->pending != NULL && !wire->holds_tickets) return 0;
    return wire->pending_end - wire->pending_start + count <= GH_MOST_HELD;
}

size_t gh_wire_take_tickets(gh_wire *wire) {
    if (!wire->holds_tickets) return 0;
    size_t count = wire->pending_end - wire->pending_start;
    memcpy(gathered, wire->pending + wire->pending_start, count);
    release_pending(wire);
    return count;
}

void gh_wire_send_tickets(gh_wire *wire) {
    int error = wire->error;
    if (!wire->holds_tickets) return;
    wire->holds_tickets = 0;
    if (gh_wire_flush(wire) < 0) wire->error = error;
}

int gh_wire_flush(gh_wire *wire) {
    if (wire->gathers) {
        size_t count = gathered_count;
        wire->gathers = 0;
        gathered_count = 0;
        if (count > 0 && gh_wire_send_gathered(wire, count, 0) < 0) return -1;
    }
    if (wire->pending == NULL) return 1;
    if (!wire->writable) return 0;
    ssize_t sent = wire_send(wire, wire->pending + wire->pending_start, wire->pending_end - wire->pending_start, 0);
    if (sent < 0) return -1;
    wire->pending_start += (uint32_t)sent;
    if (wire->pending_start < wire->pending_end) return 0;
    release_pending(wire);
    return 1;
}

static int wire_write(BIO *bio, const char *bytes, size_t count, size_t *written) {
    gh_wire *wire = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    *written = 0;
    // In the handshake it may be any byte that comes first: OpenSSL cuts what it has buffered where it likes.
    if (wire->keeps_records && count > 0 && (unsigned char)bytes[0] == SSL3_RT_ALERT) {
        // What else stands in the record that is being read is answered no more: see wire_read.
        if (wire->alerts > GH_MOST_ALERTS) {
            *written = count;
            return 1;
        }
        wire->alerts += 1;
    }
    // OpenSSL answers KeyUpdates that come after its close_notify.
    if (wire->has_said_end) {
        *written = count;
        return 1;
    }
    if (wire->gathers && wire->pending == NULL && gathered_count + count <= GH_SEALED_ROOM) {
        memcpy(gathered + gathered_count, bytes, count);
        gathered_count += count;
        *written = count;
        return 1;
    }
    if (may_hold(wire, count)) {
        if (keep_pending(wire, (const unsigned char *)bytes, count) < 0) return 0;
        wire->holds_tickets = 1;
        *written = count;
        return 1;
    }
    // What was gathered or is pending precedes these bytes on the wire.
    if (wire->gathers || wire->pending != NULL) {
        int flushed = gh_wire_flush(wire);
        if (flushed < 0) return 0;
        if (flushed == 0) {
            if (wire->keeps_records && wire->pending_end - wire->pending_start + count <= MOST_PENDING) {
                if (keep_pending(wire, (const unsigned char *)bytes, count) < 0) return 0;
                *written = count;
                return 1;
            }
            BIO_set_retry_write(bio);
            return 0;
        }
    }
    if (wire->keeps_records) {
        ssize_t went = wire->writable ? wire_send(wire, (const unsigned char *)bytes, count, 0) : 0;
        // OpenSSL gives up reading, too, when it cannot answer a KeyUpdate.
        if (went < 0) went = (ssize_t)count;
        if ((size_t)went < count && keep_pending(wire, (const unsigned char *)bytes + went, count - (size_t)went) < 0) return 0;
        *written = count;
        return 1;
    }
    if (!wire->writable) {
        BIO_set_retry_write(bio);
        return 0;
    }
    ssize_t sent = wire_send(wire, (const unsigned char *)bytes, count, 0);
    if (sent < 0) return 0;
    if (sent == 0) {
        BIO_set_retry_write(bio);
        return 0;
    }
    *written = (size_t)sent;
    return 1;
}

ssize_t gh_wire_receive(gh_wire *wire, unsigned char *room, size_t capacity) {
    if (wire->receive_error != 0) {
        wire->error = wire->receive_error;
        return -1;
    }
    if (!wire->readable) return 0;
    ssize_t received;
    do {
        received = gh_receive(wire->descriptor, room, capacity);
    } while (received < 0 && errno == EINTR);
    if (received > 0) {
        if (wire->first_byte == 0) wire->first_byte = room[0];
        if ((size_t)received < capacity && !wire->hung_up) wire->readable = 0;
        return received;
    }
    // Whoever was told of a reset first, the kernel tells it once.
    if (received == 0 && wire->send_error == ECONNRESET) {
        wire->error = wire->receive_error = ECONNRESET;
        return -1;
    }
    if (received == 0) {
        wire->at_end = 1;
        return 0;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
        wire->readable = 0;
        return 0;
    }
    wire->error = wire->receive_error = errno;
    return -1;
}

int gh_wire_keep_inbox(gh_wire *wire, const unsigned char *bytes, size_t count) {
    if (count == 0) return 1;
    wire->inbox = malloc(count);
    if (wire->inbox == NULL) return 0;
    memcpy(wire->inbox, bytes, count);
    wire->inbox_start = 0;
    wire->inbox_end = (uint32_t)count;
    return 1;
}

void gh_wire_drop_inbox(gh_wire *wire, size_t count) {
    wire->inbox_start += (uint32_t)count;
    if (wire->inbox_start < wire->inbox_end) return;
    free(wire->inbox);
    wire->inbox = NULL;
    wire->inbox_start = wire->inbox_end = 0;
}

size_t gh_wire_take_inbox(gh_wire *wire, unsigned char *room, size_t capacity) {
    if (wire->inbox == NULL) return 0;
    size_t count = wire->inbox_end - wire->inbox_start;
    if (count > capacity) count = capacity;
    memcpy(room, wire->inbox + wire->inbox_start, count);
    gh_wire_drop_inbox(wire, count);
    return count;
}

static int took(gh_wire *wire, size_t count) {
    if (wire->keeps_records) wire->taken += (uint32_t)count;
    return 1;
}

static int wire_read(BIO *bio, char *bytes, size_t capacity, size_t *count) {
    gh_wire *wire = BIO_get_data(bio);
    unsigned char *room = (unsigned char *)bytes, arrived[GH_LONGEST_RECORD];
    BIO_clear_retry_flags(bio);
    *count = 0;
    if (!wire->is_server && !wire->keeps_records && gh_flight_is_too_long(bio)) return 0;
    if (wire->alerts > GH_MOST_ALERTS) {
        ERR_raise(ERR_LIB_SSL, SSL_R_TOO_MANY_WARN_ALERTS);
        return 0;
    }
    if (wire->keeps_records && wire->taken > (wire->is_server ? MOST_WITHOUT_DATA : GH_LONGEST_FLIGHT)) {
        ERR_raise(ERR_LIB_SSL, SSL_R_EXCESSIVE_MESSAGE_SIZE);
        return 0;
    }
    *count = gh_wire_take_inbox(wire, room, capacity);
    if (*count > 0) return took(wire, *count);
    // OpenSSL asks for a header, then for a body: with an inbox each record costs one system call, and what follows the handshake
    // stays here.
    int collects = wire->collects && capacity < sizeof arrived;
    ssize_t received = gh_wire_receive(wire, collects ? arrived : room, collects ? sizeof arrived : capacity);
    if (received > 0 && collects) {
        if (!gh_wire_keep_inbox(wire, arrived, (size_t)received)) {
            wire->error = ENOMEM;
            return 0;
        }
        received = (ssize_t)gh_wire_take_inbox(wire, room, capacity);
    }
    if (received > 0) {
        *count = (size_t)received;
        return took(wire, *count);
    }
    if (received == 0 && !wire->at_end) BIO_set_retry_read(bio);
    return 0;
}

static long wire_control(BIO *bio, int command, long number, void *pointer) {
    (void)number;
    (void)pointer;
    gh_wire *wire = BIO_get_data(bio);
    switch (command) {
    case BIO_CTRL_FLUSH: return 1;
    case BIO_CTRL_EOF: return wire->at_end;
    default: return 0;
    }
}

static int wire_create(BIO *bio) {
    BIO_set_init(bio, 1);
    return 1;
}

static BIO_METHOD *wire_method;
static pthread_once_t wire_method_once = PTHREAD_ONCE_INIT;

static void make_wire_method(void) {
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "gatehouse wire");
    if (method == NULL) return;
    BIO_meth_set_write_ex(method, wire_write);
    BIO_meth_set_read_ex(method, wire_read);
    BIO_meth_set_ctrl(method, wire_control);
    BIO_meth_set_create(method, wire_create);
    wire_method = method;
}

BIO *gh_wire_bio(gh_wire *wire) {
    pthread_once(&wire_method_once, make_wire_method);
    if (wire_method == NULL) return NULL;
    BIO *bio = BIO_new(wire_method);
    if (bio != NULL) BIO_set_data(bio, wire);
    return bio;
}
