// The cipher suites of TLS 1.3, and the proof that each is used as OpenSSL itself would.

#include "KeyDerivation.h"
#include "Suites.h"

#include <openssl/err.h>
#include <pthread.h>
#include <string.h>

static gh_suite suites[] = {
    {0x1301, "TLS_AES_128_GCM_SHA256", "AES-128-GCM", "SHA256", 16, 32, {0}, NULL, NULL},
    {0x1302, "TLS_AES_256_GCM_SHA384", "AES-256-GCM", "SHA384", 32, 48, {0}, NULL, NULL},
    {0x1303, "TLS_CHACHA20_POLY1305_SHA256", "ChaCha20-Poly1305", "SHA256", 32, 32, {0}, NULL, NULL},
};
static pthread_once_t suites_once = PTHREAD_ONCE_INIT;

enum { TRIAL = 40, TRIAL_BODY = TRIAL + 1 + GH_TAG };

// Is `record` what EVP makes of the same content, as it is used everywhere (EVP_EncryptInit(3), "AEAD INTERFACE")?
static int is_as_evp_seals(
    const gh_suite *suite, const unsigned char *key, const unsigned char *nonce, const unsigned char *inner,
    const unsigned char *record) {
    unsigned char body[TRIAL_BODY];
    int count;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int is_same = context != NULL && EVP_EncryptInit_ex2(context, suite->aead.cipher, key, nonce, NULL) == 1 &&
                  EVP_EncryptUpdate(context, NULL, &count, record, GH_RECORD_HEADER) == 1 &&
                  EVP_EncryptUpdate(context, body, &count, inner, TRIAL + 1) == 1 && count == TRIAL + 1 &&
                  EVP_EncryptFinal_ex(context, body + TRIAL + 1, &count) == 1 &&
                  EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, GH_TAG, body + TRIAL + 1) == 1 &&
                  memcmp(body, record + GH_RECORD_HEADER, TRIAL_BODY) == 0;
    EVP_CIPHER_CTX_free(context);
    return is_same;
}

static _Atomic int distrusts_providers = 0;

void gh_distrust_providers(void) { distrusts_providers = 1; }

// Do sealing and opening with the provider's functions come to what EVP comes to, one record after another, and is a forged one
// refused, before and after a good one? A library of which that is not true is left to protect its records itself.
static int is_proven(const gh_suite *suite) {
    unsigned char inner[TRIAL + 1], record[GH_RECORD_HEADER + TRIAL_BODY], room[7], beyond[TRIAL_BODY];
    gh_protection out = {.key = {1}, .iv = {2}}, in = {.key = {1}, .iv = {2}};
    int proven = !distrusts_providers;
    memset(inner, 'x', TRIAL);
    inner[TRIAL] = GH_APPLICATION_DATA;
    for (uint64_t number = 0; number < 3 && proven; number += 1) {
        unsigned char nonce[GH_NONCE] = {2};
        nonce[GH_NONCE - 1] = (unsigned char)number;
        proven = gh_protection_seal(&out, suite, inner[TRIAL], inner, TRIAL, record) &&
                 is_as_evp_seals(suite, out.key, nonce, inner, record);
        for (size_t forged = 0; forged < sizeof record && proven; forged += 1) {
            record[forged] ^= 1;
            in.sequence = number;
            proven = !gh_protection_open(&in, suite, record, TRIAL_BODY, room, sizeof room, beyond);
            record[forged] ^= 1;
        }
        in.sequence = number;
        proven = proven && gh_protection_open(&in, suite, record, TRIAL_BODY, room, sizeof room, beyond) &&
                 memcmp(room, inner, sizeof room) == 0 &&
                 memcmp(beyond, inner + sizeof room, sizeof inner - sizeof room) == 0;
    }
    gh_protection_free_context(&out, suite);
    gh_protection_free_context(&in, suite);
    return proven;
}

// Once for all: looked up by name for each use they would cost more than the use.
static void fetch_suites(void) {
    for (size_t index = 0; index < sizeof suites / sizeof *suites; index += 1) {
        gh_suite *suite = &suites[index];
        suite->hash = EVP_MD_fetch(NULL, suite->hash_name, NULL);
        if (gh_key_derivation() == NULL) {
            suite->problem = "OpenSSL's secrets cannot be had";
        } else if (suite->hash == NULL || !gh_aead_fetch(&suite->aead, suite->cipher_name)) {
            suite->problem = "OpenSSL has no such cipher, or its provider lacks a function";
        } else if (!is_proven(suite)) {
            suite->problem = "the provider's cipher does not do what EVP does";
            gh_aead_release(&suite->aead);
        }
    }
    ERR_clear_error();
}

static const gh_suite *find(uint16_t number) {
    pthread_once(&suites_once, fetch_suites);
    for (size_t index = 0; index < sizeof suites / sizeof *suites; index += 1) {
        if (suites[index].number == number) return &suites[index];
    }
    return NULL;
}

const gh_suite *gh_suite_of(uint16_t number) {
    const gh_suite *suite = find(number);
    return suite != NULL && suite->problem == NULL ? suite : NULL;
}

const char *gh_suite_problem(uint16_t number) {
    const gh_suite *suite = find(number);
    return suite != NULL ? suite->problem : "it is not one of the suites that are known here";
}

size_t gh_suite_secret_length(const gh_suite *suite) { return suite->secret_length; }
const char *gh_suite_name(const gh_suite *suite) { return suite->name; }
