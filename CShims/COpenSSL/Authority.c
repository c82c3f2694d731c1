#include "COpenSSLKeys.h"

#include <openssl/rand.h>
#include <openssl/x509v3.h>

typedef struct {
    int identifier;
    const char *value;
} Extension;

// A certificate with everything but extensions and a signature; its serial number is random (RFC 5280 §4.1.2.2: at most 20
// bytes).
static X509 *draft(EVP_PKEY *key, const char *unit, const char *name, const X509 *issuer, long seconds) {
    X509 *certificate = X509_new();
    unsigned char serial[16];
    BIGNUM *number = NULL;
    if (certificate == NULL || RAND_bytes(serial, sizeof serial) != 1) goto fail;
    // Positive, and not 0.
    serial[0] = (serial[0] & 0x7F) | 0x40;
    number = BN_bin2bn(serial, sizeof serial, NULL);
    X509_NAME *subject = X509_get_subject_name(certificate);
    // Clocks differ, by minutes.
    if (number == NULL || X509_set_version(certificate, X509_VERSION_3) != 1 ||
        BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) == NULL ||
        X509_gmtime_adj(X509_getm_notBefore(certificate), -300) == NULL ||
        X509_gmtime_adj(X509_getm_notAfter(certificate), seconds) == NULL || X509_set_pubkey(certificate, key) != 1 ||
        X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_UTF8, (const unsigned char *)unit, -1, -1, 0) != 1 ||
        (name != NULL && X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0) != 1) ||
        X509_set_issuer_name(certificate, issuer == NULL ? subject : X509_get_subject_name(issuer)) != 1) {
        goto fail;
    }
    BN_free(number);
    return certificate;
fail:
    BN_free(number);
    X509_free(certificate);
    return NULL;
}

static int extend(X509 *certificate, X509 *issuer, const Extension *extensions, size_t count) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    for (size_t index = 0; index < count; index += 1) {
        X509_EXTENSION *extension =
            X509V3_EXT_conf_nid(NULL, &context, extensions[index].identifier, extensions[index].value);
        int done = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
        X509_EXTENSION_free(extension);
        if (!done) return 0;
    }
    return 1;
}

X509 *gh_authority_certificate(EVP_PKEY *key, const char *unit, const char *name, const char *permitted, long seconds) {
    const Extension extensions[] = {
        {NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
        {NID_key_usage, "critical,keyCertSign,cRLSign"},
        {NID_subject_key_identifier, "hash"},
        {NID_name_constraints, permitted},
    };
    X509 *certificate = draft(key, unit, name, NULL, seconds);
    if (certificate == NULL) return NULL;
    if (extend(certificate, certificate, extensions, sizeof extensions / sizeof *extensions) &&
        X509_sign(certificate, key, EVP_sha256()) > 0) {
        return certificate;
    }
    X509_free(certificate);
    return NULL;
}

X509 *gh_issued_certificate(
    EVP_PKEY *key, const char *unit, const char *name, const char *names, const char *usage, X509 *issuer, EVP_PKEY *issuer_key,
    long seconds) {
    const Extension extensions[] = {
        {NID_basic_constraints, "critical,CA:FALSE"},
        // An RSA key may have to decrypt, in TLS 1.2 of old.
        {NID_key_usage, EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA ? "critical,digitalSignature,keyEncipherment"
                                                                  : "critical,digitalSignature"},
        {NID_ext_key_usage, usage},
        {NID_subject_key_identifier, "hash"},
        {NID_authority_key_identifier, "keyid:always"},
        {NID_subject_alt_name, names},
    };
    X509 *certificate = draft(key, unit, name, issuer, seconds);
    if (certificate == NULL) return NULL;
    if (extend(certificate, issuer, extensions, sizeof extensions / sizeof *extensions) &&
        X509_sign(certificate, issuer_key, EVP_sha256()) > 0) {
        return certificate;
    }
    X509_free(certificate);
    return NULL;
}
