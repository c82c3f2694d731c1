// Keys and the AEAD of TLS 1.3's records. The ciphers and hashes are OpenSSL's.

#include "KeySchedule.h"
#include "Suites.h"

#include <endian.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <string.h>

// Content of so many bytes at most is copied to have its type behind it; to encrypt the type by itself costs as much as to copy
// some more.
enum { COPIED_CONTENT = 2048 };

// The provider compares it with a dozen names for each record. Aligned, since strcmp takes a longer way near the end of a page.
static const _Alignas(256) char tag_name[] = OSSL_CIPHER_PARAM_AEAD_TAG;

// MARK: Keys

// HKDF-Expand-Label without a context (RFC 8446 §7.1).
static int expand(const gh_suite *suite, const unsigned char *secret, const char *label, unsigned char *out, size_t length) {
    gh_label whole = {(const unsigned char *)"tls13 ", 6, (const unsigned char *)label, strlen(label), NULL, 0};
    return gh_expand_label(suite->hash, secret, &whole, out, length);
}

// RFC 8446 §7.3. The context with the former key is gone afterwards.
int gh_protection_derive(gh_protection *side, const gh_suite *suite) {
    gh_protection_free_context(side, suite);
    side->sequence = 0;
    return expand(suite, side->secret, "key", side->key, suite->key_length) &&
           expand(suite, side->secret, "iv", side->iv, GH_NONCE);
}

// RFC 8446 §7.2.
int gh_protection_update(gh_protection *side, const gh_suite *suite) {
    unsigned char secret[GH_LONGEST_SECRET];
    if (!expand(suite, side->secret, "traffic upd", secret, suite->secret_length)) return 0;
    memcpy(side->secret, secret, suite->secret_length);
    OPENSSL_cleanse(secret, sizeof secret);
    return gh_protection_derive(side, suite);
}

void gh_protection_free_context(gh_protection *side, const gh_suite *suite) {
    if (side->context != NULL) suite->aead.free_context(side->context);
    side->context = NULL;
}

// MARK: Records

// Makes the context if there is none; `init` is the AEAD's for this direction.
static int prepare(gh_protection *side, const gh_suite *suite, OSSL_FUNC_cipher_encrypt_init_fn *init) {
    if (side->context != NULL) return 1;
    side->context = suite->aead.new_context(suite->aead.provider_context);
    if (side->context == NULL) return 0;
    if (init(side->context, side->key, suite->key_length, NULL, 0, NULL) == 1) return 1;
    gh_protection_free_context(side, suite);
    return 0;
}

// RFC 8446 §5.3: the sequence number, counted from 0 for each key, makes the nonce. No number is taken twice for a key.
static void take_nonce(gh_protection *side, unsigned char *nonce) {
    uint64_t last;
    memcpy(&last, side->iv + GH_NONCE - sizeof last, sizeof last);
    last ^= htobe64(side->sequence);
    memcpy(nonce, side->iv, GH_NONCE - sizeof last);
    memcpy(nonce + GH_NONCE - sizeof last, &last, sizeof last);
    side->sequence += 1;
}

int gh_protection_seal(
    gh_protection *side, const gh_suite *suite, unsigned char type, const unsigned char *content, size_t length,
    unsigned char *record) {
    const gh_aead *aead = &suite->aead;
    unsigned char *body = record + GH_RECORD_HEADER, nonce[GH_NONCE];
    size_t body_length = length + 1 + GH_TAG, count;
    OSSL_PARAM tag[] = {OSSL_PARAM_octet_string(tag_name, body + length + 1, GH_TAG), OSSL_PARAM_END};
    if (!prepare(side, suite, aead->encrypt_init)) return 0;
    take_nonce(side, nonce);
    record[0] = GH_APPLICATION_DATA;
    record[1] = 3;
    record[2] = 3;
    record[3] = (unsigned char)(body_length >> 8);
    record[4] = (unsigned char)body_length;
    // NULL for the key leaves the context's as it is; EVP_EncryptInit_ex(3) relies on the same.
    int done = aead->encrypt_init(side->context, NULL, 0, nonce, GH_NONCE, NULL) == 1 &&
               aead->update(side->context, NULL, &count, GH_RECORD_HEADER, record, GH_RECORD_HEADER) == 1;
    if (length <= COPIED_CONTENT) {
        // Content and type in one piece, encrypted where they are.
        if (length > 0) memcpy(body, content, length);
        body[length] = type;
        done = done && aead->update(side->context, body, &count, length + 1, body, length + 1) == 1;
    } else {
        done = done && aead->update(side->context, body, &count, length, content, length) == 1 &&
               aead->update(side->context, body + length, &count, 1, &type, 1) == 1;
    }
    return done && aead->final(side->context, body + length + 1, &count, 0) == 1 &&
           aead->get_context_parameters(side->context, tag) == 1;
}

int gh_protection_open(
    gh_protection *side, const gh_suite *suite, const unsigned char *header, size_t body_length, unsigned char *room,
    size_t capacity, unsigned char *beyond) {
    const gh_aead *aead = &suite->aead;
    const unsigned char *body = header + GH_RECORD_HEADER;
    size_t inner = body_length - GH_TAG, count;
    size_t direct = inner < capacity ? inner : capacity;
    unsigned char nonce[GH_NONCE];
    // Only read: a parameter's data are not const because others are written.
    OSSL_PARAM tag[] = {OSSL_PARAM_octet_string(tag_name, (void *)(body + inner), GH_TAG), OSSL_PARAM_END};
    if (!prepare(side, suite, aead->decrypt_init)) return 0;
    take_nonce(side, nonce);
    return aead->decrypt_init(side->context, NULL, 0, nonce, GH_NONCE, tag) == 1 &&
           aead->update(side->context, NULL, &count, GH_RECORD_HEADER, header, GH_RECORD_HEADER) == 1 &&
           (direct == 0 || aead->update(side->context, room, &count, direct, body, direct) == 1) &&
           (inner == direct || aead->update(side->context, beyond, &count, inner - direct, body + direct, inner - direct) == 1) &&
           aead->final(side->context, beyond, &count, 0) == 1;
}
