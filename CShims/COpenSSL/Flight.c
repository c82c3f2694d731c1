// How much a server may say in a handshake.

#include "Wire.h"

int gh_flight_is_too_long(BIO *bio) {
    if (BIO_number_read(bio) <= GH_LONGEST_FLIGHT) return 0;
    ERR_raise(ERR_LIB_SSL, SSL_R_EXCESSIVE_MESSAGE_SIZE);
    return 1;
}

// BIO_set_callback_ex(3): before each operation, with 1 as its result, and behind it.
static long limit(
    BIO *bio, int operation, const char *bytes, size_t length, int number, long longer, int result, size_t *processed) {
    (void)bytes, (void)length, (void)number, (void)longer, (void)processed;
    if (operation != BIO_CB_READ || !gh_flight_is_too_long(bio)) return result;
    BIO_clear_retry_flags(bio);
    return 0;
}

void gh_limit_flight(SSL *ssl) { BIO_set_callback_ex(SSL_get_rbio(ssl), limit); }
