#pragma once

// How TLS 1.3 protects one direction of a connection (RFC 8446 §5.2, §5.3, §7).

#include <stddef.h>
#include <stdint.h>

enum {
    GH_RECORD_HEADER = 5,
    /// Bytes of content that a record may hold (RFC 8446 §5.1).
    GH_RECORD_CONTENT = 1 << 14,
    GH_TAG = 16,
    GH_NONCE = 12,
    GH_LONGEST_KEY = 32,
    /// Bytes of SHA-384's output.
    GH_LONGEST_SECRET = 48,
};

/// A record's type (RFC 8446 §5.1).
enum { GH_CHANGE_CIPHER_SPEC = 20, GH_ALERT = 21, GH_HANDSHAKE = 22, GH_APPLICATION_DATA = 23 };

/// A cipher suite of TLS 1.3, with what OpenSSL has for it.
typedef struct gh_suite gh_suite;

/// One direction's key, and how many records it has protected.
typedef struct {
    unsigned char secret[GH_LONGEST_SECRET];
    unsigned char key[GH_LONGEST_KEY];
    unsigned char iv[GH_NONCE];
    uint64_t sequence;
    /// The AEAD's, with the key in it. Made when first needed and dropped while the connection rests.
    void *context;
} gh_protection;

/// The suite of a number of RFC 8446 §B.4; NULL if that is none of TLS 1.3's, or OpenSSL has it not, or not so that it can be
/// used here: see gh_suite_problem.
const gh_suite *gh_suite_of(uint16_t number);

/// Why gh_suite_of has no suite for a number, in words that last; NULL if it has.
const char *gh_suite_problem(uint16_t number);

/// Bytes of its secrets.
size_t gh_suite_secret_length(const gh_suite *suite);

/// Its name (RFC 8446 §B.4), which lasts.
const char *gh_suite_name(const gh_suite *suite);

/// From now on no provider's cipher passes its trial, so that there is no suite. For tests, before the process's first handshake.
void gh_distrust_providers(void);

/// Makes key and IV of `secret` (RFC 8446 §7.3), and counts from 0. 0 on failure, like all below.
int gh_protection_derive(gh_protection *side, const gh_suite *suite);

/// Goes on to the next secret, and its key.
int gh_protection_update(gh_protection *side, const gh_suite *suite);

/// Drops what can be made again.
void gh_protection_free_context(gh_protection *side, const gh_suite *suite);

/// Writes a whole record of `length` bytes of content at `record`: GH_RECORD_HEADER + length + 1 + GH_TAG bytes.
int gh_protection_seal(
    gh_protection *side, const gh_suite *suite, unsigned char type, const unsigned char *content, size_t length,
    unsigned char *record);

/// Decrypts the body, more than GH_TAG bytes, of the record at `header`, into `room` and what is beyond its `capacity` into
/// `beyond`, which takes any body. What is there counts only if 1 is returned.
int gh_protection_open(
    gh_protection *side, const gh_suite *suite, const unsigned char *header, size_t body_length, unsigned char *room,
    size_t capacity, unsigned char *beyond);
