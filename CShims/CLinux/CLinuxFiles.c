#define _GNU_SOURCE
#include "CLinuxFiles.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

// glibc has no wrapper for openat2(2) before 2.43, hence syscall(2).
static int open_beneath(int root, const char *path, int flags) {
    struct open_how how = {0};
    how.flags = (unsigned long long)flags;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    long descriptor = syscall(SYS_openat2, root, path, &how, sizeof how);
    return descriptor < 0 ? -errno : (int)descriptor;
}

int gh_open_root(const char *path) {
    int descriptor = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return descriptor < 0 ? -errno : descriptor;
}

int gh_open_beneath(int root, const char *path) {
    return open_beneath(root, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

int gh_open_directory_beneath(int root, const char *path) {
    return open_beneath(root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int gh_next_name(DIR *stream, char *name) {
    const struct dirent *entry = readdir(stream);
    if (entry == NULL) return 0;
    size_t length = strnlen(entry->d_name, sizeof entry->d_name - 1);
    memcpy(name, entry->d_name, length);
    name[length] = 0;
    return (int)length;
}

int gh_follow(int root, const char *path) {
    struct open_how how = {0};
    how.flags = O_PATH | O_CLOEXEC;
    how.resolve = RESOLVE_NO_MAGICLINKS;
    long descriptor = syscall(SYS_openat2, root, path, &how, sizeof how);
    return descriptor < 0 ? -errno : (int)descriptor;
}

long gh_real_path(int descriptor, char *buffer, size_t size) {
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, buffer, size);
    if (length < 0) return -errno;
    // readlink(2) cuts silently.
    return (size_t)length < size ? length : -ENAMETOOLONG;
}

int gh_file_place(int descriptor) {
    struct statfs facts;
    if (fstatfs(descriptor, &facts) != 0) return GH_PLACE_ELSEWHERE;
    switch ((unsigned long)facts.f_type) {
    case TMPFS_MAGIC:
    case RAMFS_MAGIC:
        return GH_PLACE_MEMORY;
    case EXT4_SUPER_MAGIC:
    case XFS_SUPER_MAGIC:
    case BTRFS_SUPER_MAGIC:
    case F2FS_SUPER_MAGIC:
        return GH_PLACE_DISK;
    default:
        return GH_PLACE_ELSEWHERE;
    }
}

long gh_read_cached(int descriptor, void *buffer, size_t size, long offset) {
    struct iovec room = {buffer, size};
    ssize_t count = preadv2(descriptor, &room, 1, offset, RWF_NOWAIT);
    return count < 0 ? -errno : count;
}

int gh_probe_open_beneath(int root) {
    int descriptor = open_beneath(root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return descriptor;
    close(descriptor);
    return 0;
}

const char *gh_error_words(int error) {
    const char *words = strerrordesc_np(error);
    return words != NULL ? words : "Unknown error";
}
