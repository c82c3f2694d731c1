// Private keys that are not in a PEM file: of a provider's store (a PKCS#11 token, a TPM), by their URI.

#include "COpenSSLKeys.h"
#include "KeyTurns.h"

#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

// The provider tpm2 has one connection to the TPM for all its keys, and leaves it to its caller that one thread uses it at a
// time: two at once end with TPM_RC_BAD_SEQUENCE, or worse.
static pthread_mutex_t turns = PTHREAD_MUTEX_INITIALIZER;
static atomic_int are_wanted;

int gh_take_turn(void) {
    if (!atomic_load_explicit(&are_wanted, memory_order_acquire)) return 0;
    pthread_mutex_lock(&turns);
    return 1;
}

void gh_end_turn(int is_taken) {
    if (is_taken) pthread_mutex_unlock(&turns);
}

// From its first key on there are turns.
static void note_provider(EVP_PKEY *key) {
    const OSSL_PROVIDER *provider = EVP_PKEY_get0_provider(key);
    if (provider == NULL || strcmp(OSSL_PROVIDER_get0_name(provider), "tpm2") != 0) return;
    atomic_store_explicit(&are_wanted, 1, memory_order_release);
    // It is never freed: whoever does that last has no turn.
    EVP_PKEY_up_ref(key);
}

// The PIN, or nothing: nobody sits at the terminal.
static int give_passphrase(char *room, int size, int is_writing, void *passphrase) {
    (void)is_writing;
    size_t length = passphrase != NULL ? strlen(passphrase) : 0;
    if (passphrase == NULL || length > (size_t)size) return -1;
    memcpy(room, passphrase, length);
    return (int)length;
}

EVP_PKEY *gh_key_of_uri(const char *uri, const char *passphrase) {
    EVP_PKEY *key = NULL;
    int turn = gh_take_turn();
    UI_METHOD *method = UI_UTIL_wrap_read_pem_callback(give_passphrase, 0);
    OSSL_STORE_CTX *store = method != NULL ? OSSL_STORE_open(uri, method, (void *)passphrase, NULL, NULL) : NULL;
    if (store != NULL) OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY);
    while (store != NULL && key == NULL && !OSSL_STORE_eof(store)) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);
        if (info == NULL && OSSL_STORE_error(store)) break;
        if (info != NULL && OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY) key = OSSL_STORE_INFO_get1_PKEY(info);
        OSSL_STORE_INFO_free(info);
    }
    OSSL_STORE_close(store);
    UI_destroy_method(method);
    if (key != NULL) note_provider(key);
    gh_end_turn(turn);
    return key;
}

static int signs_by(EVP_PKEY *key, const char *digest, int padding) {
    static const unsigned char text[] = "a trial";
    unsigned char signature[4096];
    size_t length = sizeof signature;
    EVP_PKEY_CTX *terms = NULL;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int done = context != NULL && EVP_DigestSignInit_ex(context, &terms, digest, NULL, NULL, key, NULL) == 1 &&
               (padding == 0 || EVP_PKEY_CTX_set_rsa_padding(terms, padding) == 1) &&
               EVP_DigestSign(context, signature, &length, text, sizeof text) == 1;
    EVP_MD_CTX_free(context);
    return done;
}

static int signs(EVP_PKEY *key) {
    if (EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_is_a(key, "ED448")) return signs_by(key, NULL, 0);
    if (!EVP_PKEY_is_a(key, "RSA")) return signs_by(key, "SHA256", 0);
    // What TLS 1.3 asks of an RSA key, or, of one that may not do that, what TLS 1.2 does.
    if (signs_by(key, "SHA256", RSA_PKCS1_PSS_PADDING)) return 1;
    return signs_by(key, "SHA256", RSA_PKCS1_PADDING);
}

int gh_key_signs(EVP_PKEY *key) {
    int turn = gh_take_turn();
    int done = signs(key);
    gh_end_turn(turn);
    return done;
}
