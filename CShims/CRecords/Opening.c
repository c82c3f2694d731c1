// Receiving. Every byte that arrives is hostile. A record is looked at only when its header has said a length that is allowed and
// that many bytes are here; what the AEAD does not vouch for goes nowhere.

#include "Records.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

// One per thread is enough: what is not used up is copied away before a call ends.
static _Thread_local unsigned char beyond_room[LONGEST_BODY];

// The names of RFC 8446 §6 of alerts that a peer may have reason to send after its handshake.
static const char *words_of(uint8_t alert) {
    switch (alert) {
    case UNEXPECTED_MESSAGE: return "unexpected message";
    case BAD_RECORD_MAC: return "bad record mac";
    case RECORD_OVERFLOW: return "record overflow";
    case 40: return "handshake failure";
    case 42: return "bad certificate";
    case 43: return "unsupported certificate";
    case 44: return "certificate revoked";
    case 45: return "certificate expired";
    case 46: return "certificate unknown";
    case ILLEGAL_PARAMETER: return "illegal parameter";
    case 48: return "unknown CA";
    case 49: return "access denied";
    case DECODE_ERROR: return "decode error";
    case 51: return "decrypt error";
    case 70: return "protocol version";
    case INTERNAL_ERROR: return "internal error";
    case 112: return "unrecognized name";
    case 116: return "certificate required";
    default: return "unknown alert";
    }
}

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

// RFC 8446 §4.6.3.
static int handle_key_update(gh_records *records, unsigned char asks) {
    if (asks > 1) return gh_records_refuse(records, ILLEGAL_PARAMETER, "a KeyUpdate that asks for nothing known");
    if (!gh_protection_update(&records->in, records->suite)) {
        return gh_records_refuse(records, INTERNAL_ERROR, "no next key can be made");
    }
    // However often it asks: one answer is enough as long as none has been sent.
    if (asks == 1) records->owes_key_update = 1;
    return GH_MOVED;
}

// A message's header is here. A server may send tickets (§4.6.1), which are skipped.
static int begin_message(gh_records *records) {
    const uint8_t *header = records->message;
    uint32_t length = (uint32_t)header[1] << 16 | (uint32_t)header[2] << 8 | header[3];
    if (header[0] == KEY_UPDATE) {
        return length == 1 ? GH_MOVED : gh_records_refuse(records, DECODE_ERROR, "a KeyUpdate of a wrong length");
    }
    records->ticket_left = length;
    records->message_length = 0;
    return GH_MOVED;
}

// Takes the next byte of a message that is no ticket's body; `ends_record` after the record's last.
static int handle_message_byte(gh_records *records, uint8_t byte, int ends_record) {
    records->message[records->message_length++] = byte;
    if (records->message_length == 1 && byte != KEY_UPDATE && (byte != NEW_SESSION_TICKET || !records->is_client)) {
        return gh_records_refuse(records, UNEXPECTED_MESSAGE, "unexpected message after the handshake");
    }
    if (records->message_length == MESSAGE_HEADER) return begin_message(records);
    if (records->message_length < MESSAGE_HEADER) return GH_MOVED;
    records->message_length = 0;
    // RFC 8446 §5.1: what precedes a change of keys ends its record.
    if (!ends_record) return gh_records_refuse(records, UNEXPECTED_MESSAGE, "a KeyUpdate that does not end its record");
    return handle_key_update(records, byte);
}

// Messages of the peer's handshake layer after its handshake, which may be cut anywhere (RFC 8446 §5.1).
static int handle_messages(gh_records *records, const unsigned char *room, size_t capacity, size_t length) {
    int outcome = length > 0 ? GH_MOVED : gh_records_refuse(records, UNEXPECTED_MESSAGE, "a handshake record without content");
    for (size_t index = 0; index < length && outcome == GH_MOVED;) {
        if (records->ticket_left > 0) {
            size_t left = length - index, skipped = left < records->ticket_left ? left : records->ticket_left;
            records->ticket_left -= (uint32_t)skipped;
            index += skipped;
        } else {
            outcome = handle_message_byte(records, byte_at(room, capacity, index), index + 1 == length);
            index += 1;
        }
    }
    return outcome;
}

static int handle_alert(gh_records *records, const unsigned char *alert, size_t length) {
    if (length != 2) return gh_records_refuse(records, DECODE_ERROR, "an alert of a wrong length");
    if (alert[1] == USER_CANCELED) return GH_MOVED;
    records->has_ended = 1;
    if (alert[1] == CLOSE_NOTIFY) return GH_END;
    records->has_failed = 1;
    // RFC 8446 §6.2: nothing more is sent.
    records->has_said_end = 1;
    records->problem = words_of(alert[1]);
    return GH_FAILED;
}

