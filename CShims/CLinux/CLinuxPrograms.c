#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

// Held while a program is started or counted as reaped, so that gh_reap_orphans cannot take its exit code away.
static pthread_mutex_t children = PTHREAD_MUTEX_INITIALIZER;
// Programs of ours that are not reaped yet.
static int programs;

// 0, or an errno.
static int spawn(const char *program, char *const arguments[], int output, pid_t *pid) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, usual;
    sigemptyset(&none);
    sigemptyset(&usual);
    // Ignored here, and what is ignored stays so over exec.
    sigaddset(&usual, SIGPIPE);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, 1);
    posix_spawn_file_actions_adddup2(&actions, output, 2);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &usual);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    pthread_mutex_lock(&children);
    int error = posix_spawn(pid, program, &actions, &attributes, arguments, environ);
    if (error == 0) programs++;
    pthread_mutex_unlock(&children);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

int gh_start_program(const char *program, const char *first, const char *second, const char *third, int *pid, int *output) {
    // execve(2) does not change them.
    char *arguments[] = {(char *)program, (char *)first, (char *)second, (char *)third, NULL};
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return -1;
    pid_t started;
    int error = spawn(program, arguments, ends[1], &started);
    close(ends[1]);
    // The program's end blocks, as it may expect.
    if (error == 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) {
        error = errno;
        gh_end_program(started);
    }
    if (error != 0) {
        close(ends[0]);
        errno = error;
        return -1;
    }
    *pid = started;
    // The number by which a descriptor is made non-blocking is that of open(2). Until it is reaped its number is nobody else's.
    int descriptor = (int)syscall(SYS_pidfd_open, started, O_NONBLOCK);
    if (descriptor < 0) {
        int reason = errno;
        gh_end_program(started);
        close(ends[0]);
        errno = reason;
        return -1;
    }
    *output = ends[0];
    return descriptor;
}

int gh_end_program(int pid) {
    kill(-pid, SIGKILL);
    int status, reaped;
    do { reaped = waitpid(pid, &status, 0); } while (reaped < 0 && errno == EINTR);
    pthread_mutex_lock(&children);
    programs--;
    pthread_mutex_unlock(&children);
    // What it has left behind has ended with it, and nobody looked as long as it was counted.
    if (getpid() == 1) gh_reap_orphans();
    return reaped == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void gh_reap_orphans(void) {
    pthread_mutex_lock(&children);
    while (programs == 0 && waitpid(-1, NULL, WNOHANG) > 0) {}
    pthread_mutex_unlock(&children);
}
