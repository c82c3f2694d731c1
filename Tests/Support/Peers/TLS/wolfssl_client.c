// A client on wolfSSL: downloads /large over TLS 1.3 and prints how many ~ came.
//
//     wolfssl_client PORT [short] [updates]
//
// short: asks for fragments of 512 bytes (RFC 6066 §4). updates: changes its keys after every hundredth read.
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int has(int count, char **arguments, const char *word) {
    for (int index = 2; index < count; index += 1) {
        if (strcmp(arguments[index], word) == 0) return 1;
    }
    return 0;
}

int main(int count, char **arguments) {
    static const char request[] = "GET /large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    static char room[16384];
    if (count < 2) return 2;
    signal(SIGPIPE, SIG_IGN);
    alarm(120);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(arguments[1]))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int wire = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(wire, (struct sockaddr *)&address, sizeof address) != 0) return 3;
    wolfSSL_Init();
    WOLFSSL_CTX *context = wolfSSL_CTX_new(wolfTLSv1_3_client_method());
    wolfSSL_CTX_set_verify(context, WOLFSSL_VERIFY_NONE, NULL);
    WOLFSSL *ssl = wolfSSL_new(context);
    wolfSSL_set_fd(ssl, wire);
    if (has(count, arguments, "short") && wolfSSL_UseMaxFragment(ssl, WOLFSSL_MFL_2_9) != WOLFSSL_SUCCESS) return 4;
    if (wolfSSL_connect(ssl) != WOLFSSL_SUCCESS) return 5;
    wolfSSL_write(ssl, request, sizeof request - 1);
    long total = 0;
    int got, reads = 0, updates = has(count, arguments, "updates");
    while ((got = wolfSSL_read(ssl, room, sizeof room)) > 0) {
        for (int index = 0; index < got; index += 1) total += room[index] == '~';
        reads += 1;
        if (updates && reads % 100 == 0 && wolfSSL_update_keys(ssl) != WOLFSSL_SUCCESS) return 6;
    }
    printf("%ld %s\n", total, wolfSSL_get_error(ssl, got) == WOLFSSL_ERROR_ZERO_RETURN ? "close_notify" : "cut");
    return 0;
}
