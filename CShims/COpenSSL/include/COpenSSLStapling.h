#pragma once

// OCSP stapling (RFC 6066 §8): the answer of a certificate's responder that a server shows together with the certificate.

#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stddef.h>
#include <stdint.h>

/// Of one certificate: what to ask its responder, and the answer in use. It is counted: an X509 holds one reference, whoever
/// made it another.
typedef struct gh_staple gh_staple;

/// What there is to say of a responder's answer.
typedef enum gh_staple_verdict {
    /// It says that the certificate is good, and may be shown.
    GH_ANSWER_GOOD = 0,
    GH_ANSWER_REVOKED,
    GH_ANSWER_UNKNOWN,
    /// No OCSP response (RFC 6960 §4.2.1), or one without the basic response.
    GH_ANSWER_UNREADABLE,
    /// The responder answers with an error, which stands in `error`.
    GH_ANSWER_ERROR,
    /// Not signed by the certificate's issuer, nor by a responder that the issuer has named (§4.2.2.2).
    GH_ANSWER_UNSIGNED,
    /// It is about other certificates.
    GH_ANSWER_OF_ANOTHER,
    /// It is from the future, or has no date.
    GH_ANSWER_NOT_YET,
    GH_ANSWER_EXPIRED,
} gh_staple_verdict;

/// What was read of an answer; times in seconds since 1970, 0 for none.
typedef struct gh_staple_facts {
    int64_t this_update;
    int64_t next_update;
    int error;
    /// 1: it calls the certificate revoked, also if it has expired since.
    int is_revoked;
} gh_staple_facts;

/// For the certificate that was put into a context last, which shows it from then on.
/// - Returns: with a reference of the caller's; NULL for want of memory, or where the certificate's issuer is not in its chain:
///   the question names the issuer's key.
gh_staple *gh_staple_new(SSL_CTX *context);
void gh_staple_free(gh_staple *staple);

/// The first responder over HTTP that the certificate names (RFC 5280 §4.2.2.1); NULL if it names none. It lives as long as the
/// staple.
const char *gh_staple_responder(const gh_staple *staple);

/// Must whoever shows the certificate show an answer too (RFC 7633, `status_request`)?
int gh_must_staple(const X509 *certificate);

/// The question as DER (RFC 6960 §4.1), without a nonce (RFC 5019 §2.1.1): answers are shared.
/// - Parameter question: gets bytes that the caller frees with OPENSSL_free.
/// - Returns: their number; not above 0 for want of memory.
int gh_staple_question(const gh_staple *staple, unsigned char **question);

/// Judges an answer.
/// - Parameter now: seconds since 1970.
gh_staple_verdict gh_staple_judge(
    const gh_staple *staple, const unsigned char *answer, size_t length, int64_t now, gh_staple_facts *facts);

/// Handshakes that begin from now on show this answer, until then: seconds since 1970. From one thread at a time; no handshake
/// waits for it.
/// - Returns: 0 for want of memory; the one before stays then.
int gh_staple_use(gh_staple *staple, const unsigned char *answer, size_t length, int64_t until);
