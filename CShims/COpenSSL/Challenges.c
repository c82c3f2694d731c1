#include "COpenSSL.h"

#include <string.h>

// RFC 8737 §3: the extension holds this protocol, and no other.
static const unsigned char challenge[] = {0, 11, 10, 'a', 'c', 'm', 'e', '-', 't', 'l', 's', '/', '1'};

int gh_is_challenge(SSL *ssl) {
    const unsigned char *content;
    size_t length;
    int has_protocols =
        SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, &content, &length);
    return has_protocols == 1 && length == sizeof challenge && memcmp(content, challenge, length) == 0;
}
