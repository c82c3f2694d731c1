#pragma once

#include <dirent.h>
#include <stddef.h>

/// Opens a directory as a root for gh_open_beneath: open(2) with O_PATH, O_DIRECTORY and O_CLOEXEC.
/// Returns the descriptor, or the negative errno.
int gh_open_root(const char *path);

/// Opens `path`, relative to `root`, for reading, by openat2(2) with RESOLVE_BENEATH and RESOLVE_NO_MAGICLINKS:
/// no `..`, absolute path or symbolic link leads out of `root`. A FIFO or device never blocks or becomes a terminal.
/// Returns the descriptor, or the negative errno.
int gh_open_beneath(int root, const char *path);

/// The same for a directory, to be read by readdir(3). Returns the descriptor, or the negative errno.
int gh_open_directory_beneath(int root, const char *path);

/// Copies the next name of an open directory, with its NUL, into room for 256 bytes: readdir(3).
/// Returns its length; 0 at the end, or when no more can be read.
int gh_next_name(DIR *stream, char *name);

/// Follows `path`, relative to `root`, wherever its links lead, magic links aside, and reads nothing there: openat2(2) with
/// O_PATH.
/// Returns the descriptor, or the negative errno.
int gh_follow(int root, const char *path);

/// The path of an open file or directory, without links, as proc(5) tells it: an absolute path, not NUL-terminated.
/// Returns its length, or the negative errno; ENAMETOOLONG if it does not fit into less than `size` bytes.
long gh_real_path(int descriptor, char *buffer, size_t size);

/// Where an open file's bytes are; see `gh_file_place`.
enum {
    /// In memory: a read waits for nothing.
    GH_PLACE_MEMORY = 1,
    /// On a disk of this machine, whose file system knows at once what is in the page cache, and what is true of a file.
    GH_PLACE_DISK = 2,
    /// Anywhere: any call may wait for another program or another machine.
    GH_PLACE_ELSEWHERE = 3,
};

/// Where the bytes of an open file are, by its file system's type: fstatfs(2).
int gh_file_place(int descriptor);

/// Reads as pread(2) does, but only what is in the page cache: preadv2(2) with RWF_NOWAIT. Returns how much, or the negative
/// errno: EAGAIN if it would have to wait.
long gh_read_cached(int descriptor, void *buffer, size_t size, long offset);

/// Whether openat2(2) works here: 0, or the negative errno (ENOSYS before Linux 5.6, EPERM under some sandboxes).
int gh_probe_open_beneath(int root);

/// What an errno means, in words; a constant string that is never freed. Thread-safe.
const char *gh_error_words(int error);
