#include "CLinux.h"

#include <linux/magic.h>
#include <sys/vfs.h>

const char *gh_volatile_file_system(const char *path) {
    struct statfs facts;
    if (statfs(path, &facts) != 0) return 0;
    switch ((unsigned long)facts.f_type) {
    case TMPFS_MAGIC: return "tmpfs";
    case RAMFS_MAGIC: return "ramfs";
    default: return 0;
    }
}
