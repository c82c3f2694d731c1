#pragma once

// HKDF as TLS 1.3 uses it (RFC 5869, RFC 8446 §7.1). The hashes are OpenSSL's.

#include <openssl/evp.h>
#include <stddef.h>

enum {
    /// What ffdhe8192 agrees on (RFC 7919 §A.5); a label and its context are shorter.
    GH_LONGEST_TEXT = 1024,
};

/// A label and what follows it in HKDF-Expand-Label. RFC 8446 bounds each by a byte.
typedef struct {
    /// "tls13 ".
    const unsigned char *prefix;
    size_t prefix_length;
    const unsigned char *label;
    size_t label_length;
    /// A hash of messages; may be empty.
    const unsigned char *context;
    size_t context_length;
} gh_label;

/// HMAC (RFC 2104) of at most GH_LONGEST_TEXT bytes, with a key that is no longer than the hash. 0 on failure, like all below.
int gh_authenticate(
    const EVP_MD *hash, const unsigned char *key, size_t key_length, const unsigned char *text, size_t length,
    unsigned char *out);

/// HKDF-Expand-Label of a secret that is as long as the hash.
int gh_expand_label(const EVP_MD *hash, const unsigned char *secret, const gh_label *label, unsigned char *out, size_t length);

