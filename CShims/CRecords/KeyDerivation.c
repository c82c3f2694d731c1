// A provider that has nothing but the key schedule of TLS 1.3.

#include "KeyDerivation.h"

#include "KeySchedule.h"

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>

static _Thread_local gh_traffic_secrets *collected;

void gh_collect_traffic_secrets(gh_traffic_secrets *secrets) { collected = secrets; }

// MARK: Hashes

// Fetched once: looked up by name for each use they would cost more than the use.
static struct {
    const char *names[3];
    EVP_MD *hash;
} hashes[] = {
    {{"SHA2-256", "SHA256", "SHA-256"}, NULL},
    {{"SHA2-384", "SHA384", "SHA-384"}, NULL},
};
enum { HASHES = sizeof hashes / sizeof *hashes };

static const EVP_MD *hash_named(const char *name) {
    for (size_t index = 0; index < HASHES; index += 1) {
        for (size_t spelling = 0; spelling < 3; spelling += 1) {
            if (strcasecmp(name, hashes[index].names[spelling]) == 0) return hashes[index].hash;
        }
    }
    return NULL;
}

// MARK: Deriving

typedef struct {
    const unsigned char *bytes;
    size_t length;
} octets;

// What OpenSSL asks for, all of it in one call.
typedef struct {
    int mode;
    const EVP_MD *hash;
    octets key, salt, prefix, label, data;
} derivation;

static int take(derivation *request, const OSSL_PARAM *parameter) {
    const char *key = parameter->key;
    if (strcmp(key, OSSL_KDF_PARAM_MODE) == 0) return OSSL_PARAM_get_int(parameter, &request->mode);
    if (strcmp(key, OSSL_KDF_PARAM_DIGEST) == 0) {
        if (parameter->data_type == OSSL_PARAM_UTF8_STRING) request->hash = hash_named(parameter->data);
        return request->hash != NULL;
    }
    octets *place = strcmp(key, OSSL_KDF_PARAM_KEY) == 0      ? &request->key
                    : strcmp(key, OSSL_KDF_PARAM_SALT) == 0   ? &request->salt
                    : strcmp(key, OSSL_KDF_PARAM_PREFIX) == 0 ? &request->prefix
                    : strcmp(key, OSSL_KDF_PARAM_LABEL) == 0  ? &request->label
                    : strcmp(key, OSSL_KDF_PARAM_DATA) == 0   ? &request->data
                                                              : NULL;
    // Something else may change what is asked for: that is left to OpenSSL.
    if (place == NULL || parameter->data_type != OSSL_PARAM_OCTET_STRING) return 0;
    place->bytes = parameter->data;
    place->length = parameter->data_size;
    return 1;
}

static gh_label label_of(const derivation *request, octets context) {
    return (gh_label){
        request->prefix.bytes, request->prefix.length, request->label.bytes,
        request->label.length, context.bytes, context.length,
    };
}

// HKDF-Extract, with the salt of the stage before: Derive-Secret(salt, label, "").
static int extract(const derivation *request, unsigned char *out, size_t length) {
    static const unsigned char zeros[EVP_MAX_MD_SIZE];
    unsigned char salt[EVP_MAX_MD_SIZE] = {0}, nothing[EVP_MAX_MD_SIZE];
    size_t hash_length = (size_t)EVP_MD_get_size(request->hash);
    octets key = request->key.bytes != NULL ? request->key : (octets){zeros, hash_length};
    int done = length == hash_length;
    if (done && request->salt.bytes != NULL) {
        gh_label label = label_of(request, (octets){nothing, hash_length});
        done = request->salt.length == hash_length && EVP_Digest(NULL, 0, nothing, NULL, request->hash, NULL) == 1 &&
               gh_expand_label(request->hash, request->salt.bytes, &label, salt, hash_length);
    }
    done = done && gh_authenticate(request->hash, salt, hash_length, key.bytes, key.length, out);
    OPENSSL_cleanse(salt, sizeof salt);
    return done;
}

// RFC 8446 §7.1: "c ap traffic", "s ap traffic".
static void collect(const derivation *request, const unsigned char *secret, size_t length) {
    static const char ending[] = " ap traffic";
    if (collected == NULL || length > GH_LONGEST_SECRET || request->label.length != sizeof ending) return;
    if (memcmp(request->label.bytes + 1, ending, sizeof ending - 1) != 0) return;
    if (request->label.bytes[0] == 'c') {
        memcpy(collected->client, secret, length);
        collected->client_length = (uint8_t)length;
    } else if (request->label.bytes[0] == 's') {
        memcpy(collected->server, secret, length);
        collected->server_length = (uint8_t)length;
    }
}

static int derive(void *context, unsigned char *out, size_t length, const OSSL_PARAM parameters[]) {
    derivation request = {.mode = -1};
    (void)context;
    for (; parameters != NULL && parameters->key != NULL; parameters += 1) {
        if (!take(&request, parameters)) return 0;
    }
    if (request.hash == NULL || request.prefix.bytes == NULL || request.label.bytes == NULL) return 0;
    if (request.mode == EVP_KDF_HKDF_MODE_EXTRACT_ONLY) return extract(&request, out, length);
    size_t hash_length = (size_t)EVP_MD_get_size(request.hash);
    if (request.mode != EVP_KDF_HKDF_MODE_EXPAND_ONLY || request.key.length != hash_length) return 0;
    gh_label label = label_of(&request, request.data);
    if (!gh_expand_label(request.hash, request.key.bytes, &label, out, length)) return 0;
    collect(&request, out, length);
    return 1;
}

