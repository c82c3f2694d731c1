// Peers' certificates: what a client's session is given of its site's context, whether a resumed one still holds, and which
// certificate of a server was refused.

#include "COpenSSL.h"

#include <strings.h>

// A session begins with both, and a site's context may be without them: see gh_follow_clients_order.
#define SERVERS_ORDER (SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA)

int gh_use_limits(SSL *ssl, SSL_CTX *context, const char *groups) {
    SSL_clear_options(ssl, SERVERS_ORDER & ~SSL_CTX_get_options(context));
    SSL_set_verify(ssl, SSL_CTX_get_verify_mode(context), NULL);
    SSL_set_verify_depth(ssl, SSL_CTX_get_verify_depth(context));
    return SSL_set_min_proto_version(ssl, SSL_CTX_get_min_proto_version(context)) == 1 &&
           SSL_set_max_proto_version(ssl, SSL_CTX_get_max_proto_version(context)) == 1 &&
           (groups == NULL || SSL_set1_groups_list(ssl, groups) == 1);
}

STACK_OF(X509) *gh_verify_client(SSL_CTX *context, X509 *certificate, STACK_OF(X509) *others) {
    STACK_OF(X509) *chain = NULL;
    X509_STORE_CTX *check = X509_STORE_CTX_new();
    if (check != NULL && X509_STORE_CTX_init(check, SSL_CTX_get_cert_store(context), certificate, others) == 1 &&
        X509_STORE_CTX_set_default(check, "ssl_client") == 1) {
        X509_VERIFY_PARAM *parameters = X509_STORE_CTX_get0_param(check);
        X509_VERIFY_PARAM_set_depth(parameters, SSL_CTX_get_verify_depth(context));
        X509_VERIFY_PARAM_set_auth_level(parameters, SSL_CTX_get_security_level(context));
        if (X509_verify_cert(check) == 1) chain = X509_STORE_CTX_get1_chain(check);
    }
    X509_STORE_CTX_free(check);
    ERR_clear_error();
    return chain;
}

void gh_free_chain(STACK_OF(X509) *chain) { sk_X509_pop_free(chain, X509_free); }

// Up to TLS 1.2 OpenSSL goes on with a session's name and suite, whatever the hello asks for and whatever suites the site has by
// now. RFC 6066 §3: a session is not resumed under another name; it has none if no site had the one that was asked for.
static int is_of_site(SSL *ssl, const SSL_SESSION *session) {
    if (SSL_SESSION_get_protocol_version(session) >= TLS1_3_VERSION) return 1;
    const gh_wire *wire = gh_wire_of(ssl);
    const char *name = SSL_SESSION_get0_hostname(session);
    const char *asked = wire != NULL && wire->is_named ? wire->name : NULL;
    if ((name == NULL) != (asked == NULL) || (name != NULL && strcasecmp(name, asked) != 0)) return 0;
    return sk_SSL_CIPHER_find(SSL_get_ciphers(ssl), SSL_SESSION_get0_cipher(session)) >= 0;
}

// SSL_CTX_set_session_ticket_cb(3): a ticket outlives what made it good. Whose certificate has expired meanwhile, or been
// revoked, or leads to an authority that counts no more, makes a whole handshake, which then says so. The hello callback has
// chosen the site before: sites that ask for certificates have a session context of their own, so no ticket of another one comes
// here.
static SSL_TICKET_RETURN look_at_ticket(
    SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t length, SSL_TICKET_STATUS status, void *argument) {
    (void)name;
    (void)length;
    (void)argument;
    if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW) return SSL_TICKET_RETURN_IGNORE_RENEW;
    if (!is_of_site(ssl, session)) return SSL_TICKET_RETURN_IGNORE_RENEW;
    X509 *certificate = SSL_SESSION_get0_peer(session);
    if (certificate != NULL && (SSL_get_verify_mode(ssl) & SSL_VERIFY_PEER) != 0) {
        STACK_OF(X509) *chain = gh_verify_client(SSL_get_SSL_CTX(ssl), certificate, NULL);
        if (chain == NULL) return SSL_TICKET_RETURN_IGNORE_RENEW;
        gh_free_chain(chain);
    }
    return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

void gh_check_resumed(SSL_CTX *context) { SSL_CTX_set_session_ticket_cb(context, NULL, look_at_ticket, NULL); }

// OpenSSL forgets a certificate that it refuses.
static int keep_refused(int is_right, X509_STORE_CTX *check) {
    if (is_right) return 1;
    SSL *ssl = X509_STORE_CTX_get_ex_data(check, SSL_get_ex_data_X509_STORE_CTX_idx());
    gh_wire *wire = ssl != NULL ? gh_wire_of(ssl) : NULL;
    X509 *leaf = X509_STORE_CTX_get0_cert(check);
    if (wire != NULL && wire->refused == NULL && leaf != NULL && X509_up_ref(leaf) == 1) wire->refused = leaf;
    return 0;
}

void gh_verify_servers(SSL_CTX *context, int mode) {
    SSL_CTX_set_verify(context, mode, mode == SSL_VERIFY_NONE ? NULL : keep_refused);
}
