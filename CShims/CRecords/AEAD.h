#pragma once

// An AEAD of OpenSSL's, called as its provider offers it.
//
// EVP stands between a program and a provider, and of a short record's work it makes a third: it asks for the length of a
// nonce by name before it passes the nonce on, and minds blocks where there are none. What it calls in the end, a program may
// call as well: OSSL_PROVIDER(3) hands the functions out, provider-cipher(7) says what they take and return. The providers of
// others are built on that interface, so it lasts. Nothing of the cryptography is here.

#include <openssl/core_dispatch.h>
#include <openssl/evp.h>

/// A cipher and its provider's functions (provider-cipher(7)). The cipher holds the provider, and so what the functions need.
typedef struct {
    EVP_CIPHER *cipher;
    void *provider_context;
    OSSL_FUNC_cipher_newctx_fn *new_context;
    OSSL_FUNC_cipher_freectx_fn *free_context;
    OSSL_FUNC_cipher_encrypt_init_fn *encrypt_init;
    OSSL_FUNC_cipher_decrypt_init_fn *decrypt_init;
    OSSL_FUNC_cipher_update_fn *update;
    OSSL_FUNC_cipher_final_fn *final;
    OSSL_FUNC_cipher_get_ctx_params_fn *get_context_parameters;
} gh_aead;

/// Looks the AEAD up by OpenSSL's name for it. 0, with nothing in `aead`, if there is none or it lacks a function.
int gh_aead_fetch(gh_aead *aead, const char *name);

/// Gives back what gh_aead_fetch has found.
void gh_aead_release(gh_aead *aead);
