// Certificates and keys as they are looked at before anybody is shown them. OpenSSL 3 makes a key by asking every decoder of
// every provider, and every kind of key, whether it is theirs: that is most of what it costs to read one. So they are read in
// library contexts of their own, which know only what certificates of TLS are made of. What is read there is judged, and never
// used: a handshake's is read as OpenSSL always does.

#include "COpenSSLJudging.h"

#include <openssl/core_dispatch.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <string.h>

enum { MOST_ALGORITHMS = 16 };

// The default provider, in a context of its own: what openssl.cnf says of the usual one stays as it is.
static OSSL_PROVIDER *whole;
// For certificates, and for keys, which are read by what needs no provider but hashes.
static OSSL_LIB_CTX *certificates, *keys;
static OSSL_ALGORITHM key_kinds[MOST_ALGORITHMS], decoders[MOST_ALGORITHMS];

static int is_named(const char *names, const char *name) {
    size_t length = strlen(name);
    return strncmp(names, name, length) == 0 && (names[length] == '\0' || names[length] == ':');
}

// Those of `all` for the keys of certificates, a decoder only if it reads what stands in one.
static void choose(OSSL_ALGORITHM *chosen, const OSSL_ALGORITHM *all, const char *properties) {
    static const char *const kinds[] = {"EC", "RSA", "RSA-PSS", "ED25519", "ED448"};
    int count = 0;
    for (; all != NULL && all->algorithm_names != NULL; all += 1) {
        int is_wanted = properties == NULL || strstr(all->property_definition, properties) != NULL;
        for (size_t kind = 0; is_wanted && kind < sizeof kinds / sizeof *kinds; kind += 1) {
            if (is_named(all->algorithm_names, kinds[kind]) && count < MOST_ALGORITHMS - 1) chosen[count++] = *all;
        }
    }
}

static const OSSL_ALGORITHM *query_hashes(void *provider, int operation, int *is_transient) {
    (void)provider;
    *is_transient = 0;
    return operation == OSSL_OP_DIGEST ? OSSL_PROVIDER_query_operation(whole, operation, is_transient) : NULL;
}

static const OSSL_ALGORITHM *query_all(void *provider, int operation, int *is_transient) {
    *is_transient = 0;
    if (operation == OSSL_OP_KEYMGMT) return key_kinds;
    return operation == OSSL_OP_DECODER ? decoders : query_hashes(provider, operation, is_transient);
}

static const OSSL_DISPATCH functions_of_all[] = {{OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query_all}, {0, NULL}};
static const OSSL_DISPATCH functions_of_hashes[] = {
    {OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query_hashes}, {0, NULL}};

// What is lent here are the default provider's functions, so they get its context.
static int begin_all(
    const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *core, const OSSL_DISPATCH **functions, void **provider) {
    (void)handle;
    (void)core;
    *functions = functions_of_all;
    *provider = OSSL_PROVIDER_get0_provider_ctx(whole);
    return 1;
}

static int begin_hashes(
    const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *core, const OSSL_DISPATCH **functions, void **provider) {
    int done = begin_all(handle, core, functions, provider);
    *functions = functions_of_hashes;
    return done;
}

static OSSL_LIB_CTX *context_of(OSSL_provider_init_fn *begin) {
    static const char name[] = "gatehouse-judging";
    OSSL_LIB_CTX *context = OSSL_LIB_CTX_new();
    if (context != NULL && OSSL_PROVIDER_add_builtin(context, name, begin) == 1 && OSSL_PROVIDER_load(context, name) != NULL) {
        return context;
    }
    OSSL_LIB_CTX_free(context);
    return NULL;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
    OSSL_LIB_CTX *context = OSSL_LIB_CTX_new();
    int is_transient = 0;
    whole = context != NULL ? OSSL_PROVIDER_load(context, "default") : NULL;
    if (whole != NULL) {
        choose(key_kinds, OSSL_PROVIDER_query_operation(whole, OSSL_OP_KEYMGMT, &is_transient), NULL);
        choose(decoders, OSSL_PROVIDER_query_operation(whole, OSSL_OP_DECODER, &is_transient), "structure=SubjectPublicKeyInfo");
        certificates = context_of(begin_all);
        keys = context_of(begin_hashes);
    }
    ERR_clear_error();
}

// OSSL_PROVIDER_do_all(3): goes on where it is one that reads no keys in another way.
static int is_usual(OSSL_PROVIDER *provider, void *argument) {
    (void)argument;
    const char *name = OSSL_PROVIDER_get0_name(provider);
    return strcmp(name, "default") == 0 || strcmp(name, "legacy") == 0 || strcmp(name, "base") == 0 ||
           strncmp(name, "gatehouse", strlen("gatehouse")) == 0;
}

