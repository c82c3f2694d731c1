// What OpenSSL has to tell so that others can go on where it ends: the traffic secrets, and how many records have been protected
// with them.

#include "COpenSSL.h"
#include "Handover.h"
#include "Hello.h"
#include "KeyTurns.h"

#include <stdlib.h>
#include <string.h>

static gh_secrets *secrets_of(const SSL *ssl) {
    BIO *bio = SSL_get_rbio(ssl);
    gh_wire *wire = bio != NULL ? BIO_get_data(bio) : NULL;
    if (wire == NULL || !wire->collects) return NULL;
    if (wire->secrets == NULL) wire->secrets = calloc(1, sizeof *wire->secrets);
    return wire->secrets;
}

int gh_handshake(SSL *ssl) {
    gh_secrets *secrets = secrets_of(ssl);
    gh_collect_traffic_secrets(secrets != NULL ? &secrets->traffic : NULL);
    int turn = gh_take_turn();
    int result = SSL_do_handshake(ssl);
    gh_end_turn(turn);
    gh_collect_traffic_secrets(NULL);
    // What was taken for a ticket was an alert.
    gh_wire *wire = gh_wire_of(ssl);
    if (result != 1 && wire != NULL) gh_wire_send_tickets(wire);
    return result;
}

// Extensions that change nothing of what comes after the handshake (RFC 6066 §3, RFC 7301, RFC 8446 §4.2.7, §4.2.10). Others may:
// max_fragment_length and record_size_limit bound each record, and who knows what is to come.
static int changes_nothing(unsigned type) {
    switch (type) {
    case TLSEXT_TYPE_server_name:
    case TLSEXT_TYPE_supported_groups:
    case TLSEXT_TYPE_application_layer_protocol_negotiation:
    case TLSEXT_TYPE_early_data: return 1;
    default: return 0;
    }
}

// RFC 8446 §4.3.1. `message` has its header; OpenSSL has seen to its form, and it is not believed here all the same.
static uint8_t are_all_known(const unsigned char *message, size_t length) {
    size_t index = SSL3_HM_HEADER_LENGTH + 2;
    while (length >= index + 4) {
        unsigned type = (unsigned)message[index] << 8 | message[index + 1];
        if (!changes_nothing(type)) return 0;
        index += 4 + ((size_t)message[index + 2] << 8 | message[index + 3]);
    }
    return index == length;
}

// SSL_CTX_set_msg_callback(3): each record is told by its header before it is protected or opened, each message once it has been
// written or read.
static void count_records(
    int is_write, int version, int type, const void *bytes, size_t length, SSL *ssl, void *argument) {
    (void)version;
    (void)argument;
    if ((type != SSL3_RT_HEADER && type != SSL3_RT_HANDSHAKE) || length == 0) return;
    if (type == SSL3_RT_HANDSHAKE && !is_write && *(const unsigned char *)bytes == SSL3_MT_CLIENT_HELLO) {
        gh_keep_hello(ssl, bytes, length);
    }
    gh_secrets *secrets = secrets_of(ssl);
    if (secrets == NULL) return;
    uint8_t *counts = is_write ? &secrets->counts_sent : &secrets->counts_read;
    uint64_t *records = is_write ? &secrets->sent : &secrets->read;
    if (type == SSL3_RT_HEADER) {
        *records += *counts;
        return;
    }
    unsigned char message = *(const unsigned char *)bytes;
    if (message == SSL3_MT_ENCRYPTED_EXTENSIONS) secrets->may_be_taken_over = are_all_known(bytes, length);
    if (message == SSL3_MT_FINISHED) *counts = 1;
    if (message == SSL3_MT_KEY_UPDATE) secrets->are_outdated = 1;
}

void gh_keep_hellos(SSL_CTX *context) { SSL_CTX_set_msg_callback(context, count_records); }

SSL_CTX *gh_new_context(const SSL_METHOD *method, int tells_secrets) {
    SSL_CTX *context = SSL_CTX_new_ex(NULL, tells_secrets ? gh_key_derivation() : NULL, method);
    if (context == NULL) return NULL;
    if (tells_secrets) SSL_CTX_set_msg_callback(context, count_records);
    gh_tell_keys(context);
    return context;
}

// Bytes of a handshake's record. OpenSSL makes a buffer for the longest record anew for each, and what is freed is wiped.
#define HANDSHAKE_FRAGMENT 4096

static void set_fragments(SSL *ssl, long bytes) {
    SSL_set_max_send_fragment(ssl, bytes);
    SSL_set_split_send_fragment(ssl, bytes);
}

void gh_begin_collecting(SSL *ssl, gh_wire *wire) {
    wire->collects = 1;
    SSL_set_read_ahead(ssl, 0);
    if (wire->is_server) set_fragments(ssl, HANDSHAKE_FRAGMENT);
}

void gh_end_collecting(SSL *ssl, gh_wire *wire) {
    wire->collects = 0;
    gh_wire_send_tickets(wire);
    gh_forget_secrets(wire);
    if (wire->is_server) set_fragments(ssl, SSL3_RT_MAX_PLAIN_LENGTH);
    SSL_set_msg_callback(ssl, NULL);
    SSL_set_read_ahead(ssl, 1);
}

void gh_forget_secrets(gh_wire *wire) {
    if (wire->secrets == NULL) return;
    OPENSSL_cleanse(wire->secrets, sizeof *wire->secrets);
    free(wire->secrets);
    wire->secrets = NULL;
}

gh_records *gh_take_over(SSL *ssl, gh_wire *wire) {
    const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
    const gh_suite *suite = cipher != NULL ? gh_suite_of(SSL_CIPHER_get_protocol_id(cipher)) : NULL;
    const gh_secrets *secrets = wire->secrets;
    // Nothing may be inside OpenSSL any more.
    if (suite == NULL || SSL_version(ssl) != TLS1_3_VERSION || SSL_has_pending(ssl)) return NULL;
    size_t length = gh_suite_secret_length(suite);
    if (secrets == NULL || secrets->traffic.client_length != length ||
        secrets->traffic.server_length != length) return NULL;
    if (!secrets->counts_sent || !secrets->counts_read || secrets->are_outdated) return NULL;
    // A session remembers its fragments' length, also where resuming it does not repeat the extension.
    if (!secrets->may_be_taken_over || SSL_SESSION_get_max_fragment_length(SSL_get0_session(ssl)) != 0) return NULL;
    int is_client = !SSL_is_server(ssl);
    gh_records_start start = {
        .suite = suite,
        .own_secret = is_client ? secrets->traffic.client : secrets->traffic.server,
        .peers_secret = is_client ? secrets->traffic.server : secrets->traffic.client,
        .sent = secrets->sent,
        .received = secrets->read,
        .is_client = (uint8_t)is_client,
        .is_resumed = SSL_session_reused(ssl) == 1,
    };
    gh_records *records = gh_records_new(&start);
    if (records == NULL) return NULL;
    gh_forget_secrets(wire);
    // Is no request here that an answer will follow?
    if (!wire->readable && !gh_wire_has_records(wire, records)) gh_wire_send_tickets(wire);
    return records;
}
