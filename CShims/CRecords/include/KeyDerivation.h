#pragma once

// The key schedule that OpenSSL's handshakes of TLS 1.3 use (RFC 8446 §7.1), as a provider's "TLS13-KDF" (provider-kdf(7),
// EVP_KDF-TLS13_KDF(7)).
//
// OpenSSL tells the traffic secrets nowhere but in the key log, as text, which costs a tenth of a handshake. It asks a provider
// for each of them, though: this one. That it needs no look-up by name for each hash saves as much again.

#include "Protection.h"

/// The traffic secrets of a handshake. A length of 0: it has not come so far.
typedef struct {
    unsigned char client[GH_LONGEST_SECRET];
    unsigned char server[GH_LONGEST_SECRET];
    uint8_t client_length;
    uint8_t server_length;
} gh_traffic_secrets;

/// The property query (property(7)) of contexts whose handshakes are to use it, which lasts; NULL if it cannot be had, or does
/// not come to what OpenSSL's own comes to.
const char *gh_key_derivation(void);

/// From now on the traffic secrets that this thread's handshakes make are put there, too; NULL: nowhere.
void gh_collect_traffic_secrets(gh_traffic_secrets *secrets);
