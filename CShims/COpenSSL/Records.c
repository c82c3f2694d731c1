// TLS 1.3's record layer (RFC 8446 §5) for a connection whose handshake OpenSSL has made.
//
// An SSL object holds some 13 KiB for as long as its connection lives, and takes a record through several layers that only
// other versions of TLS need. After the handshake of TLS 1.3 little is left to do: protect records with two keys, change the keys
// when asked, heed alerts. The cipher is still OpenSSL's (AEAD.h); what is here is the framing around it.
//
// Every byte that arrives is hostile. A record is looked at only when its header has said a length that is allowed and that
// many bytes are here; what the AEAD does not vouch for goes nowhere.

#include "Protection.h"

#include <stdlib.h>
#include <string.h>

enum {
    // RFC 8446 §5.2: the content of a record with its type, padding and tag.
    LONGEST_BODY = SSL3_RT_MAX_TLS13_ENCRYPTED_LENGTH,
    // Records in a row that bring no data: a peer must not keep us busy with them.
    PATIENCE = 32,
};

// RFC 8446 §5.5: AES-GCM protects 2^24.5 full records safely with one key. We change it before.
static _Atomic uint64_t records_for_one_key = 1 << 23;

void gh_replace_keys_after(uint64_t records) { records_for_one_key = records; }

struct gh_records {
    gh_wire *wire;
    const SSL_CIPHER *cipher;
    const gh_suite *suite;
    const char *problem;
    gh_protection in;
    gh_protection out;
    // Data of a record that was longer than the reader's room.
    unsigned char *unread;
    uint32_t unread_start;
    uint32_t unread_end;
    // Of a session ticket, which nobody here needs: bytes still to come.
    uint32_t ticket_left;
    uint8_t is_client;
    uint8_t dataless;
    uint8_t is_resumed;
    uint8_t has_ended;
    uint8_t has_said_end;
    uint8_t has_failed;
    uint8_t owes_key_update;
};

// One per thread is enough: what is not used up is copied away before a call ends.
static _Thread_local unsigned char received[4 * (GH_RECORD_HEADER + LONGEST_BODY)];
static _Thread_local unsigned char beyond_room[LONGEST_BODY];

// MARK: Sending

// Appends one record to what this thread has gathered, which must have room for it.
static int seal(gh_records *records, unsigned char type, const unsigned char *content, size_t length) {
    unsigned char *record = gh_gather_room(GH_RECORD_HEADER + length + 1 + GH_TAG);
    return gh_protection_seal(&records->out, records->suite, type, content, length, record);
}

// RFC 8446 §4.6.3: the message goes out with the old key, everything after it with the next.
static int seal_key_update(gh_records *records) {
    static const unsigned char message[5] = {SSL3_MT_KEY_UPDATE, 0, 0, 1, 0};
    records->owes_key_update = 0;
    return seal(records, SSL3_RT_HANDSHAKE, message, sizeof message) && gh_protection_update(&records->out, records->suite);
}

// Sends one small record if it can leave at once; who cannot take it now does without.
static void send_alert(gh_records *records, unsigned char level, unsigned char description) {
    gh_wire *wire = records->wire;
    unsigned char alert[2] = {level, description};
    if (records->has_said_end || wire->pending != NULL || !wire->writable) return;
    records->has_said_end = 1;
    gh_wire_gather(wire);
    if (seal(records, SSL3_RT_ALERT, alert, sizeof alert)) {
        (void)gh_wire_flush(wire);
    } else {
        gh_gather_drop(wire);
    }
}

static int fail(gh_records *records, unsigned char alert, const char *problem) {
    if (!records->has_failed) {
        records->has_failed = 1;
        records->problem = problem;
        send_alert(records, SSL3_AL_FATAL, alert);
    }
    return GH_FAILED;
}

void gh_records_close(gh_records *records) {
    if (!records->has_failed) send_alert(records, SSL3_AL_WARNING, SSL_AD_CLOSE_NOTIFY);
}