// MARK: The provider

// All that is asked for comes with the call: there is nothing to keep from one to the next.
static void *new_context(void *provider) { return provider; }
static void free_context(void *context) { (void)context; }

static const OSSL_DISPATCH functions[] = {
    {OSSL_FUNC_KDF_NEWCTX, (void (*)(void))new_context},
    {OSSL_FUNC_KDF_FREECTX, (void (*)(void))free_context},
    {OSSL_FUNC_KDF_DERIVE, (void (*)(void))derive},
    {0, NULL},
};

#define PROVIDER "gatehouse"
// A property of our own, whose name must have a dot (property(7)): a preference for `provider` would take the place of the one
// that a machine's openssl.cnf states by `default_properties`, and keys in a TPM could not sign.
#define PROPERTY PROVIDER ".records=yes"

static const OSSL_ALGORITHM algorithms[] = {
    {OSSL_KDF_NAME_TLS1_3_KDF, "provider=" PROVIDER "," PROPERTY, functions, "the key schedule of TLS 1.3"},
    {NULL, NULL, NULL, NULL},
};

static const OSSL_ALGORITHM *query(void *provider, int operation, int *is_transient) {
    (void)provider;
    *is_transient = 0;
    return operation == OSSL_OP_KDF ? algorithms : NULL;
}

static const OSSL_DISPATCH provider_functions[] = {
    {OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query},
    {0, NULL},
};

static int begin(
    const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *core, const OSSL_DISPATCH **functions_of_it, void **provider) {
    (void)core;
    *functions_of_it = provider_functions;
    // No context of it may be NULL.
    *provider = (void *)handle;
    return 1;
}

// MARK: The trial

static int derive_as(
    const char *properties, const char *hash, int mode, unsigned char *out, size_t length, int has_salt, int has_key) {
    unsigned char secret[GH_LONGEST_SECRET];
    size_t hash_length = (size_t)EVP_MD_get_size(hash_named(hash));
    memset(secret, 's', sizeof secret);
    OSSL_PARAM parameters[8], *next = parameters;
    *next++ = OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode);
    *next++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)hash, 0);
    if (has_key) *next++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, secret, hash_length);
    if (has_salt) *next++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, secret, hash_length);
    *next++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PREFIX, "tls13 ", 6);
    *next++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_LABEL, "derived", 7);
    if (mode == EVP_KDF_HKDF_MODE_EXPAND_ONLY) *next++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_DATA, secret, 32);
    *next = OSSL_PARAM_construct_end();
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_TLS1_3_KDF, properties);
    EVP_KDF_CTX *context = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
    int done = context != NULL && EVP_KDF_derive(context, out, length, parameters) == 1;
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kdf);
    return done;
}

// Does ours come to what OpenSSL's comes to?
static int is_same(const char *hash, int mode, size_t length, int has_salt, int has_key) {
    unsigned char ours[100], theirs[100];
    return derive_as("provider=" PROVIDER, hash, mode, ours, length, has_salt, has_key) &&
           derive_as("provider!=" PROVIDER, hash, mode, theirs, length, has_salt, has_key) && memcmp(ours, theirs, length) == 0;
}

// Is it ours that contexts find, whatever openssl.cnf says besides?
static int is_found(const char *preference) {
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_TLS1_3_KDF, preference);
    int is_ours = kdf != NULL && strcmp(OSSL_PROVIDER_get0_name(EVP_KDF_get0_provider(kdf)), PROVIDER) == 0;
    EVP_KDF_free(kdf);
    return is_ours;
}

static const char *properties;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
    int is_proven = 1;
    for (size_t index = 0; index < HASHES && is_proven; index += 1) {
        hashes[index].hash = EVP_MD_fetch(NULL, hashes[index].names[0], NULL);
        is_proven = hashes[index].hash != NULL;
    }
    // What a machine's openssl.cnf has loaded, or would be loaded by itself, stays (OSSL_PROVIDER_try_load(3)).
    is_proven = is_proven && OSSL_PROVIDER_add_builtin(NULL, PROVIDER, begin) == 1 &&
                OSSL_PROVIDER_try_load(NULL, PROVIDER, 1) != NULL;
    for (size_t index = 0; index < HASHES && is_proven; index += 1) {
        const char *name = hashes[index].names[0];
        size_t length = (size_t)EVP_MD_get_size(hashes[index].hash);
        is_proven = is_same(name, EVP_KDF_HKDF_MODE_EXTRACT_ONLY, length, 0, 0) &&
                    is_same(name, EVP_KDF_HKDF_MODE_EXTRACT_ONLY, length, 0, 1) &&
                    is_same(name, EVP_KDF_HKDF_MODE_EXTRACT_ONLY, length, 1, 0) &&
                    is_same(name, EVP_KDF_HKDF_MODE_EXTRACT_ONLY, length, 1, 1) &&
                    is_same(name, EVP_KDF_HKDF_MODE_EXPAND_ONLY, length, 0, 1) &&
                    is_same(name, EVP_KDF_HKDF_MODE_EXPAND_ONLY, 12, 0, 1) &&
                    is_same(name, EVP_KDF_HKDF_MODE_EXPAND_ONLY, 100, 0, 1);
    }
    // A preference: everything else is found where it always was.
    if (is_proven && is_found("?" PROPERTY)) properties = "?" PROPERTY;
    ERR_clear_error();
}

const char *gh_key_derivation(void) {
    pthread_once(&once, load);
    return properties;
}
