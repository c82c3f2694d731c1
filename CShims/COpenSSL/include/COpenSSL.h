#pragma once

#include "COpenSSLJudging.h"
#include "COpenSSLKeys.h"
#include "COpenSSLProbe.h"
#include "COpenSSLStapling.h"
#include "CRecords.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdint.h>

/// The traffic secrets of a handshake: see Handover.h.
typedef struct gh_secrets gh_secrets;

enum {
    /// Bytes of a host's name in a hello, with a zero behind it.
    GH_LONGEST_NAME = 256,
    /// Alerts of one connection. Up to TLS 1.2 a peer may ask for another handshake as often as it likes. Each time OpenSSL says
    /// by a warning that there is none (RFC 5746 §4.5), and reads on, without returning while there is something to read:
    /// thousands of such messages have room in one record. Who asks once or twice is served.
    GH_MOST_ALERTS = 16,
};

/// The socket under one TLS session, as our BIO sees it. The owner copies the socket's readiness in before an OpenSSL call and
/// out after it, so that no system call is made that is known to fail.
typedef struct gh_wire {
    int descriptor;
    /// May recv / send make progress?
    uint8_t readable;
    uint8_t writable;
    /// The peer's FIN is known to be in: a short recv does not mean that nothing more will come.
    uint8_t hung_up;
    /// recv has returned 0.
    uint8_t at_end;
    /// The very first byte received; 0 before it. 0x16 begins a TLS handshake.
    uint8_t first_byte;
    /// While set, records are collected and leave in one send.
    uint8_t gathers;
    /// What was sealed before has yet to be sent by the caller: nothing may be sent now.
    uint8_t holds;
    /// gh_wire_write_records leaves sending to the caller: see `sealed`.
    uint8_t only_seals;
    /// Bytes of gh_gather_room() that the caller is to send; 0 for none.
    uint32_t sealed;
    /// errno of the last failed recv or send; 0 if none failed.
    int error;
    /// Ciphertext that a send did not take; it goes before anything else.
    unsigned char *pending;
    uint32_t pending_start;
    uint32_t pending_end;
    /// Ciphertext that was received and cannot be used yet.
    unsigned char *inbox;
    uint32_t inbox_start;
    uint32_t inbox_end;
    /// Until the handshake is done: what is received goes through the inbox, and the secrets are kept.
    uint8_t collects;
    /// After the handshake: OpenSSL's records are taken whole, and what the socket does not take of them is pending here. OpenSSL
    /// never has a record half sent then, which it could not send together with what a read may have to answer. An error of
    /// sending is not OpenSSL's to tell: see `send_error`.
    uint8_t keeps_records;
    /// Nothing is sent any more: OpenSSL's close_notify has been.
    uint8_t has_said_end;
    /// What is pending are a server's tickets, which have not been tried to send: they leave with whatever is sent next, or at
    /// once if no request has come with the client's Finished, after which they may be sent at any time (RFC 8446 §4.6.1).
    uint8_t holds_tickets;
    /// errno of the recv or send after which there can be no other; 0 if none failed.
    int receive_error;
    int send_error;
    gh_secrets *secrets;
    /// Of a server's session: the client's first hello, with its message's header (RFC 8446 §4). NULL before it is read, after
    /// the handshake, and for a hello in the form of SSL 2.
    unsigned char *hello;
    uint32_t hello_length;
    /// Is it a server's session?
    uint8_t is_server;
    /// After the handshake: bytes that were taken since the present reading began, by which it is set to 0. There is an end to
    /// them where no data come: see wire_read.
    uint32_t taken;
    /// Is it the site of the name that the client asks for, and not the default one?
    uint8_t is_named;
    /// Alerts that were sent after the handshake, up to TLS 1.2. If they are more than GH_MOST_ALERTS, nothing more is read, and
    /// what OpenSSL has read with them is not to be used.
    uint8_t alerts;
    /// Why a site refuses the hello: a number of whoever chooses; 0 if it does not.
    uint8_t refusal;
    /// The name that it asks for, or an empty one; NULL before the hello is read and after the handshake.
    char *name;
    /// Of a server's session, borrowed: among which sites it chooses, and the one that it has chosen.
    const void *names;
    const void *chosen;
    /// Of a client's session: the server's certificate, if it was refused. The wire's own.
    X509 *refused;
} gh_wire;

/// A BIO over `wire`, which must outlive it. The descriptor stays the owner's. NULL when memory is out.
BIO *gh_wire_bio(gh_wire *wire);

/// Room of GH_SEALED_ROOM bytes, the thread's, for what is sent next.
unsigned char *gh_gather_room(void);

/// Starts collecting this thread's records for one send. Must be followed by gh_wire_flush before the thread does anything else.
void gh_wire_gather(gh_wire *wire);

/// Sends what was collected or is pending. 1 when nothing is left, 0 when the socket is full, -1 on an error (`error` is set).
int gh_wire_flush(gh_wire *wire);

/// Frees all that the wire holds, but for the secrets: gh_forget_secrets.
void gh_wire_release(gh_wire *wire);

