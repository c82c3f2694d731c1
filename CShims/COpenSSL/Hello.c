// A client's hello: kept while its handshake goes on, since OpenSSL forgets it when it fails, and looked at before anything is
// agreed on.

#include "Hello.h"

#include <stdlib.h>
#include <string.h>

// RFC 8446 §4.1.2: no client has reason to send more; OpenSSL takes up to 128 KiB.
#define LONGEST_HELLO (1 << 16)

static gh_wire *wire_of(const SSL *ssl) {
    BIO *bio = SSL_get_rbio(ssl);
    return bio != NULL ? BIO_get_data(bio) : NULL;
}

// Without memory the log tells less. Of two hellos (after a HelloRetryRequest) the first is kept: it says what the client is.
void gh_keep_hello(const SSL *ssl, const unsigned char *message, size_t length) {
    gh_wire *wire = wire_of(ssl);
    if (wire == NULL || !wire->is_server || wire->hello != NULL || length > LONGEST_HELLO) return;
    wire->hello = malloc(length);
    if (wire->hello == NULL) return;
    memcpy(wire->hello, message, length);
    wire->hello_length = (uint32_t)length;
}

void gh_forget_hello(gh_wire *wire) {
    free(wire->hello);
    free(wire->name);
    wire->hello = NULL;
    wire->name = NULL;
    wire->hello_length = 0;
}

// RFC 6066 §3: a list of names, of which only one may be a host's. OpenSSL reads it only after it has agreed on a version.
size_t gh_hello_name(SSL *ssl, char *name) {
    const unsigned char *bytes;
    size_t length;
    name[0] = 0;
    if (!SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &bytes, &length) || length < 5) return 0;
    size_t count = (size_t)bytes[3] << 8 | bytes[4];
    if (bytes[2] != TLSEXT_NAMETYPE_host_name || count > length - 5 || count >= GH_LONGEST_NAME) return 0;
    if (memchr(bytes + 5, 0, count) != NULL) return 0;
    memcpy(name, bytes + 5, count);
    name[count] = 0;
    return count;
}

int gh_hello_is_same(SSL *ssl, const char *name) {
    gh_wire *wire = wire_of(ssl);
    if (wire == NULL) return 0;
    if (wire->name != NULL) return strcmp(wire->name, name) == 0;
    wire->name = strdup(name);
    return wire->name != NULL;
}

gh_wire *gh_wire_of(const SSL *ssl) { return wire_of(ssl); }

const char *gh_offered_suite_name(SSL *ssl, uint16_t number) {
    const unsigned char bytes[2] = {(unsigned char)(number >> 8), (unsigned char)number};
    const SSL_CIPHER *cipher = SSL_CIPHER_find(ssl, bytes);
    return cipher != NULL ? SSL_CIPHER_get_name(cipher) : NULL;
}
