#include "CCrypto.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <pthread.h>

// Never given back: they live as long as the process.
static EVP_MD *sha1;
// HMAC with its digest chosen and no key yet; only ever copied.
static EVP_MAC_CTX *hmac;

static void fetch_sha1(void) {
    sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
}

static void fetch_hmac(void) {
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *context = mac ? EVP_MAC_CTX_new(mac) : NULL;
    // The context keeps its own reference.
    EVP_MAC_free(mac);
    OSSL_PARAM digest[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, "SHA256", 0), OSSL_PARAM_construct_end()};
    if (context && !EVP_MAC_CTX_set_params(context, digest)) {
        EVP_MAC_CTX_free(context);
        context = NULL;
    }
    hmac = context;
}

bool ccrypto_sha1(const uint8_t *bytes, size_t count, uint8_t *digest) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fetch_sha1);
    return sha1 && EVP_Digest(bytes, count, digest, NULL, sha1, NULL);
}

bool ccrypto_hmac_sha256(const uint8_t *key, size_t key_count, const uint8_t *bytes, size_t count, uint8_t *code) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    // EVP_MAC_init takes a missing key for the one that the context has, which has none.
    static const uint8_t empty[1];
    pthread_once(&once, fetch_hmac);
    EVP_MAC_CTX *context = hmac ? EVP_MAC_CTX_dup(hmac) : NULL;
    size_t written = 0;
    bool done = context && EVP_MAC_init(context, key ? key : empty, key_count, NULL) && EVP_MAC_update(context, bytes, count)
                && EVP_MAC_final(context, code, &written, CCRYPTO_SHA256_LENGTH) && written == CCRYPTO_SHA256_LENGTH;
    EVP_MAC_CTX_free(context);
    return done;
}
