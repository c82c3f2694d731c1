#include "CCrypto.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

bool ccrypto_seal(const uint8_t *key, const uint8_t *stated, size_t stated_count, const uint8_t *bytes, size_t count,
                  uint8_t *nonce, uint8_t *sealed) {
    if (count > INT_MAX || stated_count > INT_MAX || RAND_bytes(nonce, CCRYPTO_NONCE_LENGTH) != 1) return false;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int written = 0;
    bool done = context && EVP_EncryptInit_ex2(context, EVP_aes_256_gcm(), key, nonce, NULL) == 1 &&
                EVP_EncryptUpdate(context, NULL, &written, stated, (int)stated_count) == 1 &&
                (count == 0 || EVP_EncryptUpdate(context, sealed, &written, bytes, (int)count) == 1) &&
                EVP_EncryptFinal_ex(context, sealed + count, &written) == 1 &&
                EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, CCRYPTO_TAG_LENGTH, sealed + count) == 1;
    EVP_CIPHER_CTX_free(context);
    return done;
}

bool ccrypto_unseal(const uint8_t *key, const uint8_t *stated, size_t stated_count, const uint8_t *nonce,
                    const uint8_t *sealed, size_t sealed_count, uint8_t *bytes) {
    if (sealed_count < CCRYPTO_TAG_LENGTH || sealed_count > INT_MAX || stated_count > INT_MAX) return false;
    size_t count = sealed_count - CCRYPTO_TAG_LENGTH;
    uint8_t tag[CCRYPTO_TAG_LENGTH];
    for (size_t index = 0; index < CCRYPTO_TAG_LENGTH; index += 1) tag[index] = sealed[count + index];
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int written = 0;
    bool done = context && EVP_DecryptInit_ex2(context, EVP_aes_256_gcm(), key, nonce, NULL) == 1 &&
                EVP_DecryptUpdate(context, NULL, &written, stated, (int)stated_count) == 1 &&
                (count == 0 || EVP_DecryptUpdate(context, bytes, &written, sealed, (int)count) == 1) &&
                EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, CCRYPTO_TAG_LENGTH, tag) == 1 &&
                // The tag is looked at here: what was written before says nothing until then.
                EVP_DecryptFinal_ex(context, bytes + count, &written) == 1;
    EVP_CIPHER_CTX_free(context);
    if (!done) OPENSSL_cleanse(bytes, count);
    return done;
}

bool ccrypto_random(uint8_t *bytes, size_t count) { return count <= INT_MAX && RAND_priv_bytes(bytes, (int)count) == 1; }
