// openat2: for runs under valgrind, which knows openat2(2) from 3.24 on only. Preloaded, it does an openat(2) instead.
//
// For measurements alone: without openat2's RESOLVE_BENEATH a path may leave its root. Files are opened before what is counted.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

long syscall(long number, ...) {
    static long (*real)(long, ...);
    if (!real) real = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    long argument[6];
    va_list arguments;
    va_start(arguments, number);
    for (int i = 0; i < 6; i++) argument[i] = va_arg(arguments, long);
    va_end(arguments);
    if (number == SYS_openat2) {
        const struct open_how *how = (const struct open_how *)argument[2];
        return openat((int)argument[0], (const char *)argument[1], (int)how->flags, (mode_t)how->mode);
    }
    return real(number, argument[0], argument[1], argument[2], argument[3], argument[4], argument[5]);
}
