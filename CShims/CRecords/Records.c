// TLS 1.3's record layer (RFC 8446 §5) for a connection whose handshake OpenSSL has made.
//
// An SSL object holds some 13 KiB for as long as its connection lives, and takes a record through several layers that only
// other versions of TLS need. After the handshake of TLS 1.3 little is left to do: protect records with two keys, change the keys
// when asked, heed alerts. The cipher is still OpenSSL's (AEAD.c); the framing around it is in Opening.c and Sealing.c.

#include "Records.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

gh_records *gh_records_new(const gh_records_start *start) {
    gh_records *records = calloc(1, sizeof *records);
    if (records == NULL) return NULL;
    size_t length = gh_suite_secret_length(start->suite);
    records->suite = start->suite;
    records->dataless_left = DATALESS_RECORDS;
    records->is_client = start->is_client;
    records->is_resumed = start->is_resumed;
    memcpy(records->in.secret, start->peers_secret, length);
    memcpy(records->out.secret, start->own_secret, length);
    if (!gh_protection_derive(&records->in, start->suite) || !gh_protection_derive(&records->out, start->suite)) {
        gh_records_free(records);
        return NULL;
    }
    records->in.sequence = start->received;
    records->out.sequence = start->sent;
    return records;
}

void gh_records_free_contexts(gh_records *records) {
    gh_protection_free_context(&records->in, records->suite);
    gh_protection_free_context(&records->out, records->suite);
}

void gh_records_free(gh_records *records) {
    if (records == NULL) return;
    gh_records_free_contexts(records);
    if (records->unread != NULL) OPENSSL_cleanse(records->unread, records->unread_end);
    free(records->unread);
    OPENSSL_cleanse(records, sizeof *records);
    free(records);
}

int gh_records_refuse(gh_records *records, uint8_t alert, const char *problem) {
    if (!records->has_failed) {
        records->has_failed = 1;
        records->problem = problem;
        records->owes_alert = !records->has_said_end;
        records->alert = alert;
    }
    return GH_FAILED;
}

int gh_records_fail(gh_records *records, const char *problem) {
    return gh_records_refuse(records, INTERNAL_ERROR, problem);
}

const char *gh_records_problem(const gh_records *records) { return records->problem; }
const char *gh_records_cipher(const gh_records *records) { return gh_suite_name(records->suite); }
int gh_records_is_resumed(const gh_records *records) { return records->is_resumed; }

gh_record_counts gh_records_counts(const gh_records *records) {
    return (gh_record_counts){.received = records->in.sequence, .sent = records->out.sequence};
}