int gh_may_judge(void) {
    pthread_once(&once, load);
    return certificates != NULL && keys != NULL && OSSL_PROVIDER_available(NULL, "default") &&
           OSSL_PROVIDER_do_all(NULL, is_usual, NULL) && !EVP_default_properties_is_fips_enabled(NULL);
}

X509 *gh_judged_certificate(BIO *input, int is_first) {
    pthread_once(&once, load);
    if (certificates == NULL) return NULL;
    X509 *certificate = X509_new_ex(certificates, NULL);
    if (certificate == NULL) return NULL;
    // As SSL_CTX_use_certificate_chain_file(3) reads them. No certificate has a passphrase: none is asked for at the terminal.
    X509 *read = is_first ? PEM_read_bio_X509_AUX(input, &certificate, NULL, "")
                          : PEM_read_bio_X509(input, &certificate, NULL, "");
    if (read == NULL) X509_free(certificate);
    return read;
}

int gh_judged_all(void) {
    unsigned long error = ERR_peek_last_error();
    return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

int gh_is_strong(X509 *certificate) {
    EVP_PKEY *key = X509_get0_pubkey(certificate);
    if (key == NULL || EVP_PKEY_get_security_bits(key) < GH_JUDGED_BITS) return 0;
    uint32_t flags = X509_get_extension_flags(certificate);
    if ((flags & EXFLAG_INVALID) != 0) return 0;
    if ((flags & EXFLAG_SS) != 0) return 1;
    int bits = 0;
    return X509_get_signature_info(certificate, NULL, NULL, &bits, NULL) == 1 && bits >= GH_JUDGED_BITS;
}

const char *gh_judged_kind(X509 *certificate) {
    static const char *const curves[] = {"prime256v1", "secp384r1", "secp521r1"};
    EVP_PKEY *key = X509_get0_pubkey(certificate);
    if (key == NULL) return NULL;
    if (EVP_PKEY_is_a(key, "RSA")) return "RSA";
    if (EVP_PKEY_is_a(key, "ED25519")) return "ED25519";
    char curve[64];
    size_t length = 0;
    if (!EVP_PKEY_is_a(key, "EC") || EVP_PKEY_get_group_name(key, curve, sizeof curve, &length) != 1) return NULL;
    for (size_t index = 0; index < sizeof curves / sizeof *curves; index += 1) {
        if (strcmp(curve, curves[index]) == 0) return "EC";
    }
    return NULL;
}

// Are they the same bytes: the public key as the certificate has it, and as one would have it that was made for the key?
static int is_its_key(EVP_PKEY *key, X509 *certificate) {
    unsigned char *ours = NULL, *theirs = NULL;
    int length = i2d_PUBKEY(key, &ours);
    int same = length > 0 && i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &theirs) == length &&
               memcmp(ours, theirs, (size_t)length) == 0;
    OPENSSL_free(ours);
    OPENSSL_free(theirs);
    return same;
}

int gh_is_judged_key(BIO *input, X509 *certificate) {
    static const char *const private[] = {"PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"};
    static const char *const others[] = {"CERTIFICATE", "EC PARAMETERS"};
    char *name, *header;
    unsigned char *bytes;
    long length;
    int found = 0, is_certain = 1;
    pthread_once(&once, load);
    while (is_certain && keys != NULL && PEM_read_bio(input, &name, &header, &bytes, &length) == 1) {
        int is_private = 0, is_other = 0;
        for (size_t index = 0; index < sizeof private / sizeof *private; index += 1) {
            is_private |= strcmp(name, private[index]) == 0;
        }
        for (size_t index = 0; index < sizeof others / sizeof *others; index += 1) is_other |= strcmp(name, others[index]) == 0;
        if (is_private) {
            const unsigned char *next = bytes;
            // A header says that it is encrypted (RFC 1421 §4.6.1.1).
            EVP_PKEY *key = *header == '\0' ? d2i_AutoPrivateKey_ex(NULL, &next, length, keys, NULL) : NULL;
            is_certain = key != NULL && is_its_key(key, certificate);
            found += 1;
            EVP_PKEY_free(key);
        } else if (!is_other) {
            is_certain = 0;
        }
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(bytes, (size_t)length);
    }
    is_certain = is_certain && found == 1 && gh_judged_all();
    ERR_clear_error();
    return is_certain;
}

X509_STORE *gh_judging_store(void) {
    pthread_once(&once, load);
    X509_STORE *store = X509_STORE_new();
    if (store != NULL) X509_STORE_set_default_paths_ex(store, certificates, NULL);
    ERR_clear_error();
    return store;
}
