#include "COpenSSL.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

// Room for four full records with their headers and tags.
#define GATHER_CAPACITY (4 * (16384 + 256))

// One per thread is enough: gathering begins and ends within one synchronous call.
static _Thread_local unsigned char gathered[GATHER_CAPACITY];
static _Thread_local size_t gathered_count;

static ssize_t wire_send(gh_wire *wire, const unsigned char *bytes, size_t count) {
    ssize_t sent;
    do {
        sent = send(wire->descriptor, bytes, count, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0) {
        if ((size_t)sent < count) wire->writable = 0;
        return sent;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
        wire->writable = 0;
        return 0;
    }
    wire->error = errno;
    return -1;
}

static int keep_pending(gh_wire *wire, const unsigned char *bytes, size_t count) {
    wire->pending = malloc(count);
    if (wire->pending == NULL) {
        wire->error = ENOMEM;
        return -1;
    }
    memcpy(wire->pending, bytes, count);
    wire->pending_start = 0;
    wire->pending_end = (uint32_t)count;
    return 0;
}

void gh_wire_release(gh_wire *wire) {
    free(wire->pending);
    wire->pending = NULL;
    wire->pending_start = wire->pending_end = 0;
}

void gh_wire_gather(gh_wire *wire) {
    wire->gathers = 1;
    gathered_count = 0;
}

int gh_wire_flush(gh_wire *wire) {
    if (wire->gathers) {
        size_t count = gathered_count;
        wire->gathers = 0;
        gathered_count = 0;
        if (count > 0) {
            ssize_t sent = wire->writable ? wire_send(wire, gathered, count) : 0;
            if (sent < 0) return -1;
            if ((size_t)sent < count && keep_pending(wire, gathered + sent, count - (size_t)sent) < 0) return -1;
        }
    }
    if (wire->pending == NULL) return 1;
    if (!wire->writable) return 0;
    ssize_t sent = wire_send(wire, wire->pending + wire->pending_start, wire->pending_end - wire->pending_start);
    if (sent < 0) return -1;
    wire->pending_start += (uint32_t)sent;
    if (wire->pending_start < wire->pending_end) return 0;
    gh_wire_release(wire);
    return 1;
}

static int wire_write(BIO *bio, const char *bytes, size_t count, size_t *written) {
    gh_wire *wire = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    *written = 0;
    if (wire->gathers && wire->pending == NULL && gathered_count + count <= GATHER_CAPACITY) {
        memcpy(gathered + gathered_count, bytes, count);
        gathered_count += count;
        *written = count;
        return 1;
    }
    // What was gathered or is pending precedes these bytes on the wire.
    if (wire->gathers || wire->pending != NULL) {
        int flushed = gh_wire_flush(wire);
        if (flushed < 0) return 0;
        if (flushed == 0) {
            BIO_set_retry_write(bio);
            return 0;
        }
    }
    if (!wire->writable) {
        BIO_set_retry_write(bio);
        return 0;
    }
    ssize_t sent = wire_send(wire, (const unsigned char *)bytes, count);
    if (sent < 0) return 0;
    if (sent == 0) {
        BIO_set_retry_write(bio);
        return 0;
    }
    *written = (size_t)sent;
    return 1;
}

static int wire_read(BIO *bio, char *bytes, size_t capacity, size_t *count) {
    gh_wire *wire = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    *count = 0;
    if (!wire->readable) {
        BIO_set_retry_read(bio);
        return 0;
    }
    ssize_t received;
    do {
        received = recv(wire->descriptor, bytes, capacity, 0);
    } while (received < 0 && errno == EINTR);
    if (received > 0) {
        if (wire->first_byte == 0) wire->first_byte = (uint8_t)bytes[0];
        if ((size_t)received < capacity && !wire->hung_up) wire->readable = 0;
        *count = (size_t)received;
        return 1;
    }
    if (received == 0) {
        wire->at_end = 1;
        return 0;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
        wire->readable = 0;
        BIO_set_retry_read(bio);
        return 0;
    }
    wire->error = errno;
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