/// The wire of a session that has one.
gh_wire *gh_wire_of(const SSL *ssl);

/// Frees the hello.
void gh_forget_hello(gh_wire *wire);

/// In the hello callback (SSL_CTX_set_client_hello_cb(3)): the name that the client asks for, into GH_LONGEST_NAME bytes; its
/// length, 0 without one.
size_t gh_hello_name(SSL *ssl, char *name);

/// In the hello callback: remembers the name; 0 if an earlier hello of the session had another one.
int gh_hello_is_same(SSL *ssl, const char *name);

/// OpenSSL's name of a cipher suite; NULL for one that it does not know. The name is nobody's to free.
const char *gh_offered_suite_name(SSL *ssl, uint16_t number);

/// Makes the sessions of a server's context keep what clients offer, as their wire's `hello`.
void gh_keep_hellos(SSL_CTX *context);

/// In the hello callback: gives the session the limits of the context that has been chosen for it, which SSL_set_SSL_CTX(3)
/// leaves as they were: versions, groups, whose order of suites counts, and what it asks of a client's certificate. 0 when memory
/// is out.
int gh_use_limits(SSL *ssl, SSL_CTX *context, const char *groups);

/// A new context (SSL_CTX_new(3)) whose sessions tell their secrets if there is a key log, and, with `tells_secrets`, what
/// gh_take_over needs. NULL when memory is out. The caller owns it.
SSL_CTX *gh_new_context(const SSL_METHOD *method, int tells_secrets);

/// One step of a handshake: SSL_do_handshake(3), which collects.
int gh_handshake(SSL *ssl);

/// Has a client's session, whose BIO is a socket's, take no more than a handshake's length from the server, in the handshake
/// and behind it: for those who expect little else. Sessions over a wire end such a handshake by themselves.
void gh_limit_flight(SSL *ssl);

/// There will be a key log: contexts that are made from now on, of OpenSSL's records too, tell their sessions' secrets.
void gh_want_key_log(void);

/// From now on the secrets of all sessions are written there, one a line; -1: nowhere. For any thread.
void gh_log_keys(int file);

/// Before the handshake of a session that is to be taken over: OpenSSL gets just the bytes it asks for, its records are counted
/// and are short, and a server's tickets wait for what is sent next.
void gh_begin_collecting(SSL *ssl, gh_wire *wire);

/// If the session stays with OpenSSL.
void gh_end_collecting(SSL *ssl, gh_wire *wire);

/// Wipes and frees what a handshake has told.
void gh_forget_secrets(gh_wire *wire);

/// Goes on where a collected session is between two records after its handshake: the SSL object may be freed then. NULL when that
/// is not possible, because of its version, its cipher suite, what its EncryptedExtensions promise, or changed keys: then nothing
/// has changed.
gh_records *gh_take_over(SSL *ssl, gh_wire *wire);

/// Receives and opens up to `capacity` bytes (at least 1) of data. `count` is above 0 just if GH_MOVED is returned. GH_FAILED:
/// the wire's `error`, gh_records_problem, or the wire's `at_end` (a FIN without close_notify) says why.
int gh_wire_read_records(gh_wire *wire, gh_records *records, unsigned char *room, size_t capacity, size_t *count);

/// Seals a prefix of `bytes` and sends it; what the socket does not take is pending on the wire. `count`, the prefix's length,
/// tells something only if GH_MOVED is returned. `head` (at most GH_RECORD_CONTENT bytes, or none) goes before, whole and in a
/// record of its own. With `is_last` close_notify goes behind the last of the bytes, and the kernel may keep it all for the FIN
/// that is to follow at once, for 200 ms at most (MSG_MORE, send(2)). Where the wire `only_seals`, which is for what is not the
/// last alone, the caller sends, and `sealed` tells how much.
int gh_wire_write_records(
    gh_wire *wire, gh_records *records, const unsigned char *head, size_t head_length, const unsigned char *bytes,
    size_t length, size_t *count, int is_last);

/// If something has arrived: receives it and takes what is no data, KeyUpdates above all. Data are kept for the next read, at
/// most a record or two. An end or a failure is told by the next read.
void gh_wire_read_aside(gh_wire *wire, gh_records *records);

/// Sends what the record layer owes, if it can go now.
void gh_wire_send_owed(gh_wire *wire, gh_records *records);

/// Sends close_notify, once, if it can go now.
void gh_wire_close_records(gh_wire *wire, gh_records *records);

/// Would a read return something without a system call?
int gh_wire_has_records(const gh_wire *wire, const gh_records *records);

/// The keys of a listener's session tickets, for any thread.
typedef struct gh_tickets gh_tickets;

enum {
    /// Seconds for which a ticket is good, and after which new ones get a new key: a key is known for twice as long at most
    /// (RFC 9325 §3.4).
    GH_TICKET_LIFETIME = 2 * 60 * 60,
    /// Of a file's.
    GH_TICKET_KEY_SIZE = 80,
    GH_MOST_TICKET_KEYS = 8,
    /// Bytes of a listener's keys, for `gh_tickets_read`.
    GH_TICKET_KEYS_SIZE = 192,
};

