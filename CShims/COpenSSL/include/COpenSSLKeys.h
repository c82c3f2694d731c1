#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stddef.h>

/// Keys of our own, and what is signed with them. Every function is thread-safe; after a failure OpenSSL's error queue says why.

enum { GH_SHA256_LENGTH = 32, GH_P256_COORDINATE = 32, GH_ES256_LENGTH = 64 };

/// A new key: "P-256", "P-384", or "RSA", of 2048 bits. NULL on failure. The caller frees it.
EVP_PKEY *gh_key_new(const char *kind);

/// The affine coordinates of a P-256 key's public point. 0 on failure, or if it is another kind of key.
int gh_key_point(const EVP_PKEY *key, unsigned char *x, unsigned char *y);

/// ES256 (RFC 7518 §3.4) with a P-256 key: r and s, not DER. 0 on failure.
int gh_key_sign_es256(EVP_PKEY *key, const unsigned char *bytes, size_t count, unsigned char *signature);

/// A request for a certificate (RFC 2986) in DER, which the caller frees with OPENSSL_free. Its length; -1 on failure.
/// `names` is subjectAltName's value as x509v3_config(5) writes it: "DNS:a.example,DNS:b.example,IP:192.0.2.1".
int gh_key_request(EVP_PKEY *key, const char *names, unsigned char **der);

/// RFC 8737 §3: a self-signed certificate for `names` (as above) that holds the SHA-256 of a key authorization. NULL on failure.
/// The caller frees it.
X509 *gh_challenge_certificate(EVP_PKEY *key, const char *names, const unsigned char *digest);

/// A self-signed certificate of an authority, O=`unit`, CN=`name`, that may sign for the names alone that `permitted` says, which
/// is nameConstraints' value as x509v3_config(5) writes it. It lives for `seconds` from now. NULL on failure. The caller frees
/// it.
X509 *gh_authority_certificate(EVP_PKEY *key, const char *unit, const char *name, const char *permitted, long seconds);

/// A certificate of O=`unit`, CN=`name` (NULL: none; constraints of names may be held against it) for `names` (as with
/// gh_key_request) and a `usage` such as "serverAuth" (RFC 5280 §4.2.1.12), by that authority. NULL on failure. The caller frees
/// it.
X509 *gh_issued_certificate(
    EVP_PKEY *key, const char *unit, const char *name, const char *names, const char *usage, X509 *issuer, EVP_PKEY *issuer_key,
    long seconds);

/// HMAC-SHA-256 (RFC 2104), GH_SHA256_LENGTH bytes. 0 on failure.
int gh_hmac_sha256(const unsigned char *key, size_t key_count, const unsigned char *bytes, size_t count, unsigned char *code);

/// SHA-256, GH_SHA256_LENGTH bytes. 0 on failure.
int gh_sha256(const unsigned char *bytes, size_t count, unsigned char *digest);

/// The first private key that a provider's store has by this URI (RFC 7512 for PKCS#11). NULL on failure. The caller frees it.
/// `passphrase` may be NULL.
EVP_PKEY *gh_key_of_uri(const char *uri, const char *passphrase);
/// Can the key sign for TLS? Tried by a signature; what keeps it from that is left among OpenSSL's errors.
int gh_key_signs(EVP_PKEY *key);
