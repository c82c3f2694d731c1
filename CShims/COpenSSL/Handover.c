// What OpenSSL has to tell so that others can go on where it ends: the traffic secrets, and how many records have been protected
// with them.

#include "Wire.h"

#include <stdlib.h>
#include <string.h>

static gh_secrets *secrets_of(const SSL *ssl) {
    BIO *bio = SSL_get_rbio(ssl);
    gh_wire *wire = bio != NULL ? BIO_get_data(bio) : NULL;
    if (wire == NULL || !wire->collects) return NULL;
    if (wire->secrets == NULL) wire->secrets = calloc(1, sizeof *wire->secrets);
    return wire->secrets;
}

static int value_of(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

// The hexadecimal digits at `text`; 0 if they are not what is expected.
static uint8_t decode(const char *text, unsigned char *out) {
    size_t length = strlen(text);
    if (length == 0 || length % 2 != 0 || length / 2 > GH_LONGEST_SECRET) return 0;
    for (size_t index = 0; index < length / 2; index += 1) {
        int high = value_of(text[2 * index]), low = value_of(text[2 * index + 1]);
        if (high < 0 || low < 0) return 0;
        out[index] = (unsigned char)(high << 4 | low);
    }
    return (uint8_t)(length / 2);
}

// SSL_CTX_set_keylog_callback(3): "LABEL CLIENT_RANDOM SECRET".
static void note_secret(const SSL *ssl, const char *line) {
    const char *space = strrchr(line, ' ');
    gh_secrets *secrets = space != NULL ? secrets_of(ssl) : NULL;
    if (secrets == NULL) return;
    if (strncmp(line, "CLIENT_TRAFFIC_SECRET_0 ", 24) == 0) secrets->client_length = decode(space + 1, secrets->client);
    if (strncmp(line, "SERVER_TRAFFIC_SECRET_0 ", 24) == 0) secrets->server_length = decode(space + 1, secrets->server);
}

// SSL_CTX_set_msg_callback(3): each record is told by its header before it is protected or opened, each message once it has been
// written or read.
static void count_records(
    int is_write, int version, int type, const void *bytes, size_t length, SSL *ssl, void *argument) {
    (void)version;
    (void)argument;
    if ((type != SSL3_RT_HEADER && type != SSL3_RT_HANDSHAKE) || length == 0) return;
    gh_secrets *secrets = secrets_of(ssl);
    if (secrets == NULL) return;
    uint8_t *counts = is_write ? &secrets->counts_sent : &secrets->counts_read;
    uint64_t *records = is_write ? &secrets->sent : &secrets->read;
    if (type == SSL3_RT_HEADER) {
        *records += *counts;
        return;
    }
    unsigned char message = *(const unsigned char *)bytes;
    if (message == SSL3_MT_FINISHED) *counts = 1;
    if (message == SSL3_MT_KEY_UPDATE) secrets->are_outdated = 1;
}

void gh_tell_secrets(SSL_CTX *context) {
    SSL_CTX_set_keylog_callback(context, note_secret);
    SSL_CTX_set_msg_callback(context, count_records);
}

void gh_begin_collecting(SSL *ssl, gh_wire *wire) {
    wire->collects = 1;
    SSL_set_read_ahead(ssl, 0);
}

void gh_end_collecting(SSL *ssl, gh_wire *wire) {
    wire->collects = 0;
    gh_wire_forget_secrets(wire);
    SSL_set_msg_callback(ssl, NULL);
    SSL_set_read_ahead(ssl, 1);
}

void gh_wire_forget_secrets(gh_wire *wire) {
    if (wire->secrets == NULL) return;
    OPENSSL_cleanse(wire->secrets, sizeof *wire->secrets);
    free(wire->secrets);
    wire->secrets = NULL;
}
