#include "CCrypto.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { MD5_LENGTH = 16, APR1_SALT_MAX = 8, APR1_TEXT = 22, APR1_ROUNDS = 1000 };
static const char apr1[] = "$apr1$";

// Three bytes as four digits of crypt(5)'s own base 64, the lowest bits first.
static char *put(char *to, uint32_t bits, int digits) {
    static const char alphabet[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    while (digits-- > 0) {
        *to++ = alphabet[bits & 0x3f];
        bits >>= 6;
    }
    return to;
}

static bool digest_of(EVP_MD_CTX *context, const void *parts[], const size_t counts[], int n, unsigned char *digest) {
    bool done = EVP_DigestInit_ex(context, EVP_md5(), NULL);
    for (int i = 0; done && i < n; i++) done = EVP_DigestUpdate(context, parts[i], counts[i]);
    return done && EVP_DigestFinal_ex(context, digest, NULL);
}

// The first of the digests: password, magic, salt, as much of `mixed` as the password is long, and a byte for each bit of its
// length: nothing, or the password's first.
static bool begin_apr1(EVP_MD_CTX *context, const char *password, size_t count, const char *salt, size_t salt_count,
                       unsigned char *digest) {
    unsigned char mixed[MD5_LENGTH];
    const void *parts[] = {password, salt, password};
    const size_t counts[] = {count, salt_count, count};
    if (!digest_of(context, parts, counts, 3, mixed)) return false;
    bool done = EVP_DigestInit_ex(context, EVP_md5(), NULL) && EVP_DigestUpdate(context, password, count)
                && EVP_DigestUpdate(context, apr1, sizeof apr1 - 1) && EVP_DigestUpdate(context, salt, salt_count);
    for (size_t left = count; done && left > 0; left -= left < MD5_LENGTH ? left : MD5_LENGTH)
        done = EVP_DigestUpdate(context, mixed, left < MD5_LENGTH ? left : MD5_LENGTH);
    for (size_t bits = count; done && bits > 0; bits >>= 1) done = EVP_DigestUpdate(context, bits & 1 ? "" : password, 1);
    return done && EVP_DigestFinal_ex(context, digest, NULL);
}

// Apache's form of MD5 crypt, which libcrypt has not: writes the text behind the salt.
static bool hash_apr1(const char *password, const char *salt, size_t salt_count, char text[APR1_TEXT]) {
    size_t count = strlen(password);
    unsigned char digest[MD5_LENGTH];
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool done = context && begin_apr1(context, password, count, salt, salt_count, digest);
    for (int round = 0; done && round < APR1_ROUNDS; round++) {
        const void *parts[4];
        size_t counts[4];
        int n = 0;
        parts[n] = round & 1 ? (const void *)password : digest, counts[n++] = round & 1 ? count : MD5_LENGTH;
        if (round % 3) parts[n] = salt, counts[n++] = salt_count;
        if (round % 7) parts[n] = password, counts[n++] = count;
        parts[n] = round & 1 ? (const void *)digest : password, counts[n++] = round & 1 ? MD5_LENGTH : count;
        done = digest_of(context, parts, counts, n, digest);
    }
    EVP_MD_CTX_free(context);
    if (!done) return false;
    char *to = text;
    for (int i = 0; i < 5; i++)
        to = put(to, (uint32_t)digest[i] << 16 | (uint32_t)digest[i + 6] << 8 | digest[i == 4 ? 5 : i + 12], 4);
    put(to, digest[11], 2);
    return true;
}

static int is_apr1(const char *password, const char *hash) {
    const char *salt = hash + sizeof apr1 - 1;
    size_t salt_count = strcspn(salt, "$");
    char text[APR1_TEXT];
    if (salt_count > APR1_SALT_MAX || strlen(salt) != salt_count + 1 + APR1_TEXT) return -1;
    if (!hash_apr1(password, salt, salt_count, text)) return -1;
    return CRYPTO_memcmp(text, salt + salt_count + 1, APR1_TEXT) == 0;
}

int ccrypto_password_is(const char *password, const char *hash) {
    if (strncmp(hash, apr1, sizeof apr1 - 1) == 0) return is_apr1(password, hash);
    struct crypt_data *data = calloc(1, sizeof *data);
    const char *made = data ? crypt_r(password, hash, data) : NULL;
    // crypt(3): a hash that begins with an asterisk is none.
    int result = -1;
    if (made && made[0] != '*') {
        size_t count = strlen(hash);
        result = strlen(made) == count && CRYPTO_memcmp(made, hash, count) == 0;
    }
    // It has held the password.
    if (data) OPENSSL_cleanse(data, sizeof *data);
    free(data);
    return result;
}
