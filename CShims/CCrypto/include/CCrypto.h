#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Hashes and signatures of OpenSSL's libcrypto. Each function is thread-safe, and fetches its algorithm once for the process: a
/// fetch takes a lock and costs more than a short message's hash.

enum { CCRYPTO_SHA1_LENGTH = 20, CCRYPTO_SHA256_LENGTH = 32 };

/// SHA-1 (FIPS 180-4 §6.1) of `count` bytes, written to `digest`, which has room for CCRYPTO_SHA1_LENGTH.
/// False: libcrypto has no SHA-1 here, or no memory; `digest` then says nothing.
bool ccrypto_sha1(const uint8_t *bytes, size_t count, uint8_t *digest);

/// HMAC-SHA-256 (RFC 2104) of `count` bytes, written to `code`, which has room for CCRYPTO_SHA256_LENGTH.
/// False: libcrypto has none here, or no memory; `code` then says nothing.
bool ccrypto_hmac_sha256(const uint8_t *key, size_t key_count, const uint8_t *bytes, size_t count, uint8_t *code);

/// Whether a password is the one that was hashed: by crypt(5) in a form that libcrypt knows, or as Apache's "$apr1$". It takes as
/// long as the hash's form wants, up to seconds. 1: it is; 0: it is not; -1: the hash is of no known form, or there is no memory.
int ccrypto_password_is(const char *password, const char *hash);

/// Signatures of tokens (RFC 7518 §3.1, RFC 8037 §3.1): RSASSA-PKCS1-v1_5 with SHA-256, ECDSA on P-256 with SHA-256, Ed25519.
typedef enum { CCRYPTO_RS256, CCRYPTO_ES256, CCRYPTO_EDDSA } ccrypto_signature;

/// A public key of numbers, highest byte first: of RSA modulus and exponent, of P-256 the coordinates, of Ed25519 the key and
/// nothing. NULL: they are no key. To be given to ccrypto_public_key_free; it may be used by several threads at once.
void *ccrypto_public_key(ccrypto_signature kind, const uint8_t *a, size_t a_count, const uint8_t *b, size_t b_count);
/// The key's size in bits.
int ccrypto_public_key_bits(const void *key);
void ccrypto_public_key_free(void *key);

/// Whether a signature, as RFC 7518 writes it, is the key's of `count` bytes.
bool ccrypto_verify(ccrypto_signature kind, void *key, const uint8_t *bytes, size_t count, const uint8_t *signature,
                    size_t signature_count);

enum { CCRYPTO_SEAL_KEY_LENGTH = 32, CCRYPTO_NONCE_LENGTH = 12, CCRYPTO_TAG_LENGTH = 16 };

/// AES-256-GCM (NIST SP 800-38D) of `count` bytes under a key of CCRYPTO_SEAL_KEY_LENGTH and a nonce by chance, which is written
/// to `nonce`; `stated` is bound to them and not hidden. `sealed` has room for `count` and CCRYPTO_TAG_LENGTH more.
/// False: libcrypto has no randomness, no cipher or no memory; what was written then says nothing.
bool ccrypto_seal(const uint8_t *key, const uint8_t *stated, size_t stated_count, const uint8_t *bytes, size_t count,
                  uint8_t *nonce, uint8_t *sealed);

/// The way back; `bytes` has room for `sealed_count` less CCRYPTO_TAG_LENGTH, and at least one byte.
/// False: this key has not sealed that, or it was changed; `bytes` then says nothing.
bool ccrypto_unseal(const uint8_t *key, const uint8_t *stated, size_t stated_count, const uint8_t *nonce,
                    const uint8_t *sealed, size_t sealed_count, uint8_t *bytes);

/// Bytes by chance, for keys. False: there are none to be had; `bytes` then says nothing.
bool ccrypto_random(uint8_t *bytes, size_t count);
