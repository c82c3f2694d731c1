// HKDF of TLS 1.3. OpenSSL's HMAC would look everything up by name again, for ten times the work.

#include "KeySchedule.h"

#include <openssl/crypto.h>
#include <string.h>

// Of SHA-384, the longest of TLS 1.3's.
enum { LONGEST_HASH_BLOCK = 128 };

int gh_authenticate(
    const EVP_MD *hash, const unsigned char *key, size_t key_length, const unsigned char *text, size_t length,
    unsigned char *out) {
    unsigned char bytes[LONGEST_HASH_BLOCK + GH_LONGEST_TEXT];
    size_t block = (size_t)EVP_MD_get_block_size(hash), hash_length = (size_t)EVP_MD_get_size(hash);
    if (block > LONGEST_HASH_BLOCK || key_length > block || length > GH_LONGEST_TEXT) return 0;
    memset(bytes, 0, block);
    memcpy(bytes, key, key_length);
    for (size_t index = 0; index < block; index += 1) bytes[index] ^= 0x36;
    memcpy(bytes + block, text, length);
    int done = EVP_Digest(bytes, block + length, out, NULL, hash, NULL) == 1;
    for (size_t index = 0; index < block; index += 1) bytes[index] ^= 0x36 ^ 0x5C;
    memcpy(bytes + block, out, hash_length);
    done = done && EVP_Digest(bytes, block + hash_length, out, NULL, hash, NULL) == 1;
    OPENSSL_cleanse(bytes, block + (length > hash_length ? length : hash_length));
    return done;
}

// A byte for its length, and the bytes.
static size_t append(unsigned char *out, const unsigned char *bytes, size_t length) {
    out[0] = (unsigned char)length;
    if (length > 0) memcpy(out + 1, bytes, length);
    return 1 + length;
}

int gh_expand_label(const EVP_MD *hash, const unsigned char *secret, const gh_label *label, unsigned char *out, size_t length) {
    unsigned char text[GH_LONGEST_TEXT], block[EVP_MAX_MD_SIZE], full_label[255];
    size_t hash_length = (size_t)EVP_MD_get_size(hash), full_length = label->prefix_length + label->label_length;
    if (length > 255 * hash_length || full_length > sizeof full_label || label->context_length > 255) return 0;
    memcpy(full_label, label->prefix, label->prefix_length);
    memcpy(full_label + label->prefix_length, label->label, label->label_length);
    int done = 1;
    // RFC 5869 §2.3: each block is made of the one before it; the first of none.
    for (size_t made = 0, number = 1; made < length && done; number += 1) {
        size_t count = 0, wanted = length - made < hash_length ? length - made : hash_length;
        if (number > 1) {
            memcpy(text, block, hash_length);
            count = hash_length;
        }
        text[count++] = (unsigned char)(length >> 8);
        text[count++] = (unsigned char)length;
        count += append(text + count, full_label, full_length);
        count += append(text + count, label->context, label->context_length);
        text[count++] = (unsigned char)number;
        done = gh_authenticate(hash, secret, hash_length, text, count, block);
        if (done) memcpy(out + made, block, wanted);
        made += wanted;
    }
    OPENSSL_cleanse(block, sizeof block);
    OPENSSL_cleanse(text, hash_length);
    return done;
}
