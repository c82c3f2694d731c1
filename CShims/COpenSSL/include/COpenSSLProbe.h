#pragma once

// What a probe of a server needs of OpenSSL besides what serves: macros, which Swift cannot import, and the OCSP answer.

#include <openssl/ssl.h>
#include <openssl/x509.h>

static inline int gh_set_max_version(SSL_CTX *context, int version) {
    return SSL_CTX_set_max_proto_version(context, version);
}

/// Asks the server for an OCSP answer with its certificate (RFC 6066 §8).
static inline long gh_ask_for_staple(SSL *ssl) { return SSL_set_tlsext_status_type(ssl, TLSEXT_STATUSTYPE_ocsp); }

/// How X509_NAME_print_ex writes a name for a terminal: as RFC 4514, what is no text escaped, UTF-8 as it is.
static inline unsigned long gh_name_flags(void) { return XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB; }

enum {
    /// The server sent no OCSP answer.
    GH_STAPLE_NONE = -1,
    /// It sent one that is no answer: unreadable, or an error of the responder's.
    GH_STAPLE_USELESS = -2,
    /// It is about other certificates alone.
    GH_STAPLE_OF_ANOTHER = -3,
    /// It calls the certificate good, and has expired, or holds from later on.
    GH_STAPLE_UNTIMELY = -4,
    // Otherwise as RFC 6960 §4.2.1 numbers what it says of the certificate.
    GH_STAPLE_GOOD = 0,
    GH_STAPLE_REVOKED = 1,
    GH_STAPLE_UNKNOWN = 2,
};

/// What keeps a certificate of a server's chain from being trusted.
typedef struct gh_fault {
    /// As X509_STORE_CTX_get_error(3) has it.
    int error;
    /// Of the certificate that it is about: 0 for the server's own.
    int depth;
} gh_fault;

/// After a handshake: everything that is wrong with the server's certificate by what the session was to verify, where OpenSSL
/// ends at the first. How many faults there are, of which up to `room` are written; -1 when memory is out.
int gh_server_faults(SSL *ssl, gh_fault *faults, int room);

/// What a server's OCSP answer says of its certificate, after the handshake. The signature is not looked at.
int gh_staple_status(SSL *ssl);
