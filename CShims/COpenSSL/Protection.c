// Keys and the AEAD of TLS 1.3's records. The ciphers and hashes are OpenSSL's.

#include "Protection.h"

#include <pthread.h>
#include <string.h>

// Of SHA-384.
enum { LONGEST_HASH_BLOCK = 128 };

struct gh_suite {
    uint32_t id;
    const char *cipher_name;
    const char *hash_name;
    uint8_t key_length;
    uint8_t secret_length;
    EVP_CIPHER *cipher;
    EVP_MD *hash;
};

static gh_suite suites[] = {
    {0x03001301, "AES-128-GCM", "SHA256", 16, 32, NULL, NULL},
    {0x03001302, "AES-256-GCM", "SHA384", 32, 48, NULL, NULL},
    {0x03001303, "ChaCha20-Poly1305", "SHA256", 32, 32, NULL, NULL},
};
static pthread_once_t suites_once = PTHREAD_ONCE_INIT;

// Once for all: looked up by name for each use they would cost more than the use.
static void fetch_suites(void) {
    for (size_t index = 0; index < sizeof suites / sizeof *suites; index += 1) {
        suites[index].cipher = EVP_CIPHER_fetch(NULL, suites[index].cipher_name, NULL);
        suites[index].hash = EVP_MD_fetch(NULL, suites[index].hash_name, NULL);
    }
}

const gh_suite *gh_suite_of(const SSL_CIPHER *cipher) {
    pthread_once(&suites_once, fetch_suites);
    if (cipher == NULL) return NULL;
    for (size_t index = 0; index < sizeof suites / sizeof *suites; index += 1) {
        const gh_suite *suite = &suites[index];
        if (suite->id == SSL_CIPHER_get_id(cipher) && suite->cipher != NULL && suite->hash != NULL) return suite;
    }
    return NULL;
}

size_t gh_suite_secret_length(const gh_suite *suite) { return suite->secret_length; }

// RFC 2104. OpenSSL's HMAC would look everything up by name again, for ten times the work.
static int authenticate(
    const gh_suite *suite, const unsigned char *secret, const unsigned char *text, size_t length, unsigned char *out) {
    unsigned char bytes[LONGEST_HASH_BLOCK + EVP_MAX_MD_SIZE];
    size_t block = (size_t)EVP_MD_get_block_size(suite->hash);
    memset(bytes, 0, block);
    memcpy(bytes, secret, suite->secret_length);
    for (size_t index = 0; index < block; index += 1) bytes[index] ^= 0x36;
    memcpy(bytes + block, text, length);
    int done = EVP_Digest(bytes, block + length, out, NULL, suite->hash, NULL) == 1;
    for (size_t index = 0; index < block; index += 1) bytes[index] ^= 0x36 ^ 0x5C;
    memcpy(bytes + block, out, suite->secret_length);
    done = done && EVP_Digest(bytes, block + suite->secret_length, out, NULL, suite->hash, NULL) == 1;
    OPENSSL_cleanse(bytes, sizeof bytes);
    return done;
}

// HKDF-Expand-Label without a context (RFC 8446 §7.1). One block of the hash is enough for every length asked for here.
static int expand(const gh_suite *suite, const unsigned char *secret, const char *label, unsigned char *out, size_t length) {
    unsigned char info[32], block[EVP_MAX_MD_SIZE];
    size_t label_length = strlen(label), count = 0;
    info[count++] = 0;
    info[count++] = (unsigned char)length;
    info[count++] = (unsigned char)(6 + label_length);
    memcpy(info + count, "tls13 ", 6);
    count += 6;
    memcpy(info + count, label, label_length);
    count += label_length;
    info[count++] = 0;
    info[count++] = 1;
    if (!authenticate(suite, secret, info, count, block)) return 0;
    memcpy(out, block, length);
    OPENSSL_cleanse(block, sizeof block);
    return 1;
}

// RFC 8446 §7.3. The context with the former key is gone afterwards.
int gh_protection_derive(gh_protection *side, const gh_suite *suite) {
    EVP_CIPHER_CTX_free(side->context);
    side->context = NULL;
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

static int prepare(gh_protection *side, const gh_suite *suite, int seals) {
    if (side->context != NULL) return 1;
    side->context = EVP_CIPHER_CTX_new();
    return side->context != NULL && EVP_CipherInit_ex2(side->context, suite->cipher, side->key, NULL, seals, NULL) == 1;
}

// RFC 8446 §5.3: the sequence number, counted from 0 for each key, makes the nonce.
static int begin(gh_protection *side, const unsigned char *header) {
    unsigned char nonce[GH_NONCE];
    int count;
    memcpy(nonce, side->iv, GH_NONCE);
    for (int index = 0; index < 8; index += 1) nonce[GH_NONCE - 1 - index] ^= (unsigned char)(side->sequence >> (8 * index));
    side->sequence += 1;
    return EVP_CipherInit_ex2(side->context, NULL, NULL, nonce, -1, NULL) == 1 &&
           EVP_CipherUpdate(side->context, NULL, &count, header, GH_RECORD_HEADER) == 1;
}

void gh_protection_rest(gh_protection *side) {
    EVP_CIPHER_CTX_free(side->context);
    side->context = NULL;
}

int gh_protection_seal(
    gh_protection *side, const gh_suite *suite, unsigned char type, const unsigned char *content, size_t length,
    unsigned char *record) {
    unsigned char *body = record + GH_RECORD_HEADER;
    size_t body_length = length + 1 + GH_TAG;
    // A call costs as much as a copy of so many bytes.
    int copies = length <= 2048;
    int count = 0;
    record[0] = SSL3_RT_APPLICATION_DATA;
    record[1] = 3;
    record[2] = 3;
    record[3] = (unsigned char)(body_length >> 8);
    record[4] = (unsigned char)body_length;
    if (copies) memcpy(body, content, length);
    body[length] = type;
    return prepare(side, suite, 1) && begin(side, record) &&
           (copies || EVP_CipherUpdate(side->context, body, &count, content, (int)length) == 1) &&
           EVP_CipherUpdate(
               side->context, copies ? body : body + length, &count, copies ? body : &type, copies ? (int)length + 1 : 1) == 1 &&
           EVP_CipherFinal_ex(side->context, body + length + 1, &count) == 1 &&
           EVP_CIPHER_CTX_ctrl(side->context, EVP_CTRL_AEAD_GET_TAG, GH_TAG, body + length + 1) == 1;
}

int gh_protection_open(
    gh_protection *side, const gh_suite *suite, const unsigned char *header, size_t body_length, unsigned char *room,
    size_t capacity, unsigned char *beyond) {
    const unsigned char *body = header + GH_RECORD_HEADER;
    size_t inner = body_length - GH_TAG;
    size_t direct = inner < capacity ? inner : capacity;
    int count = 0;
    unsigned char tag[GH_TAG];
    memcpy(tag, body + inner, GH_TAG);
    return prepare(side, suite, 0) && begin(side, header) &&
           (direct == 0 || EVP_CipherUpdate(side->context, room, &count, body, (int)direct) == 1) &&
           (inner == direct || EVP_CipherUpdate(side->context, beyond, &count, body + direct, (int)(inner - direct)) == 1) &&
           EVP_CIPHER_CTX_ctrl(side->context, EVP_CTRL_AEAD_SET_TAG, GH_TAG, tag) == 1 &&
           EVP_CipherFinal_ex(side->context, beyond, &count) == 1;
}
