// The keys of session tickets (RFC 5077, RFC 8446 §4.6.1). OpenSSL has one for the life of an SSL_CTX: whoever learns it later
// reads all TLS 1.2 connections that were resumed by then. RFC 9325 §3.4: keys are replaced, and what is not needed is wiped.

#include "COpenSSL.h"

#include <openssl/core_names.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NAME_LENGTH = 16, KEY_LENGTH = 32 };

typedef struct {
    unsigned char name[NAME_LENGTH];
    unsigned char cipher_key[KEY_LENGTH];
    unsigned char mac_key[KEY_LENGTH];
    uint64_t made;
    uint8_t exists;
} ticket_key;

struct gh_tickets {
    // Handshakes of all workers come here; the key is copied out.
    pthread_mutex_t lock;
    ticket_key newest;
    ticket_key former;
    // Of a file: then these are used, the first for new tickets, and none is made here.
    ticket_key given[GH_MOST_TICKET_KEYS];
    size_t given_count;
};

static _Atomic uint64_t key_period = GH_TICKET_LIFETIME;

void gh_replace_ticket_keys_after(uint64_t seconds) { key_period = seconds; }

gh_tickets *gh_tickets_new(void) {
    gh_tickets *tickets = calloc(1, sizeof *tickets);
    if (tickets != NULL) pthread_mutex_init(&tickets->lock, NULL);
    return tickets;
}

void gh_tickets_free(gh_tickets *tickets) {
    if (tickets == NULL) return;
    pthread_mutex_destroy(&tickets->lock);
    OPENSSL_cleanse(tickets, sizeof *tickets);
    free(tickets);
}

static void wipe_expired(ticket_key *key, uint64_t now) {
    // A ticket of its last moment is good for a lifetime.
    if (key->exists && now - key->made >= key_period + GH_TICKET_LIFETIME) OPENSSL_cleanse(key, sizeof *key);
}

void gh_tickets_use(gh_tickets *tickets, const unsigned char *keys, size_t count) {
    pthread_mutex_lock(&tickets->lock);
    OPENSSL_cleanse(tickets->given, sizeof tickets->given);
    tickets->given_count = count < GH_MOST_TICKET_KEYS ? count : GH_MOST_TICKET_KEYS;
    for (size_t index = 0; index < tickets->given_count; index += 1) {
        const unsigned char *key = keys + index * GH_TICKET_KEY_SIZE;
        memcpy(tickets->given[index].name, key, NAME_LENGTH);
        memcpy(tickets->given[index].mac_key, key + NAME_LENGTH, KEY_LENGTH);
        memcpy(tickets->given[index].cipher_key, key + NAME_LENGTH + KEY_LENGTH, KEY_LENGTH);
        tickets->given[index].exists = 1;
    }
    pthread_mutex_unlock(&tickets->lock);
}

// The key for a new ticket. 0 if there is none and none can be made.
static int key_to_encrypt(gh_tickets *tickets, uint64_t now, ticket_key *out) {
    if (tickets->given_count > 0) {
        *out = tickets->given[0];
        out->made = now;
        return 1;
    }
    ticket_key *newest = &tickets->newest;
    if (!newest->exists || now - newest->made >= key_period) {
        tickets->former = *newest;
        OPENSSL_cleanse(newest, sizeof *newest);
        if (RAND_bytes(newest->name, NAME_LENGTH) != 1 || RAND_priv_bytes(newest->cipher_key, KEY_LENGTH) != 1 ||
            RAND_priv_bytes(newest->mac_key, KEY_LENGTH) != 1) {
            return 0;
        }
        newest->made = now;
        newest->exists = 1;
        wipe_expired(&tickets->former, now);
    }
    *out = *newest;
    return 1;
}

static int key_to_decrypt(gh_tickets *tickets, uint64_t now, const unsigned char *name, ticket_key *out) {
    for (size_t index = 0; index < tickets->given_count; index += 1) {
        if (memcmp(tickets->given[index].name, name, NAME_LENGTH) != 0) continue;
        *out = tickets->given[index];
        // A ticket of a former key is to be replaced.
        out->made = index == 0 ? now : 0;
        return 1;
    }
    if (tickets->given_count > 0) return 0;
    ticket_key *keys[] = {&tickets->newest, &tickets->former};
    for (size_t index = 0; index < 2; index += 1) {
        wipe_expired(keys[index], now);
        if (!keys[index]->exists || memcmp(keys[index]->name, name, NAME_LENGTH) != 0) continue;
        *out = *keys[index];
        return 1;
    }
    return 0;
}

static int tickets_index = -1;
static pthread_once_t tickets_once = PTHREAD_ONCE_INIT;
static void make_index(void) { tickets_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL); }

// SSL_CTX_set_tlsext_ticket_key_evp_cb(3).
static int use_key(
    SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int encrypts) {
    gh_tickets *tickets = SSL_get_ex_data(ssl, tickets_index);
    struct timespec now;
    ticket_key key;
    if (tickets == NULL || clock_gettime(CLOCK_BOOTTIME, &now) != 0) return encrypts ? -1 : 0;
    pthread_mutex_lock(&tickets->lock);
    int found = encrypts ? key_to_encrypt(tickets, (uint64_t)now.tv_sec, &key)
                         : key_to_decrypt(tickets, (uint64_t)now.tv_sec, name, &key);
    pthread_mutex_unlock(&tickets->lock);
    if (!found) return encrypts ? -1 : 0;
    int done = 1;
    if (encrypts) {
        memcpy(name, key.name, NAME_LENGTH);
        done = RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) == 1;
    }
    char digest[] = "SHA256";
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_octet_string(OSSL_MAC_PARAM_KEY, key.mac_key, KEY_LENGTH),
        OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, sizeof digest - 1),
        OSSL_PARAM_END,
    };
    done = done && EVP_MAC_CTX_set_params(mac, parameters) == 1 &&
           EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key.cipher_key, iv, encrypts) == 1;
    // 2 asks for a new ticket: in TLS 1.3 always, since each is for one connection; in TLS 1.2 if the key is about to end.
    int renews = !encrypts && (SSL_version(ssl) >= TLS1_3_VERSION || (uint64_t)now.tv_sec - key.made >= key_period);
    OPENSSL_cleanse(&key, sizeof key);
    return !done ? -1 : renews ? 2 : 1;
}

void gh_use_tickets(SSL_CTX *context) {
    pthread_once(&tickets_once, make_index);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context, use_key);
    SSL_CTX_set_timeout(context, GH_TICKET_LIFETIME);
}

int gh_set_tickets(SSL *ssl, gh_tickets *tickets) { return SSL_set_ex_data(ssl, tickets_index, tickets); }

void gh_tickets_read(gh_tickets *tickets, unsigned char *keys) {
    pthread_mutex_lock(&tickets->lock);
    memcpy(keys, &tickets->newest, sizeof tickets->newest);
    memcpy(keys + sizeof tickets->newest, &tickets->former, sizeof tickets->former);
    pthread_mutex_unlock(&tickets->lock);
}

void gh_tickets_write(gh_tickets *tickets, const unsigned char *keys) {
    pthread_mutex_lock(&tickets->lock);
    memcpy(&tickets->newest, keys, sizeof tickets->newest);
    memcpy(&tickets->former, keys + sizeof tickets->newest, sizeof tickets->former);
    pthread_mutex_unlock(&tickets->lock);
}

_Static_assert(2 * sizeof(ticket_key) == GH_TICKET_KEYS_SIZE, "as the header says");
