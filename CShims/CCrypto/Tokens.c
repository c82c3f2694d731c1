#include "CCrypto.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

enum { P256_COORDINATE = 32, ED25519_KEY = 32, ED25519_SIGNATURE = 64 };

static EVP_PKEY *make(const char *type, OSSL_PARAM *parameters) {
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = parameters ? EVP_PKEY_CTX_new_from_name(NULL, type, NULL) : NULL;
    if (!context || EVP_PKEY_fromdata_init(context) <= 0
        || EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) <= 0)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    return key;
}

static void *rsa(const uint8_t *n, size_t n_count, const uint8_t *e, size_t e_count) {
    BIGNUM *modulus = BN_bin2bn(n, (int)n_count, NULL), *exponent = BN_bin2bn(e, (int)e_count, NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;
    if (modulus && exponent && builder && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus)
        && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent))
        key = make("RSA", OSSL_PARAM_BLD_to_param(builder));
    OSSL_PARAM_BLD_free(builder);
    BN_free(modulus);
    BN_free(exponent);
    return key;
}

static void *p256(const uint8_t *x, size_t x_count, const uint8_t *y, size_t y_count) {
    if (x_count != P256_COORDINATE || y_count != P256_COORDINATE) return NULL;
    unsigned char point[1 + 2 * P256_COORDINATE] = {POINT_CONVERSION_UNCOMPRESSED};
    for (int i = 0; i < P256_COORDINATE; i++) point[1 + i] = x[i], point[1 + P256_COORDINATE + i] = y[i];
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;
    if (builder && OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0)
        && OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point))
        key = make("EC", OSSL_PARAM_BLD_to_param(builder));
    OSSL_PARAM_BLD_free(builder);
    return key;
}

void *ccrypto_public_key(ccrypto_signature kind, const uint8_t *a, size_t a_count, const uint8_t *b, size_t b_count) {
    switch (kind) {
    case CCRYPTO_RS256: return rsa(a, a_count, b, b_count);
    case CCRYPTO_ES256: return p256(a, a_count, b, b_count);
    case CCRYPTO_EDDSA: return a_count == ED25519_KEY ? EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, a, a_count) : NULL;
    }
    return NULL;
}

int ccrypto_public_key_bits(const void *key) {
    return EVP_PKEY_get_bits(key);
}

void ccrypto_public_key_free(void *key) {
    EVP_PKEY_free(key);
}

// RFC 7518 §3.4: r and s, each of 32 bytes; OpenSSL wants them in ASN.1.
static bool verify_p256(EVP_MD_CTX *context, const uint8_t *bytes, size_t count, const uint8_t *signature) {
    BIGNUM *r = BN_bin2bn(signature, P256_COORDINATE, NULL);
    BIGNUM *s = BN_bin2bn(signature + P256_COORDINATE, P256_COORDINATE, NULL);
    ECDSA_SIG *pair = ECDSA_SIG_new();
    if (!r || !s || !pair || !ECDSA_SIG_set0(pair, r, s)) {
        BN_free(r);
        BN_free(s);
        ECDSA_SIG_free(pair);
        return false;
    }
    unsigned char *text = NULL;
    int text_count = i2d_ECDSA_SIG(pair, &text);
    bool done = text_count > 0 && EVP_DigestVerify(context, text, (size_t)text_count, bytes, count) == 1;
    OPENSSL_free(text);
    ECDSA_SIG_free(pair);
    return done;
}

bool ccrypto_verify(ccrypto_signature kind, void *key, const uint8_t *bytes, size_t count, const uint8_t *signature,
                    size_t signature_count) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    const EVP_MD *digest = kind == CCRYPTO_EDDSA ? NULL : EVP_sha256();
    bool done = context && EVP_DigestVerifyInit(context, NULL, digest, NULL, key) == 1;
    if (done && kind == CCRYPTO_ES256)
        done = signature_count == 2 * P256_COORDINATE && verify_p256(context, bytes, count, signature);
    else if (done)
        done = (kind != CCRYPTO_EDDSA || signature_count == ED25519_SIGNATURE)
               && EVP_DigestVerify(context, signature, signature_count, bytes, count) == 1;
    EVP_MD_CTX_free(context);
    return done;
}