// Keeps the first `length` bytes of `beyond_room` for the next read.
static int keep_unread(gh_records *records, size_t length) {
    records->unread = malloc(length);
    if (records->unread == NULL) return gh_records_refuse(records, INTERNAL_ERROR, "no memory for a record");
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
        return gh_records_refuse(records, BAD_RECORD_MAC, "decryption failed or bad record mac");
    }
    // RFC 8446 §5.4: with its type and padding.
    if (body_length - GH_TAG > GH_RECORD_CONTENT + 1) {
        return gh_records_refuse(records, RECORD_OVERFLOW, "a record of more than 16 KiB");
    }
    // RFC 8446 §5.1: nothing comes between the pieces of a message. An alert ends the connection anyway.
    if (type == GH_APPLICATION_DATA && (records->message_length > 0 || records->ticket_left > 0)) {
        return gh_records_refuse(records, UNEXPECTED_MESSAGE, "data within a handshake message");
    }
    if (type == GH_APPLICATION_DATA && length > 0) {
        if (records->dataless_left < DATALESS_RECORDS) records->dataless_left = DATALESS_RECORDS;
        *count = length < capacity ? length : capacity;
        return length > capacity ? keep_unread(records, length - capacity) : GH_MOVED;
    }
    if (records->dataless_left == 0) {
        return gh_records_refuse(records, UNEXPECTED_MESSAGE, "too many records without data");
    }
    records->dataless_left -= 1;
    if (type == GH_APPLICATION_DATA) return GH_MOVED;
    if (type == GH_HANDSHAKE) return handle_messages(records, room, capacity, length);
    if (type == GH_ALERT && length > 0) {
        unsigned char alert[2] = {byte_at(room, capacity, 0), length > 1 ? byte_at(room, capacity, 1) : 0};
        return handle_alert(records, alert, length);
    }
    return gh_records_refuse(records, UNEXPECTED_MESSAGE, "unexpected record after the handshake");
}

// The length that a header says; 0 if it is none that is allowed now (RFC 8446 §5: no other outer type after the handshake).
static size_t body_length_of(const unsigned char *header) {
    size_t length = (size_t)header[3] << 8 | header[4];
    return header[0] == GH_APPLICATION_DATA && length > GH_TAG && length <= LONGEST_BODY ? length : 0;
}

// Fails for a header in which `body_length_of` found no length.
static int refuse_header(gh_records *records, const unsigned char *header) {
    if (header[0] != GH_APPLICATION_DATA) {
        return gh_records_refuse(records, UNEXPECTED_MESSAGE, "unexpected record after the handshake");
    }
    size_t length = (size_t)header[3] << 8 | header[4];
    return length > LONGEST_BODY ? gh_records_refuse(records, RECORD_OVERFLOW, "a record of more than 16 KiB")
                                 : gh_records_refuse(records, BAD_RECORD_MAC, "a record too short to be one");
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

int gh_records_open(
    gh_records *records, const unsigned char *bytes, size_t length, size_t *used, unsigned char *room, size_t capacity,
    size_t *count) {
    *used = *count = 0;
    if (records->unread != NULL) {
        if (capacity > 0) *count = take_unread(records, room, capacity);
        return GH_MOVED;
    }
    if (records->has_failed) return GH_FAILED;
    if (records->has_ended) return GH_END;
    int outcome = GH_MOVED;
    while (outcome == GH_MOVED && (*count < capacity || capacity == 0) && records->unread == NULL &&
           length - *used >= GH_RECORD_HEADER) {
        const unsigned char *header = bytes + *used;
        size_t body_length = body_length_of(header), moved;
        if (body_length == 0) return refuse_header(records, header);
        if (length - *used - GH_RECORD_HEADER < body_length) break;
        outcome = take_record(records, header, body_length, room + *count, capacity - *count, &moved);
        *used += GH_RECORD_HEADER + body_length;
        *count += moved;
    }
    return outcome;
}

int gh_records_has_input(const gh_records *records, const unsigned char *bytes, size_t length) {
    if (records->unread != NULL || records->has_ended || records->has_failed) return 1;
    if (length < GH_RECORD_HEADER) return 0;
    size_t body_length = body_length_of(bytes);
    return body_length == 0 || length - GH_RECORD_HEADER >= body_length;
}
