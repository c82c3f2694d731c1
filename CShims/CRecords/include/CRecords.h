#pragma once

// TLS 1.3's record layer (RFC 8446 §5) of one connection after its handshake: bytes in, bytes out. It knows no socket and no SSL
// object; of OpenSSL it uses libcrypto's ciphers and hashes alone.

#include "KeyDerivation.h"

#include <stddef.h>
#include <stdint.h>

enum {
    /// Records that gh_records_seal makes at most of a head and data.
    GH_GATHERED_RECORDS = 4,
    /// Room that whatever is sealed at once fits into: those records, and a short one of the record layer's own before them.
    GH_SEALED_ROOM = GH_GATHERED_RECORDS * (GH_RECORD_HEADER + GH_RECORD_CONTENT + 1 + GH_TAG) + 64,
    /// The longest record that is received (RFC 8446 §5.2).
    GH_LONGEST_RECORD = GH_RECORD_HEADER + GH_RECORD_CONTENT + 256,
};

/// One connection's record layer.
typedef struct gh_records gh_records;

/// What an operation on records came to. GH_WANTS_READ and GH_WANTS_WRITE are said by those who have a socket.
enum { GH_MOVED, GH_WANTS_READ, GH_WANTS_WRITE, GH_END, GH_FAILED };

/// Where a handshake has left off.
typedef struct {
    const gh_suite *suite;
    /// The traffic secrets (RFC 8446 §7.1), of the suite's length each.
    const unsigned char *own_secret;
    const unsigned char *peers_secret;
    /// Records protected with them so far.
    uint64_t sent;
    uint64_t received;
    uint8_t is_client;
    uint8_t is_resumed;
} gh_records_start;

/// The record layer that goes on from there; NULL when memory is out or no key can be made.
gh_records *gh_records_new(const gh_records_start *start);

/// Wipes and frees the keys and all else; NULL does nothing.
void gh_records_free(gh_records *records);

/// Drops what can be made again from the keys: the connection will be silent for a while.
void gh_records_free_contexts(gh_records *records);

/// Opens the whole records at the front of `bytes`, as long as there is room for their data. `used` gets how many bytes have been
/// dealt with; the rest is to be given again with what follows it. `count` gets the bytes of data in `room`; it may be above 0
/// whatever is returned, and those data are good: what follows them is told again by the next call.
///
/// With a capacity of 0 records are opened until one has data, which are kept for the next call.
///
/// Returns GH_MOVED, GH_END after the peer's close_notify, or GH_FAILED: then an alert may be owed.
int gh_records_open(
    gh_records *records, const unsigned char *bytes, size_t length, size_t *used, unsigned char *room, size_t capacity,
    size_t *count);

/// Seals `head`, if there is one, in a record of its own (at most GH_RECORD_CONTENT bytes), and behind it a prefix of `bytes`
/// whose length `count` gets, all into `room` of GH_SEALED_ROOM bytes. Returns how many bytes of it are to be sent, all of them
/// before anything that is sealed later; 0 if nothing can be sealed any more (gh_records_problem).
size_t gh_records_seal(
    gh_records *records, const unsigned char *head, size_t head_length, const unsigned char *bytes, size_t length,
    size_t *count, unsigned char *room);

/// Is there something to send, that nobody has asked for: the answer to a KeyUpdate, or an alert?
int gh_records_owe(const gh_records *records);

/// Seals what is owed into `room` of GH_SEALED_ROOM bytes. Returns how many bytes of it are to be sent; 0 if there is nothing.
size_t gh_records_seal_owed(gh_records *records, unsigned char *room);

/// From now on a KeyUpdate is owed: the next key is to be used, whatever the present one has protected.
void gh_records_change_keys(gh_records *records);

/// From now on close_notify is owed, unless an alert has been sent or the connection has failed.
void gh_records_close(gh_records *records);

/// Would gh_records_open return something with these bytes: data, the end, or a failure?
int gh_records_has_input(const gh_records *records, const unsigned char *bytes, size_t length);

/// Fails for a reason of the caller's, in words that last; internal_error is owed to the peer.
int gh_records_fail(gh_records *records, const char *problem);

/// Why GH_FAILED, in words that last; NULL if nothing is wrong here.
const char *gh_records_problem(const gh_records *records);

/// The name of the cipher suite (RFC 8446 §B.4), which lasts.
const char *gh_records_cipher(const gh_records *records);

/// Did the handshake resume a session?
int gh_records_is_resumed(const gh_records *records);

/// How many records have come and gone with the present keys.
typedef struct gh_record_counts {
    uint64_t received;
    uint64_t sent;
} gh_record_counts;
gh_record_counts gh_records_counts(const gh_records *records);

/// After how many records a key is replaced, by what the calling thread sends. For tests to lower.
void gh_replace_keys_after(uint64_t records);
