// A TLS 1.3 client with the record layer in its own hands, after a handshake by OpenSSL: TLS_AES_128_GCM_SHA256 alone.
// For one file to include: everything is static.
#pragma once

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    unsigned char secret[32];
    unsigned char key[16];
    unsigned char iv[12];
    uint64_t sequence;
} keys;

static keys mine, theirs;
static int wire;
// Is a KeyUpdate of the server's told as a record of its type?
static int tells_updates;

static void die(const char *why) {
    printf("broken test: %s\n", why);
    exit(3);
}

static void expand(const unsigned char *secret, const char *label, unsigned char *out, size_t length) {
    unsigned char info[64] = {0, (unsigned char)length, (unsigned char)(6 + strlen(label))}, block[32];
    size_t count = 3;
    count += (size_t)sprintf((char *)info + count, "tls13 %s", label);
    info[count++] = 0;
    info[count++] = 1;
    HMAC(EVP_sha256(), secret, 32, info, count, block, NULL);
    memcpy(out, block, length);
}

static void derive(keys *keys) {
    expand(keys->secret, "key", keys->key, sizeof keys->key);
    expand(keys->secret, "iv", keys->iv, sizeof keys->iv);
    keys->sequence = 0;
}

static void next_key(keys *keys) {
    unsigned char next[32];
    expand(keys->secret, "traffic upd", next, sizeof next);
    memcpy(keys->secret, next, sizeof next);
    derive(keys);
}

static void note(const SSL *ssl, const char *line) {
    (void)ssl;
    keys *keys = strncmp(line, "CLIENT_TRAFFIC_SECRET_0", 23) == 0   ? &mine
                 : strncmp(line, "SERVER_TRAFFIC_SECRET_0", 23) == 0 ? &theirs
                                                                    : NULL;
    if (keys == NULL) return;
    const char *hex = strrchr(line, ' ') + 1;
    for (int index = 0; index < 32; index += 1) sscanf(hex + 2 * index, "%2hhx", &keys->secret[index]);
    derive(keys);
}

static EVP_CIPHER_CTX *start(keys *keys, const unsigned char *header, int seals) {
    unsigned char nonce[12];
    int count;
    memcpy(nonce, keys->iv, sizeof nonce);
    for (int index = 0; index < 8; index += 1) nonce[11 - index] ^= (unsigned char)(keys->sequence >> (8 * index));
    keys->sequence += 1;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    EVP_CipherInit_ex(context, EVP_aes_128_gcm(), NULL, keys->key, nonce, seals);
    EVP_CipherUpdate(context, NULL, &count, header, 5);
    return context;
}

static unsigned char out[1 << 20];
static size_t queued;

// Queues a record around `inner`, which ends with its type and padding.
static void seal(const unsigned char *inner, size_t length) {
    unsigned char *header = out + queued;
    int count;
    size_t body = length + 16;
    memcpy(header, (unsigned char[5]){23, 3, 3, (unsigned char)(body >> 8), (unsigned char)body}, 5);
    EVP_CIPHER_CTX *context = start(&mine, header, 1);
    EVP_CipherUpdate(context, header + 5, &count, inner, (int)length);
    EVP_CipherFinal_ex(context, header + 5 + length, &count);
    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, header + 5 + length);
    EVP_CIPHER_CTX_free(context);
    queued += 5 + body;
}

static void record(unsigned char type, const void *content, size_t length, size_t padding) {
    static unsigned char inner[70000];
    memcpy(inner, content, length);
    inner[length] = type;
    memset(inner + length + 1, 0, padding);
    seal(inner, length + 1 + padding);
}

static void raw(const void *bytes, size_t length) {
    memcpy(out + queued, bytes, length);
    queued += length;
}

static void send_all(size_t piece) {
    for (size_t sent = 0; sent < queued;) {
        ssize_t count = write(wire, out + sent, queued - sent < piece ? queued - sent : piece);
        if (count <= 0) break;
        sent += (size_t)count;
    }
    queued = 0;
}

static int read_exactly(unsigned char *bytes, size_t length) {
    for (size_t have = 0; have < length;) {
        ssize_t count = read(wire, bytes + have, length - have);
        if (count <= 0) return 0;
        have += (size_t)count;
    }
    return 1;
}

// Reads one record of the peer's; its type, or 0 at the end. Session tickets and key updates are taken in.
static int next_record(unsigned char *content, size_t *length) {
    static unsigned char bytes[5 + 16640];
    for (;;) {
        if (!read_exactly(bytes, 5)) return 0;
        size_t body = (size_t)bytes[3] << 8 | bytes[4];
        if (bytes[0] != 23 || body < 17 || body > 16640 || !read_exactly(bytes + 5, body)) die("no record of a server");
        EVP_CIPHER_CTX *context = start(&theirs, bytes, 0);
        int count;
        size_t inner = body - 16;
        EVP_CipherUpdate(context, content, &count, bytes + 5, (int)inner);
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, 16, bytes + 5 + inner);
        if (EVP_CipherFinal_ex(context, content + inner, &count) != 1) die("the server's record does not decrypt");
        EVP_CIPHER_CTX_free(context);
        while (inner > 0 && content[inner - 1] == 0) inner -= 1;
        if (inner == 0) die("a record without a type");
        int type = content[inner - 1];
        *length = inner - 1;
        if (type == 22 && content[0] == 24) {
            if (memcmp(content, (unsigned char[5]){24, 0, 0, 1, 0}, 5) != 0 || *length != 5) die("a strange KeyUpdate");
            next_key(&theirs);
            if (tells_updates) return type;
            printf("key_update ");
            continue;
        }
        if (type == 22) continue;
        return type;
    }
}

static void connect_to(const char *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    wire = socket(AF_INET, SOCK_STREAM, 0);
    int one = 1;
    setsockopt(wire, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(wire, (struct sockaddr *)&address, sizeof address) != 0) die("no connection");
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256");
    SSL_CTX_set_keylog_callback(context, note);
    SSL *ssl = SSL_new(context);
    SSL_set_fd(ssl, wire);
    SSL_set_tlsext_host_name(ssl, "localhost");
    // Reads no further than the server's Finished: what follows, tickets first, is ours.
    if (SSL_connect(ssl) != 1) die("no handshake");
    SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_set_rfd(ssl, -1);
    SSL_set_wfd(ssl, -1);
    SSL_free(ssl);
    SSL_CTX_free(context);
}
