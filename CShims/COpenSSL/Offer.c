// What a client's hello offers, kept while its handshake goes on: OpenSSL forgets it when it fails.

#include "Challenges.h"
#include "Wire.h"

#include <stdlib.h>
#include <string.h>

// RFC 8446 §4.1.2: the versions below TLS 1.3 have no extension for themselves but one number.
static void keep_versions(SSL *ssl, gh_offer *offer) {
    const unsigned char *bytes;
    size_t length;
    if (!SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_supported_versions, &bytes, &length) || length < 3) {
        offer->versions[0] = (uint16_t)SSL_client_hello_get0_legacy_version(ssl);
        offer->version_count = 1;
        return;
    }
    // A length of one byte, then numbers of two (RFC 8446 §4.2.1).
    for (size_t index = 1; index + 1 < length && offer->version_count < GH_OFFERED_VERSIONS; index += 2) {
        offer->versions[offer->version_count++] = (uint16_t)(bytes[index] << 8 | bytes[index + 1]);
    }
}

static void keep_suites(SSL *ssl, gh_offer *offer) {
    const unsigned char *bytes;
    size_t length = SSL_client_hello_get0_ciphers(ssl, &bytes);
    // A hello in the form of SSL 2 has suites of three bytes.
    if (SSL_client_hello_isv2(ssl)) return;
    for (size_t index = 0; index + 1 < length; index += 2) {
        if (offer->suite_count < GH_OFFERED_SUITES) {
            offer->suites[offer->suite_count] = (uint16_t)(bytes[index] << 8 | bytes[index + 1]);
        }
        offer->suite_count += 1;
    }
}

// RFC 6066 §3: a list of names, of which only one may be a host's. OpenSSL reads it only after it has agreed on a version.
static void keep_name(SSL *ssl, gh_offer *offer) {
    const unsigned char *bytes;
    size_t length;
    if (!SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &bytes, &length) || length < 5) return;
    size_t count = (size_t)bytes[3] << 8 | bytes[4];
    if (bytes[2] != TLSEXT_NAMETYPE_host_name || count > length - 5 || count >= sizeof offer->name) return;
    memcpy(offer->name, bytes + 5, count);
}

// Without memory the log tells less.
static void keep_offer(SSL *ssl) {
    BIO *bio = SSL_get_rbio(ssl);
    gh_wire *wire = bio != NULL ? BIO_get_data(bio) : NULL;
    if (wire == NULL) return;
    free(wire->offer);
    wire->offer = calloc(1, sizeof *wire->offer);
    if (wire->offer == NULL) return;
    keep_versions(ssl, wire->offer);
    keep_suites(ssl, wire->offer);
    keep_name(ssl, wire->offer);
}

// SSL_CTX_set_client_hello_cb(3), of which a context has one: once a hello, and again after a HelloRetryRequest.
static int look(SSL *ssl, int *alert, void *looks_for_challenges) {
    (void)alert;
    keep_offer(ssl);
    if (looks_for_challenges != NULL) gh_look_for_challenge(ssl);
    return SSL_CLIENT_HELLO_SUCCESS;
}

void gh_keep_offers(SSL_CTX *context) { SSL_CTX_set_client_hello_cb(context, look, NULL); }

void gh_watch_for_challenges(SSL_CTX *context) { SSL_CTX_set_client_hello_cb(context, look, context); }

void gh_forget_offer(gh_wire *wire) {
    free(wire->offer);
    wire->offer = NULL;
}

const char *gh_offered_suite_name(SSL *ssl, uint16_t number) {
    const unsigned char bytes[2] = {(unsigned char)(number >> 8), (unsigned char)number};
    const SSL_CIPHER *cipher = SSL_CIPHER_find(ssl, bytes);
    return cipher != NULL ? SSL_CIPHER_get_name(cipher) : NULL;
}
