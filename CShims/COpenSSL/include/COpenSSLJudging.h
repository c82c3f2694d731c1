#pragma once

#include <openssl/bio.h>
#include <openssl/x509.h>
#include <stddef.h>

/// Certificates and keys as they are looked at before anybody is shown them, at a part of what OpenSSL takes for it. What is said
/// to be certain is so; whatever is not must be read as OpenSSL always does. Every function is thread-safe.

enum {
    /// Bits of security that keys and signatures have (SSL_CTX_set_security_level(3): level 2).
    GH_JUDGED_BITS = 112,
    /// The highest security level that this satisfies.
    GH_JUDGED_LEVEL = 2,
};

/// May it be done here? Not where this system's OpenSSL is to use other algorithms than its default ones.
int gh_may_judge(void);

/// The next certificate of a PEM text, for the eyes alone: nothing may be signed or verified with it. NULL at the end, or after
/// an error: see gh_judged_all. The caller frees it.
X509 *gh_judged_certificate(BIO *input, int is_first);
/// Was it the end, after gh_judged_certificate returned NULL? The error queue must have been empty before.
int gh_judged_all(void);

/// Are key and signature of at least GH_JUDGED_BITS? A signature by the certificate's own key counts as such.
int gh_is_strong(X509 *certificate);
/// "RSA", "EC" (P-256, P-384 or P-521) or "ED25519"; NULL for all other keys.
const char *gh_judged_kind(X509 *certificate);

/// Does the PEM text certainly hold one private key without a passphrase, and is it the certificate's? 0: it may still do so.
int gh_is_judged_key(BIO *input, X509 *certificate);

/// The authorities that this system trusts, to look for issuers of such certificates. NULL when memory is out. The caller frees
/// it.
X509_STORE *gh_judging_store(void);
