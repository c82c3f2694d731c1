// Sending.

#include "Records.h"

#include <openssl/err.h>

// RFC 8446 §5.5: AES-GCM protects 2^24.5 full records safely with one key. We change it before.
static _Thread_local uint64_t records_for_one_key = 1 << 23;

void gh_replace_keys_after(uint64_t records) { records_for_one_key = records; }

// A room in which records are put one behind the other.
typedef struct {
    unsigned char *bytes;
    size_t count;
} sealed;

static int seal(gh_records *records, sealed *out, unsigned char type, const unsigned char *content, size_t length) {
    int done = gh_protection_seal(&records->out, records->suite, type, content, length, out->bytes + out->count);
    out->count += GH_RECORD_HEADER + length + 1 + GH_TAG;
    return done;
}

// RFC 8446 §4.6.3: the message goes out with the old key, everything after it with the next.
static int seal_key_update(gh_records *records, sealed *out) {
    static const unsigned char message[5] = {KEY_UPDATE, 0, 0, 1, 0};
    records->owes_key_update = 0;
    return seal(records, out, GH_HANDSHAKE, message, sizeof message) && gh_protection_update(&records->out, records->suite);
}

static size_t fail_to_seal(gh_records *records) {
    // Half a record must not leave, nor anything behind one that did not: the peer would miss its number.
    records->has_failed = records->has_said_end = 1;
    records->problem = "a record could not be protected";
    ERR_clear_error();
    return 0;
}

size_t gh_records_seal(
    gh_records *records, const unsigned char *head, size_t head_length, const unsigned char *bytes, size_t length,
    size_t *count, unsigned char *room) {
    sealed out = {room, 0};
    *count = 0;
    if (records->has_failed) return 0;
    if (records->has_said_end) {
        records->problem = "nothing can be sent after close_notify";
        return 0;
    }
    int done = 1, left = GH_GATHERED_RECORDS;
    if (records->owes_key_update || records->out.sequence >= records_for_one_key) done = seal_key_update(records, &out);
    if (done && head_length > 0) {
        done = seal(records, &out, GH_APPLICATION_DATA, head, head_length);
        left -= 1;
    }
    for (; left > 0 && *count < length && done; left -= 1) {
        size_t piece = length - *count < GH_RECORD_CONTENT ? length - *count : GH_RECORD_CONTENT;
        done = seal(records, &out, GH_APPLICATION_DATA, bytes + *count, piece);
        *count += piece;
    }
    if (!done) return fail_to_seal(records);
    records->dataless_left += (uint32_t)(GH_GATHERED_RECORDS - left);
    if (records->dataless_left > MOST_DATALESS_RECORDS) records->dataless_left = MOST_DATALESS_RECORDS;
    return out.count;
}

int gh_records_owe(const gh_records *records) {
    return !records->has_said_end && (records->owes_alert || (records->owes_key_update && !records->has_failed));
}

size_t gh_records_seal_owed(gh_records *records, unsigned char *room) {
    sealed out = {room, 0};
    if (!gh_records_owe(records)) return 0;
    if (records->owes_alert) {
        // RFC 8446 §6: the level is the description's.
        unsigned char alert[2] = {records->alert == CLOSE_NOTIFY ? 1 : 2, records->alert};
        records->owes_alert = 0;
        records->has_said_end = 1;
        return seal(records, &out, GH_ALERT, alert, sizeof alert) ? out.count : fail_to_seal(records);
    }
    return seal_key_update(records, &out) ? out.count : fail_to_seal(records);
}

void gh_records_change_keys(gh_records *records) { records->owes_key_update = 1; }

void gh_records_close(gh_records *records) {
    if (records->has_failed || records->has_said_end) return;
    records->owes_alert = 1;
    records->alert = CLOSE_NOTIFY;
}
