#define _GNU_SOURCE
#include "CLinux.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

/// Bytes of the process's own memory that are resident, from proc(5).
static size_t own_resident(void) {
    int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    char text[128];
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    if (length <= 0) return 0;
    text[length] = 0;
    char *place = text;
    strtoul(place, &place, 10);  // the size, which is not wanted
    unsigned long resident = strtoul(place, &place, 10), shared = strtoul(place, &place, 10);
    return resident > shared ? (size_t)(resident - shared) * (size_t)sysconf(_SC_PAGESIZE) : 0;
}

size_t gh_lent_memory(void) {
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

size_t gh_unused_memory(void) {
    size_t used = gh_lent_memory(), resident = own_resident();
    return resident > used ? resident - used : 0;
}

void gh_give_back_memory(void) { malloc_trim(0); }
