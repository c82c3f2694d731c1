#pragma once

// What the files of this shim know of the wire and the rest of the program need not.

#include "COpenSSL.h"

#include <sys/types.h>

enum {
    GH_RECORD_HEADER = SSL3_RT_HEADER_LENGTH,
    /// Bytes of SHA-384's output.
    GH_LONGEST_SECRET = 48,
};

/// What a handshake leaves behind for those who go on without OpenSSL (RFC 8446 §7.1).
struct gh_secrets {
    unsigned char client[GH_LONGEST_SECRET];
    unsigned char server[GH_LONGEST_SECRET];
    uint8_t client_length;
    uint8_t server_length;
    /// Our Finished has been sent, the peer's has been read: from there on records count.
    uint8_t counts_sent;
    uint8_t counts_read;
    /// The secrets are no longer those of the handshake.
    uint8_t are_outdated;
    /// Records protected with the secrets so far.
    uint64_t sent;
    uint64_t read;
};

/// Room for `count` more bytes among what this thread gathers; the bytes are to be written at once. The caller keeps to
/// GH_GATHERED_RECORDS full records and one short one.
unsigned char *gh_gather_room(size_t count);

/// Forgets what was gathered since gh_wire_gather.
void gh_gather_drop(gh_wire *wire);

/// One recv, unless it is known to fail. Returns how many bytes came; 0 for none now or, with `at_end` set, for the peer's FIN;
/// -1 for an error, with `error` set.
ssize_t gh_wire_receive(gh_wire *wire, unsigned char *room, size_t capacity);

/// Keeps bytes that nobody can use yet; the inbox must be empty. 0 when memory is out.
int gh_wire_keep_inbox(gh_wire *wire, const unsigned char *bytes, size_t count);

/// Forgets the inbox's first `count` bytes, of which there are so many.
void gh_wire_drop_inbox(gh_wire *wire, size_t count);

/// Takes up to `capacity` bytes out of the inbox.
size_t gh_wire_take_inbox(gh_wire *wire, unsigned char *room, size_t capacity);

/// Wipes and frees the handshake's secrets.
void gh_wire_forget_secrets(gh_wire *wire);