int gh_records_write(
    gh_records *records, const unsigned char *head, size_t head_length, const unsigned char *bytes, size_t length,
    size_t *count) {
    gh_wire *wire = records->wire;
    *count = 0;
    if (records->has_failed) return GH_FAILED;
    if (records->has_said_end) {
        records->problem = "nothing can be sent after close_notify";
        return GH_FAILED;
    }
    int flushed = wire->pending != NULL ? gh_wire_flush(wire) : 1;
    if (flushed < 0) return GH_FAILED;
    if (flushed == 0 || !wire->writable) return GH_WANTS_WRITE;
    gh_wire_gather(wire);
    int sealed = 1, left = GH_GATHERED_RECORDS;
    if (records->owes_key_update || records->out.sequence >= records_for_one_key) sealed = seal_key_update(records);
    if (sealed && head_length > 0) {
        sealed = seal(records, SSL3_RT_APPLICATION_DATA, head, head_length);
        left -= 1;
    }
    for (; left > 0 && *count < length && sealed; left -= 1) {
        size_t piece = length - *count < GH_RECORD_CONTENT ? length - *count : GH_RECORD_CONTENT;
        sealed = seal(records, SSL3_RT_APPLICATION_DATA, bytes + *count, piece);
        *count += piece;
    }
    if (!sealed) {
        // Half a record must not leave.
        gh_gather_drop(wire);
        return fail(records, SSL_AD_INTERNAL_ERROR, "a record could not be protected");
    }
    // A peer that only listens for long may change its keys as often as it likes to.
    records->dataless = 0;
    return gh_wire_flush(wire) < 0 ? GH_FAILED : GH_MOVED;
}

// MARK: Receiving

// A byte of a record's content, which is in the room and in `beyond_room`.
static unsigned char byte_at(const unsigned char *room, size_t capacity, size_t index) {
    return index < capacity ? room[index] : beyond_room[index - capacity];
}

// Takes the record at `header`, whose body is all here. What does not fit into the room stands in `beyond_room`.
// The content's length goes to `count`, its type is returned: 0 if it has none, -1 when the record is none of the peer's.
static int open_record(
    gh_records *records, const unsigned char *header, size_t body_length, unsigned char *room, size_t capacity, size_t *count) {
    size_t inner = body_length - GH_TAG;
    if (!gh_protection_open(&records->in, records->suite, header, body_length, room, capacity, beyond_room)) return -1;
    // RFC 8446 §5.4: the type is the last byte that is not zero; what follows it is padding.
    while (inner > 0) {
        inner -= 1;
        unsigned char byte = byte_at(room, capacity, inner);
        if (byte != 0) {
            *count = inner;
            return byte;
        }
    }
    return 0;
}

static int heed_key_update(gh_records *records, unsigned char asks) {
    if (asks > 1) return fail(records, SSL_AD_DECODE_ERROR, "a KeyUpdate that asks for nothing known");
    if (!gh_protection_update(&records->in, records->suite)) {
        return fail(records, SSL_AD_INTERNAL_ERROR, "no next key can be made");
    }
    // However often it asks: one answer is enough as long as none has been sent.
    if (asks == 1) records->owes_key_update = 1;
    return GH_MOVED;
}

// Messages of the peer's handshake layer after its handshake. KeyUpdate ends its record (RFC 8446 §5.1); a server may also send
// tickets (§4.6.1), which are skipped.
static int heed_messages(gh_records *records, const unsigned char *room, size_t capacity, size_t length) {
    size_t index = 0;
    while (index < length) {
        size_t left = length - index;
        if (records->ticket_left > 0) {
            size_t skipped = left < records->ticket_left ? left : records->ticket_left;
            records->ticket_left -= (uint32_t)skipped;
            index += skipped;
            continue;
        }
        if (left < SSL3_HM_HEADER_LENGTH) break;
        unsigned char header[SSL3_HM_HEADER_LENGTH];
        for (size_t byte = 0; byte < SSL3_HM_HEADER_LENGTH; byte += 1) header[byte] = byte_at(room, capacity, index + byte);
        uint32_t body = (uint32_t)header[1] << 16 | (uint32_t)header[2] << 8 | header[3];
        if (header[0] == SSL3_MT_KEY_UPDATE && body == 1 && left == SSL3_HM_HEADER_LENGTH + 1) {
            return heed_key_update(records, byte_at(room, capacity, index + SSL3_HM_HEADER_LENGTH));
        }
        if (header[0] != SSL3_MT_NEWSESSION_TICKET || !records->is_client) break;
        records->ticket_left = body;
        index += SSL3_HM_HEADER_LENGTH;
    }
    return length > 0 && index == length
               ? GH_MOVED : fail(records, SSL_AD_UNEXPECTED_MESSAGE, "unexpected message after the handshake");
}

static int heed_alert(gh_records *records, const unsigned char *alert, size_t length) {
    if (length != 2) return fail(records, SSL_AD_DECODE_ERROR, "an alert of a wrong length");
    if (alert[1] == SSL_AD_USER_CANCELLED) return GH_MOVED;
    records->has_ended = 1;
    if (alert[1] == SSL_AD_CLOSE_NOTIFY) return GH_END;
    records->has_failed = 1;
    // RFC 8446 §6.2: nothing more is sent.
    records->has_said_end = 1;
    records->problem = SSL_alert_desc_string_long(alert[1]);
    return GH_FAILED;
}

