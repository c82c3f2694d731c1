#include <malloc.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

// Memory that OpenSSL frees is wiped: an SSL object that has been left holds the traffic secrets of its connection, and OpenSSL
// does not wipe them (CRYPTO_set_mem_functions(3)).

static void *allocate(size_t count, const char *file, int line) {
    (void)file;
    (void)line;
    return malloc(count);
}

static void wipe_and_free(void *memory, const char *file, int line) {
    (void)file;
    (void)line;
    if (memory == NULL) return;
    // Not OPENSSL_cleanse(3): eight bytes at a time it takes a tenth of a handshake.
    explicit_bzero(memory, malloc_usable_size(memory));
    free(memory);
}

static void *reallocate(void *memory, size_t count, const char *file, int line) {
    size_t held = memory != NULL ? malloc_usable_size(memory) : 0;
    // What realloc(3) moves, or cuts off, it leaves behind as it was.
    if (memory != NULL && count <= held && count >= held / 2) return memory;
    void *moved = malloc(count);
    if (moved == NULL || memory == NULL) return moved;
    memcpy(moved, memory, held < count ? held : count);
    wipe_and_free(memory, file, line);
    return moved;
}

// When a process exits OpenSSL gives back everything it holds (OPENSSL_init_crypto(3)). exit(3) does not wait for the workers'
// threads, which may be ending and giving back theirs at that moment: the same memory twice. The kernel takes all of it anyway.
// For both the first call decides, so it comes before anybody else's.
static void __attribute__((constructor)) set_up_memory(void) {
    CRYPTO_set_mem_functions(allocate, reallocate, wipe_and_free);
    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
}
