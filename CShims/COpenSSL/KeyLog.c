// The secrets of sessions, for a file that Wireshark reads: off unless an operator switches it on.

#include "Handover.h"

#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

static _Atomic int descriptor = -1;
static _Atomic int is_wanted;

void gh_want_key_log(void) { is_wanted = 1; }

void gh_log_keys(int file) { descriptor = file; }

// SSL_CTX_set_keylog_callback(3).
static void log_line(const SSL *ssl, const char *line) {
    (void)ssl;
    int file = descriptor;
    if (file < 0) return;
    char text[512];
    int length = snprintf(text, sizeof text, "%s\n", line);
    // In one write, so that lines of several threads stay whole.
    if (length > 0 && (size_t)length < sizeof text) (void)!write(file, text, (size_t)length);
    OPENSSL_cleanse(text, sizeof text);
}

void gh_tell_keys(SSL_CTX *context) {
    if (is_wanted) SSL_CTX_set_keylog_callback(context, log_line);
}