// Keeps the first `length` bytes of `beyond_room` for the next read.
static int keep_unread(gh_records *records, size_t length) {
    records->unread = malloc(length);
    if (records->unread == NULL) return fail(records, SSL_AD_INTERNAL_ERROR, "no memory for a record");
    memcpy(records->unread, beyond_room, length);
    records->unread_start = 0;
    records->unread_end = (uint32_t)length;
    return GH_MOVED;
}

// Takes one record and acts on it. `count` gets the bytes of data that are in the room now.
static int take_record(
    gh_records *records, const unsigned char *header, size_t body_length, unsigned char *room, size_t capacity, size_t *count) {
    size_t length = 0;
    *count = 0;
    int type = open_record(records, header, body_length, room, capacity, &length);
    if (type < 0) {
        ERR_clear_error();
        return fail(records, SSL_AD_BAD_RECORD_MAC, "decryption failed or bad record mac");
    }
    // RFC 8446 §5.4: with its type and padding.
    if (body_length - GH_TAG > GH_RECORD_CONTENT + 1) {
        return fail(records, SSL_AD_RECORD_OVERFLOW, "a record of more than 16 KiB");
    }
    if (type == SSL3_RT_APPLICATION_DATA && length > 0) {
        records->dataless = 0;
        *count = length < capacity ? length : capacity;
        return length > capacity ? keep_unread(records, length - capacity) : GH_MOVED;
    }
    records->dataless += 1;
    if (records->dataless > PATIENCE) return fail(records, SSL_AD_UNEXPECTED_MESSAGE, "too many records without data");
    if (type == SSL3_RT_APPLICATION_DATA) return GH_MOVED;
    if (type == SSL3_RT_HANDSHAKE) return heed_messages(records, room, capacity, length);
    if (type == SSL3_RT_ALERT && length > 0) {
        unsigned char alert[2] = {byte_at(room, capacity, 0), length > 1 ? byte_at(room, capacity, 1) : 0};
        return heed_alert(records, alert, length);
    }
    return fail(records, SSL_AD_UNEXPECTED_MESSAGE, "unexpected record after the handshake");
}

// The length that a header says; 0 if it is none that is allowed now (RFC 8446 §5: no other outer type after the handshake).
static size_t body_length_of(const unsigned char *header) {
    size_t length = (size_t)header[3] << 8 | header[4];
    return header[0] == SSL3_RT_APPLICATION_DATA && length > GH_TAG && length <= LONGEST_BODY ? length : 0;
}

// Fails for a header in which `body_length_of` found no length.
static int refuse_header(gh_records *records, const unsigned char *header) {
    if (header[0] != SSL3_RT_APPLICATION_DATA) {
        return fail(records, SSL_AD_UNEXPECTED_MESSAGE, "unexpected record after the handshake");
    }
    size_t length = (size_t)header[3] << 8 | header[4];
    return length > LONGEST_BODY ? fail(records, SSL_AD_RECORD_OVERFLOW, "a record of more than 16 KiB")
                                 : fail(records, SSL_AD_BAD_RECORD_MAC, "a record too short to be one");
}

// Takes the whole records among `length` bytes as long as there is room, which it fills from `*count` on. Returns how many bytes
// were used up; `outcome` is that of the last record.
static size_t take_records(
    gh_records *records, const unsigned char *bytes, size_t length, unsigned char *room, size_t capacity, size_t *count,
    int *outcome) {
    size_t used = 0;
    *outcome = GH_MOVED;
    while (*outcome == GH_MOVED && *count < capacity && length - used >= GH_RECORD_HEADER) {
        size_t body_length = body_length_of(bytes + used), moved;
        if (body_length == 0) {
            *outcome = refuse_header(records, bytes + used);
            break;
        }
        if (length - used - GH_RECORD_HEADER < body_length) break;
        *outcome = take_record(records, bytes + used, body_length, room + *count, capacity - *count, &moved);
        used += GH_RECORD_HEADER + body_length;
        *count += moved;
    }
    return used;
}

static size_t take_unread(gh_records *records, unsigned char *room, size_t capacity) {
    size_t count = records->unread_end - records->unread_start;
    if (count > capacity) count = capacity;
    memcpy(room, records->unread + records->unread_start, count);
    records->unread_start += (uint32_t)count;
    if (records->unread_start == records->unread_end) {
        OPENSSL_cleanse(records->unread, records->unread_end);
        free(records->unread);
        records->unread = NULL;
    }
    return count;
}

