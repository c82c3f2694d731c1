// A TLS 1.3 client that asks for a new key with each record that it reads, to the end and beyond, as Java does past its limit.
//
//     updating_reader PORT
//
// Downloads /large with "Connection: close", slower than it is sent, and prints how many ~ came and how it ended.
#include "tls13_client.h"

int main(int count, char **arguments) {
    static const char request[] = "GET /large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    static unsigned char content[20000];
    if (count != 2) return 2;
    signal(SIGPIPE, SIG_IGN);
    alarm(120);
    connect_to(arguments[1]);
    record(23, request, sizeof request - 1, 0);
    send_all(1 << 20);
    tells_updates = 1;
    long total = 0;
    for (;;) {
        size_t length;
        int type = next_record(content, &length);
        if (type == 22) continue;
        if (type != 23) {
            printf("%ld %s\n", total, type == 21 && content[1] == 0 ? "close_notify" : "cut");
            return 0;
        }
        for (size_t index = 0; index < length; index += 1) total += content[index] == '~';
        record(22, (unsigned char[5]){24, 0, 0, 1, 1}, 5, 0);
        next_key(&mine);
        send_all(1 << 20);
    }
}
