#pragma once

// What OpenSSL has for each cipher suite of TLS 1.3.

#include "AEAD.h"
#include "Protection.h"

struct gh_suite {
    uint16_t number;
    const char *name;
    const char *cipher_name;
    const char *hash_name;
    uint8_t key_length;
    uint8_t secret_length;
    gh_aead aead;
    EVP_MD *hash;
    /// Why it cannot be used; NULL if it can.
    const char *problem;
};