int gh_records_read(gh_records *records, unsigned char *room, size_t capacity, size_t *count) {
    gh_wire *wire = records->wire;
    *count = 0;
    if (records->unread != NULL) {
        *count = take_unread(records, room, capacity);
        return GH_MOVED;
    }
    int outcome = GH_MOVED;
    while (outcome == GH_MOVED && *count == 0) {
        if (records->has_failed) return GH_FAILED;
        if (records->has_ended) return GH_END;
        // What is here already may be enough; only if it is not the kernel is asked.
        size_t kept = wire->inbox_end - wire->inbox_start, used = 0;
        if (kept > 0) {
            used = take_records(records, wire->inbox + wire->inbox_start, kept, room, capacity, count, &outcome);
            gh_wire_drop_inbox(wire, used);
            if (used > 0 || outcome != GH_MOVED) continue;
        }
        size_t end = gh_wire_take_inbox(wire, received, sizeof received);
        ssize_t got = gh_wire_receive(wire, received + end, sizeof received - end);
        if (got > 0) {
            end += (size_t)got;
            used = take_records(records, received, end, room, capacity, count, &outcome);
        }
        if (!gh_wire_keep_inbox(wire, received + used, end - used)) {
            return fail(records, SSL_AD_INTERNAL_ERROR, "no memory for a record");
        }
        if (used == 0 && outcome == GH_MOVED && got <= 0) return got < 0 || wire->at_end ? GH_FAILED : GH_WANTS_READ;
    }
    if (records->owes_key_update && wire->pending == NULL && wire->writable && !records->has_said_end) {
        gh_wire_gather(wire);
        if (!seal_key_update(records)) {
            gh_gather_drop(wire);
            return fail(records, SSL_AD_INTERNAL_ERROR, "no next key can be made");
        }
        if (gh_wire_flush(wire) < 0) return GH_FAILED;
    }
    // What came before an end or a failure is told first; that is remembered.
    return *count > 0 ? GH_MOVED : outcome;
}

int gh_records_has_input(const gh_records *records) {
    const gh_wire *wire = records->wire;
    if (records->unread != NULL || records->has_ended || records->has_failed) return 1;
    size_t length = wire->inbox_end - wire->inbox_start;
    if (length < GH_RECORD_HEADER) return 0;
    size_t body_length = body_length_of(wire->inbox + wire->inbox_start);
    return body_length == 0 || length - GH_RECORD_HEADER >= body_length;
}

// MARK: Life

gh_records *gh_records_take_over(SSL *ssl, gh_wire *wire) {
    const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
    const gh_suite *suite = gh_suite_of(cipher);
    const gh_secrets *secrets = wire->secrets;
    // Nothing may be inside OpenSSL any more.
    if (suite == NULL || SSL_version(ssl) != TLS1_3_VERSION || SSL_has_pending(ssl)) return NULL;
    size_t length = gh_suite_secret_length(suite);
    if (secrets == NULL || secrets->client_length != length || secrets->server_length != length) return NULL;
    if (!secrets->counts_sent || !secrets->counts_read || secrets->are_outdated) return NULL;
    gh_records *records = calloc(1, sizeof *records);
    if (records == NULL) return NULL;
    records->wire = wire;
    records->cipher = cipher;
    records->suite = suite;
    records->is_client = !SSL_is_server(ssl);
    records->is_resumed = SSL_session_reused(ssl) == 1;
    memcpy(records->in.secret, records->is_client ? secrets->server : secrets->client, length);
    memcpy(records->out.secret, records->is_client ? secrets->client : secrets->server, length);
    if (!gh_protection_derive(&records->in, suite) || !gh_protection_derive(&records->out, suite)) {
        gh_records_free(records);
        return NULL;
    }
    records->in.sequence = secrets->read;
    records->out.sequence = secrets->sent;
    gh_wire_forget_secrets(wire);
    return records;
}

void gh_records_rest(gh_records *records) {
    gh_protection_rest(&records->in, records->suite);
    gh_protection_rest(&records->out, records->suite);
}

void gh_records_free(gh_records *records) {
    if (records == NULL) return;
    gh_records_rest(records);
    if (records->unread != NULL) OPENSSL_cleanse(records->unread, records->unread_end);
    free(records->unread);
    OPENSSL_cleanse(records, sizeof *records);
    free(records);
}

const char *gh_records_problem(const gh_records *records) { return records->problem; }
const char *gh_records_cipher(const gh_records *records) { return SSL_CIPHER_get_name(records->cipher); }
int gh_records_is_resumed(const gh_records *records) { return records->is_resumed; }