/// NULL when memory is out.
gh_tickets *gh_tickets_new(void);

/// Wipes and frees the keys; NULL does nothing.
void gh_tickets_free(gh_tickets *tickets);

/// Copies the keys, for another process or another listener on the same machine since its boot: GH_TICKET_KEYS_SIZE bytes.
void gh_tickets_read(gh_tickets *tickets, unsigned char *keys);

/// Replaces the keys by such a copy.
void gh_tickets_write(gh_tickets *tickets, const unsigned char *keys);

/// From now on these keys are used, of GH_TICKET_KEY_SIZE bytes each: the name, the key of the HMAC, the key of the cipher. The
/// first makes new tickets. None: the process makes its own again. At most GH_MOST_TICKET_KEYS.
void gh_tickets_use(gh_tickets *tickets, const unsigned char *keys, size_t count);

/// Makes the sessions of a server's context take the keys of gh_set_tickets.
void gh_use_tickets(SSL_CTX *context);

/// Before the handshake: the keys for the session's tickets, which must outlive it. 0 when memory is out.
int gh_set_tickets(SSL *ssl, gh_tickets *tickets);

/// After how many seconds new tickets get a new key, in the whole process. For tests to lower.
void gh_replace_ticket_keys_after(uint64_t seconds);

/// In the hello callback: is the client an ACME authority that proves a name (RFC 8737)?
int gh_is_challenge(SSL *ssl);

/// Has a session be resumed only while its client's certificate is one that the site takes, and up to TLS 1.2 only for the same
/// name and with a suite of the site's. For a listener's own context.
void gh_check_resumed(SSL_CTX *context);

/// What a PEM file of authorities has.
typedef struct gh_authorities {
    int certificates;
    /// Revocation lists.
    int lists;
    /// 1: one of the certificates is signed by none of them, itself neither.
    int lacks_issuer;
} gh_authorities;

/// Has a context that nobody uses yet trust what is in a PEM file, which is read once; with `asks_clients` clients are told the
/// names (RFC 8446 §4.2.4). 0: it cannot be read, or holds nothing of that; OpenSSL's error queue says why.
int gh_use_authorities(SSL_CTX *context, const char *file, int asks_clients, gh_authorities *found);

/// SSL_CTX_set_verify(3) of a client's context: a certificate that is refused is kept as its wire's `refused`.
void gh_verify_servers(SSL_CTX *context, int mode);

/// Verifies a client's certificate as a handshake does with this context. NULL if it is refused; else the chain, the leaf first,
/// which the caller frees with gh_free_chain.
STACK_OF(X509) *gh_verify_client(SSL_CTX *context, X509 *certificate, STACK_OF(X509) *others);

/// Frees a chain and its certificates; NULL does nothing.
void gh_free_chain(STACK_OF(X509) *chain);

// Macros, which Swift cannot import.
/// What every context of ours has: buffers released when idle, partial and moving writes, read-ahead (one recv a record instead
/// of three), no session cache (resumption is by ticket: no memory per client, no lock between workers), no renegotiation.
static inline void gh_set_common(SSL_CTX *context) {
    SSL_CTX_set_mode(
        context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                     SSL_MODE_NO_AUTO_CHAIN);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(
        context,
        SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
}
static inline int gh_set_min_version(SSL_CTX *context, int version) {
    return SSL_CTX_set_min_proto_version(context, version);
}
static inline long gh_set_server_name(SSL *ssl, const char *name) { return SSL_set_tlsext_host_name(ssl, name); }
static inline int gh_set_groups(SSL_CTX *context, const char *list) { return SSL_CTX_set1_groups_list(context, list); }
static inline void gh_on_server_name(SSL_CTX *context, int (*callback)(SSL *, int *, void *)) {
    SSL_CTX_set_tlsext_servername_callback(context, callback);
}
static inline void gh_tell_sessions(SSL_CTX *context, int (*callback)(SSL *, SSL_SESSION *)) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, callback);
}
static inline const char *gh_server_name(const SSL *ssl) {
    return SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
}
/// The group of the key exchange: see SSL_get_negotiated_group(3).
static inline int gh_negotiated_group(SSL *ssl) { return (int)SSL_get_negotiated_group(ssl); }
static inline void gh_set_longest_chain(SSL_CTX *context, long bytes) { SSL_CTX_set_max_cert_list(context, bytes); }
static inline void gh_add_chain_certificate(SSL_CTX *context, X509 *certificate) {
    SSL_CTX_add1_chain_cert(context, certificate);
}
static inline unsigned long gh_ascii_name_flags(void) { return XN_FLAG_RFC2253; }
static inline void gh_follow_clients_order(SSL_CTX *context) {
    SSL_CTX_clear_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
}
/// Has OpenSSL been built so that it could leave records to the kernel (SSL_OP_ENABLE_KTLS)?
static inline int gh_has_kernel_tls(void) {
#if defined(SSL_OP_ENABLE_KTLS) && !defined(OPENSSL_NO_KTLS)
    return 1;
#else
    return 0;
#endif
}
static inline int gh_error_reason(unsigned long code) { return ERR_GET_REASON(code); }
