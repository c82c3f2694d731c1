#pragma once

#include "Wire.h"

/// What a handshake leaves behind for those who go on without OpenSSL (RFC 8446 §7.1).
struct gh_secrets {
    gh_traffic_secrets traffic;
    /// Our Finished has been sent, the peer's has been read: from there on records count.
    uint8_t counts_sent;
    uint8_t counts_read;
    /// The secrets are no longer those of the handshake.
    uint8_t are_outdated;
    /// The server's EncryptedExtensions have been seen, and promise nothing that the record layer would have to keep.
    uint8_t may_be_taken_over;
    /// Records protected with the secrets so far.
    uint64_t sent;
    uint64_t read;
};

/// Makes the sessions of a context tell their secrets, if a key log is wanted.
void gh_tell_keys(SSL_CTX *context);
