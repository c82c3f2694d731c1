#pragma once

// What Stapling.c and StaplingAnswer.c share.

#include "COpenSSL.h"

#include <openssl/ocsp.h>
#include <stdatomic.h>

/// A responder's answer that handshakes show.
typedef struct gh_answer {
    /// Of those that have been replaced.
    struct gh_answer *next;
    /// Seconds since 1970.
    int64_t until;
    size_t length;
    unsigned char bytes[];
} gh_answer;

struct gh_staple {
    _Atomic int references;
    /// How many threads are between looking at `current` and having a copy.
    _Atomic int lookers;
    _Atomic(gh_answer *) current;
    /// Those that were replaced while somebody was looking. Only who replaces comes here.
    gh_answer *replaced;
    OCSP_CERTID *certificate;
    X509 *issuer;
    char *responder;
};
