#include "COpenSSLKeys.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <string.h>

EVP_PKEY *gh_key_new(const char *kind) {
    if (strcmp(kind, "RSA") == 0) return EVP_RSA_gen(2048);
    return EVP_EC_gen(kind);
}

static int coordinate(const EVP_PKEY *key, const char *name, unsigned char *out) {
    BIGNUM *number = NULL;
    int done = EVP_PKEY_get_bn_param(key, name, &number) == 1 &&
               BN_bn2binpad(number, out, GH_P256_COORDINATE) == GH_P256_COORDINATE;
    BN_free(number);
    return done;
}

int gh_key_point(const EVP_PKEY *key, unsigned char *x, unsigned char *y) {
    return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC && EVP_PKEY_get_bits(key) == 256 &&
           coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X, x) && coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y, y);
}

// r and s of fixed length, of a signature in DER.
static int flatten(const unsigned char *der, size_t count, unsigned char *signature) {
    ECDSA_SIG *parts = d2i_ECDSA_SIG(NULL, &der, (long)count);
    int half = GH_ES256_LENGTH / 2;
    int done = parts != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(parts), signature, half) == half &&
               BN_bn2binpad(ECDSA_SIG_get0_s(parts), signature + half, half) == half;
    ECDSA_SIG_free(parts);
    return done;
}

int gh_key_sign_es256(EVP_PKEY *key, const unsigned char *bytes, size_t count, unsigned char *signature) {
    // An ECDSA signature of P-256 in DER is 72 bytes at most.
    unsigned char der[96];
    size_t length = sizeof der;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int done = context != NULL && EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
               EVP_DigestSign(context, der, &length, bytes, count) == 1 && flatten(der, length, signature);
    EVP_MD_CTX_free(context);
    return done;
}

int gh_key_request(EVP_PKEY *key, const char *names, unsigned char **der) {
    int length = -1;
    X509_REQ *request = X509_REQ_new();
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);
    STACK_OF(X509_EXTENSION) *extensions = sk_X509_EXTENSION_new_null();
    if (request == NULL || extension == NULL || extensions == NULL) goto end;
    if (sk_X509_EXTENSION_push(extensions, extension) <= 0) goto end;
    extension = NULL;
    if (X509_REQ_set_pubkey(request, key) != 1 || X509_REQ_add_extensions(request, extensions) != 1) goto end;
    if (X509_REQ_sign(request, key, EVP_sha256()) <= 0) goto end;
    *der = NULL;
    length = i2d_X509_REQ(request, der);
end:
    X509_EXTENSION_free(extension);
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    X509_REQ_free(request);
    return length;
}

static int add_extension(X509 *certificate, int identifier, const char *value) {
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, identifier, value);
    int done = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return done;
}

// RFC 8737 §3: id-pe-acmeIdentifier, critical, an OCTET STRING with the digest.
static int add_identifier(X509 *certificate, const unsigned char *digest) {
    unsigned char content[2 + GH_SHA256_LENGTH] = {0x04, GH_SHA256_LENGTH};
    memcpy(content + 2, digest, GH_SHA256_LENGTH);
    ASN1_OBJECT *object = OBJ_txt2obj("1.3.6.1.5.5.7.1.31", 1);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    X509_EXTENSION *extension = NULL;
    int done = object != NULL && value != NULL && ASN1_OCTET_STRING_set(value, content, sizeof content) == 1 &&
               (extension = X509_EXTENSION_create_by_OBJ(NULL, object, 1, value)) != NULL &&
               X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(value);
    ASN1_OBJECT_free(object);
    return done;
}

X509 *gh_challenge_certificate(EVP_PKEY *key, const char *names, const unsigned char *digest) {
    X509 *certificate = X509_new();
    unsigned char serial[8];
    if (certificate == NULL || RAND_bytes(serial, sizeof serial) != 1) goto fail;
    uint64_t number = 0;
    memcpy(&number, serial, sizeof number);
    X509_NAME *subject = X509_get_subject_name(certificate);
    // A day each way: the authority's clock may be another.
    if (X509_set_version(certificate, X509_VERSION_3) != 1 ||
        ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), number >> 1) != 1 ||
        X509_gmtime_adj(X509_getm_notBefore(certificate), -86400) == NULL ||
        X509_gmtime_adj(X509_getm_notAfter(certificate), 86400) == NULL ||
        X509_set_pubkey(certificate, key) != 1 ||
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)"ACME challenge", -1, -1, 0) != 1 ||
        X509_set_issuer_name(certificate, subject) != 1 || !add_extension(certificate, NID_subject_alt_name, names) ||
        !add_identifier(certificate, digest) || X509_sign(certificate, key, EVP_sha256()) <= 0) {
        goto fail;
    }
    return certificate;
fail:
    X509_free(certificate);
    return NULL;
}

int gh_sha256(const unsigned char *bytes, size_t count, unsigned char *digest) {
    return EVP_Digest(bytes, count, digest, NULL, EVP_sha256(), NULL) == 1;
}

int gh_hmac_sha256(const unsigned char *key, size_t key_count, const unsigned char *bytes, size_t count, unsigned char *code) {
    return HMAC(EVP_sha256(), key, (int)key_count, bytes, count, code, NULL) != NULL;
}
