#include "AEAD.h"

#include <openssl/provider.h>
#include <string.h>
#include <strings.h>

// Is `name` among the names of an OSSL_ALGORITHM(3), which colons separate?
static int is_among(const char *names, const char *name) {
    size_t length = strlen(name);
    for (;;) {
        size_t span = strcspn(names, ":");
        if (span == length && strncasecmp(names, name, length) == 0) return 1;
        if (names[span] == '\0') return 0;
        names += span + 1;
    }
}

static void take_function(gh_aead *aead, const OSSL_DISPATCH *entry) {
    switch (entry->function_id) {
    case OSSL_FUNC_CIPHER_NEWCTX: aead->new_context = OSSL_FUNC_cipher_newctx(entry); break;
    case OSSL_FUNC_CIPHER_FREECTX: aead->free_context = OSSL_FUNC_cipher_freectx(entry); break;
    case OSSL_FUNC_CIPHER_ENCRYPT_INIT: aead->encrypt_init = OSSL_FUNC_cipher_encrypt_init(entry); break;
    case OSSL_FUNC_CIPHER_DECRYPT_INIT: aead->decrypt_init = OSSL_FUNC_cipher_decrypt_init(entry); break;
    case OSSL_FUNC_CIPHER_UPDATE: aead->update = OSSL_FUNC_cipher_update(entry); break;
    case OSSL_FUNC_CIPHER_FINAL: aead->final = OSSL_FUNC_cipher_final(entry); break;
    case OSSL_FUNC_CIPHER_GET_CTX_PARAMS: aead->get_context_parameters = OSSL_FUNC_cipher_get_ctx_params(entry); break;
    default: break;
    }
}

int gh_aead_fetch(gh_aead *aead, const char *name) {
    memset(aead, 0, sizeof *aead);
    aead->cipher = EVP_CIPHER_fetch(NULL, name, NULL);
    const OSSL_PROVIDER *provider = aead->cipher != NULL ? EVP_CIPHER_get0_provider(aead->cipher) : NULL;
    if (provider != NULL) {
        // A provider may say that its answer is good for this once only (provider-base(7)): then none of it is kept.
        int is_transient = 0;
        const OSSL_ALGORITHM *algorithms = OSSL_PROVIDER_query_operation(provider, OSSL_OP_CIPHER, &is_transient);
        const OSSL_ALGORITHM *algorithm = algorithms;
        while (algorithm != NULL && algorithm->algorithm_names != NULL && !is_among(algorithm->algorithm_names, name)) {
            algorithm += 1;
        }
        if (algorithm != NULL && algorithm->algorithm_names != NULL && !is_transient) {
            aead->provider_context = OSSL_PROVIDER_get0_provider_ctx(provider);
            const OSSL_DISPATCH *entry = algorithm->implementation;
            for (; entry->function_id != 0; entry += 1) take_function(aead, entry);
        }
        OSSL_PROVIDER_unquery_operation(provider, OSSL_OP_CIPHER, algorithms);
    }
    if (aead->new_context != NULL && aead->free_context != NULL && aead->encrypt_init != NULL && aead->decrypt_init != NULL &&
        aead->update != NULL && aead->final != NULL && aead->get_context_parameters != NULL) {
        return 1;
    }
    gh_aead_release(aead);
    return 0;
}

void gh_aead_release(gh_aead *aead) {
    EVP_CIPHER_free(aead->cipher);
    memset(aead, 0, sizeof *aead);
}
