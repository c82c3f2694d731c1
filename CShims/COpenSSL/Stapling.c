// A certificate's OCSP answer in handshakes: what is asked for is in StaplingAnswer.c.

#include "Stapling.h"

#include <pthread.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
/// Where an X509 has its staple.
static int place = -1;

static void drop(void *parent, void *staple, CRYPTO_EX_DATA *data, int index, long number, void *argument) {
    (void)parent, (void)data, (void)index, (void)number, (void)argument;
    gh_staple_free(staple);
}

static void make_place(void) { place = X509_get_ex_new_index(0, NULL, NULL, NULL, drop); }

static void free_answers(gh_answer *answer) {
    while (answer != NULL) {
        gh_answer *next = answer->next;
        OPENSSL_free(answer);
        answer = next;
    }
}

void gh_staple_free(gh_staple *staple) {
    if (staple == NULL || atomic_fetch_sub(&staple->references, 1) > 1) return;
    free_answers(atomic_load(&staple->current));
    free_answers(staple->replaced);
    OPENSSL_free(staple->responder);
    OCSP_CERTID_free(staple->certificate);
    X509_free(staple->issuer);
    OPENSSL_free(staple);
}

// SSL_CTX_set_tlsext_status_cb(3). It is asked when the certificate is chosen, and only if the client wants an answer.
static int show(SSL *ssl, void *argument) {
    (void)argument;
    X509 *leaf = SSL_get_certificate(ssl);
    gh_staple *staple = leaf != NULL ? X509_get_ex_data(leaf, place) : NULL;
    if (staple == NULL) return SSL_TLSEXT_ERR_NOACK;
    unsigned char *copy = NULL;
    size_t length = 0;
    atomic_fetch_add(&staple->lookers, 1);
    gh_answer *answer = atomic_load(&staple->current);
    // An answer that has expired is worse than none: clients end the handshake over it.
    if (answer != NULL && answer->until > (int64_t)time(NULL)) {
        copy = OPENSSL_memdup(answer->bytes, answer->length);
        length = answer->length;
    }
    atomic_fetch_sub(&staple->lookers, 1);
    if (copy == NULL) return SSL_TLSEXT_ERR_NOACK;
    // Owned by the session from here on.
    if (SSL_set_tlsext_status_ocsp_resp(ssl, copy, (int)length) == 1) return SSL_TLSEXT_ERR_OK;
    OPENSSL_free(copy);
    return SSL_TLSEXT_ERR_NOACK;
}

int gh_staple_use(gh_staple *staple, const unsigned char *bytes, size_t length, int64_t until) {
    gh_answer *answer = OPENSSL_malloc(sizeof *answer + length);
    if (answer == NULL) return 0;
    answer->until = until;
    answer->length = length;
    memcpy(answer->bytes, bytes, length);
    answer->next = NULL;
    gh_answer *old = atomic_exchange(&staple->current, answer);
    if (old != NULL) {
        old->next = staple->replaced;
        staple->replaced = old;
    }
    // Who begins to look from here on finds the new one; if nobody looks now, nobody has an older one.
    if (atomic_load(&staple->lookers) == 0) {
        free_answers(staple->replaced);
        staple->replaced = NULL;
    }
    return 1;
}

static X509 *issuer_of(X509 *leaf, SSL_CTX *context) {
    STACK_OF(X509) *chain = NULL;
    if (SSL_CTX_get0_chain_certs(context, &chain) != 1) return NULL;
    for (int index = 0; index < sk_X509_num(chain); index += 1) {
        X509 *next = sk_X509_value(chain, index);
        if (X509_check_issued(next, leaf) == X509_V_OK) return next;
    }
    return NULL;
}

static char *responder_of(X509 *leaf) {
    STACK_OF(OPENSSL_STRING) *all = X509_get1_ocsp(leaf);
    char *found = NULL;
    for (int index = 0; found == NULL && index < sk_OPENSSL_STRING_num(all); index += 1) {
        const char *url = sk_OPENSSL_STRING_value(all, index);
        // Others, such as LDAP, are not for us.
        if (strncasecmp(url, "http", 4) == 0) found = OPENSSL_strdup(url);
    }
    X509_email_free(all);
    return found;
}

gh_staple *gh_staple_new(SSL_CTX *context) {
    if (pthread_once(&once, make_place) != 0 || place < 0) return NULL;
    X509 *leaf = SSL_CTX_get0_certificate(context);
    X509 *issuer = leaf != NULL ? issuer_of(leaf, context) : NULL;
    gh_staple *staple = issuer != NULL ? OPENSSL_zalloc(sizeof *staple) : NULL;
    if (staple == NULL) return NULL;
    atomic_init(&staple->references, 1);
    staple->certificate = OCSP_cert_to_id(NULL, leaf, issuer);
    staple->responder = responder_of(leaf);
    if (X509_up_ref(issuer) == 1) staple->issuer = issuer;
    if (staple->certificate == NULL || staple->issuer == NULL || X509_set_ex_data(leaf, place, staple) != 1) {
        gh_staple_free(staple);
        return NULL;
    }
    atomic_fetch_add(&staple->references, 1);
    SSL_CTX_set_tlsext_status_cb(context, show);
    return staple;
}

const char *gh_staple_responder(const gh_staple *staple) { return staple->responder; }

int gh_must_staple(const X509 *certificate) {
    TLS_FEATURE *features = X509_get_ext_d2i(certificate, NID_tlsfeature, NULL, NULL);
    int found = 0;
    for (int index = 0; index < sk_ASN1_INTEGER_num(features); index += 1) {
        if (ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features, index)) == TLSEXT_TYPE_status_request) found = 1;
    }
    TLS_FEATURE_free(features);
    ERR_clear_error();
    return found;
}
