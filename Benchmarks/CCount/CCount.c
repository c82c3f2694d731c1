#include "CCount.h"

#include <errno.h>
#include <stdlib.h>

// The program's own malloc takes the C library's place for all of its libraries; the C library keeps these names for that.
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static _Thread_local uint64_t allocations;

void *malloc(size_t size) {
    allocations++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    allocations++;
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size) {
    allocations++;
    return __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    allocations++;
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **made, size_t alignment, size_t size) {
    allocations++;
    *made = __libc_memalign(alignment, size);
    return *made != NULL ? 0 : ENOMEM;
}

uint64_t count_allocations(void) { return allocations; }
