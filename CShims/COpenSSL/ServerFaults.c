// All that is wrong with a server's certificate: who looks for the cause wants to mend it at once, not fault by fault.

#include "COpenSSL.h"

typedef struct faults {
    gh_fault *all;
    int room;
    int count;
} faults;

// With 1 OpenSSL goes on as if it were right.
static int note(int is_right, X509_STORE_CTX *check) {
    faults *noted = X509_STORE_CTX_get_app_data(check);
    gh_fault fault = {X509_STORE_CTX_get_error(check), X509_STORE_CTX_get_error_depth(check)};
    if (is_right || noted == NULL) return 1;
    for (int index = 0; index < noted->count && index < noted->room; index += 1) {
        const gh_fault *other = &noted->all[index];
        if (other->error == fault.error && other->depth == fault.depth) return 1;
        // Whose issuer is not known cannot be verified by it: that is one fault.
        if (fault.error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE &&
            (other->error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
             other->error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT)) {
            return 1;
        }
    }
    if (noted->count < noted->room) noted->all[noted->count] = fault;
    noted->count += 1;
    return 1;
}

// As OpenSSL's handshake does it.
int gh_server_faults(SSL *ssl, gh_fault *all, int room) {
    faults noted = {all, room, 0};
    X509_STORE *store = SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl));
    X509_STORE_CTX *check = X509_STORE_CTX_new();
    int result = -1;
    if (check != NULL && X509_STORE_CTX_init(check, store, SSL_get0_peer_certificate(ssl), SSL_get_peer_cert_chain(ssl)) == 1 &&
        X509_STORE_CTX_set_default(check, "ssl_server") == 1) {
        X509_VERIFY_PARAM *parameters = X509_STORE_CTX_get0_param(check);
        X509_VERIFY_PARAM_set_auth_level(parameters, SSL_get_security_level(ssl));
        if (X509_VERIFY_PARAM_set1(parameters, SSL_get0_param(ssl)) == 1 && X509_STORE_CTX_set_app_data(check, &noted) == 1) {
            X509_STORE_CTX_set_verify_cb(check, note);
            X509_verify_cert(check);
            result = noted.count;
        }
    }
    X509_STORE_CTX_free(check);
    ERR_clear_error();
    return result;
}
