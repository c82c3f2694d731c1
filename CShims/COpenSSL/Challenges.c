#include "COpenSSL.h"

#include <pthread.h>
#include <string.h>

static int mark_index = -1;
static pthread_once_t mark_once = PTHREAD_ONCE_INIT;
static void make_index(void) { mark_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL); }

// RFC 8737 §3: the extension holds this protocol, and no other.
static const unsigned char challenge[] = {0, 11, 10, 'a', 'c', 'm', 'e', '-', 't', 'l', 's', '/', '1'};

// SSL_CTX_set_client_hello_cb(3): before names are looked at.
static int look(SSL *ssl, int *alert, void *argument) {
    (void)alert;
    const unsigned char *content;
    size_t length;
    int is_challenge = SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, &content, &length) == 1 &&
                       length == sizeof challenge && memcmp(content, challenge, length) == 0;
    SSL_set_ex_data(ssl, mark_index, is_challenge ? argument : NULL);
    return SSL_CLIENT_HELLO_SUCCESS;
}

void gh_watch_for_challenges(SSL_CTX *context) {
    pthread_once(&mark_once, make_index);
    SSL_CTX_set_client_hello_cb(context, look, context);
}

int gh_is_challenge(const SSL *ssl) { return mark_index >= 0 && SSL_get_ex_data(ssl, mark_index) != NULL; }
