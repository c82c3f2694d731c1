// Authorities that the configuration names in a file: it is read once, whatever it is asked for.

#include "COpenSSL.h"

#include <string.h>

// Has another one of these signed it, or it itself?
static int has_issuer(X509 *certificate, STACK_OF(X509_INFO) *blocks) {
    if (X509_check_issued(certificate, certificate) == X509_V_OK) return 1;
    for (int index = 0; index < sk_X509_INFO_num(blocks); index += 1) {
        X509 *other = sk_X509_INFO_value(blocks, index)->x509;
        if (other != NULL && X509_check_issued(other, certificate) == X509_V_OK) return 1;
    }
    return 0;
}

static int is_told(SSL_CTX *context, const X509_NAME *name) {
    const STACK_OF(X509_NAME) *names = SSL_CTX_get_client_CA_list(context);
    for (int index = 0; index < sk_X509_NAME_num(names); index += 1) {
        if (X509_NAME_cmp(sk_X509_NAME_value(names, index), name) == 0) return 1;
    }
    return 0;
}

static int use(SSL_CTX *context, STACK_OF(X509_INFO) *blocks, int asks_clients, gh_authorities *found) {
    X509_STORE *store = SSL_CTX_get_cert_store(context);
    for (int index = 0; index < sk_X509_INFO_num(blocks); index += 1) {
        const X509_INFO *block = sk_X509_INFO_value(blocks, index);
        if (block->x509 != NULL) {
            if (X509_STORE_add_cert(store, block->x509) != 1) return 0;
            // The client is told each name once.
            if (asks_clients && !is_told(context, X509_get_subject_name(block->x509)) &&
                SSL_CTX_add_client_CA(context, block->x509) != 1) {
                return 0;
            }
            found->certificates += 1;
            if (!has_issuer(block->x509, blocks)) found->lacks_issuer = 1;
        }
        if (block->crl != NULL) {
            if (X509_STORE_add_crl(store, block->crl) != 1) return 0;
            found->lists += 1;
        }
    }
    if (found->certificates + found->lists == 0) ERR_raise(ERR_LIB_X509, X509_R_NO_CERTIFICATE_OR_CRL_FOUND);
    return found->certificates > 0 || (found->lists > 0 && !asks_clients);
}

int gh_use_authorities(SSL_CTX *context, const char *file, int asks_clients, gh_authorities *found) {
    memset(found, 0, sizeof *found);
    BIO *input = BIO_new_file(file, "r");
    // As X509_STORE_load_file(3) reads: a key among them that is encrypted stays so, and no passphrase is asked for.
    STACK_OF(X509_INFO) *blocks = input != NULL ? PEM_X509_INFO_read_bio(input, NULL, NULL, "") : NULL;
    BIO_free(input);
    int result = blocks != NULL && use(context, blocks, asks_clients, found);
    sk_X509_INFO_pop_free(blocks, X509_INFO_free);
    return result;
}
