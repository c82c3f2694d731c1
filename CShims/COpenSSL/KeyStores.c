// Private keys that are not in a PEM file: of a provider's store (a PKCS#11 token, a TPM), by their URI.

#include "COpenSSLKeys.h"

#include <openssl/store.h>
#include <openssl/ui.h>
#include <string.h>

// The PIN, or nothing: nobody sits at the terminal.
static int give_passphrase(char *room, int size, int is_writing, void *passphrase) {
    (void)is_writing;
    size_t length = passphrase != NULL ? strlen(passphrase) : 0;
    if (passphrase == NULL || length > (size_t)size) return -1;
    memcpy(room, passphrase, length);
    return (int)length;
}

EVP_PKEY *gh_key_of_uri(const char *uri, const char *passphrase) {
    EVP_PKEY *key = NULL;
    UI_METHOD *method = UI_UTIL_wrap_read_pem_callback(give_passphrase, 0);
    OSSL_STORE_CTX *store = method != NULL ? OSSL_STORE_open(uri, method, (void *)passphrase, NULL, NULL) : NULL;
    if (store != NULL) OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY);
    while (store != NULL && key == NULL && !OSSL_STORE_eof(store)) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);
        if (info == NULL && OSSL_STORE_error(store)) break;
        if (info != NULL && OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY) key = OSSL_STORE_INFO_get1_PKEY(info);
        OSSL_STORE_INFO_free(info);
    }
    OSSL_STORE_close(store);
    UI_destroy_method(method);
    return key;
}
